"""Turns the rounds and the paced runs into figures."""

import csv
import statistics
import sys


def rates(path):
    """Pairs of (nginx, jackfield), in requests a second."""
    with open(path) as file:
        return [tuple(map(float, line.split())) for line in file if line.strip()]


def half(path):
    """Half of Jackfield's peak, in whole requests a second."""
    print(int(statistics.median(ours for _, ours in rates(path)) / 2))


def peak(body, path):
    """Who did how much, and the ratio of the two in the same round."""
    pairs = rates(path)
    nginx, ours = (statistics.median(column) for column in zip(*pairs))
    ratios = sorted(j / n for n, j in pairs)
    print(
        f"{body}: nginx {nginx:.0f}/s, jackfield {ours:.0f}/s, ratio "
        f"{statistics.median(ratios):.3f} (rounds {ratios[0]:.3f} to {ratios[-1]:.3f})"
    )


def flat(name, path):
    """How much one service does of what the first one does in the same round."""
    pairs = rates(path)
    ratios = sorted(other / first for first, other in pairs)
    rate = statistics.median(other for _, other in pairs)
    print(f"{name:18} {rate:7.0f}/s, {statistics.median(ratios):.3f} of the first ({ratios[0]:.3f} to {ratios[-1]:.3f})")


def latency(name, path, rate):
    """Times of one paced run, and the rate that the tool really held."""
    with open(path) as file:
        rows = list(csv.DictReader(file))
    bad = sum(row["status-code"] != "200" for row in rows)
    times = sorted(1000 * float(row["response-time"]) for row in rows)

    def at(share):
        return times[min(len(times) - 1, int(share * len(times)))]

    print(
        f"  {name} paced at {rate}/s (held {len(times) / 8:.0f}/s): "
        f"p50 {at(0.5):.2f} ms, p99 {at(0.99):.2f} ms, {bad} failed"
    )


if __name__ == "__main__":
    {"half": half, "peak": peak, "flat": flat, "latency": latency}[sys.argv[1]](*sys.argv[2:])
