"""Turns the rounds and the paced run into figures."""

import csv
import statistics
import sys


def rates(lines):
    """Pairs of (nginx, jackfield), in requests a second."""
    return [tuple(map(float, line.split())) for line in lines if line.strip()]


if sys.argv[1] == "half":
    pairs = rates(sys.stdin)
    print(int(statistics.median(ours for _, ours in pairs) / 2))
else:
    _, _, body, rate_file, latency_file, half = sys.argv
    with open(rate_file) as file:
        pairs = rates(file)
    with open(latency_file) as file:
        rows = list(csv.DictReader(file))
    bad = [row for row in rows if row["status-code"] != "200"]
    times = sorted(1000 * float(row["response-time"]) for row in rows)
    at = lambda share: times[min(len(times) - 1, int(share * len(times)))]
    nginx = statistics.median(n for n, _ in pairs)
    ours = statistics.median(j for _, j in pairs)
    ratios = sorted(j / n for n, j in pairs)
    print(
        f"{body}: nginx {nginx:.0f}/s, jackfield {ours:.0f}/s, "
        f"ratio {statistics.median(ratios):.3f} (rounds {ratios[0]:.3f} to {ratios[-1]:.3f}); "
        f"at {half}/s: p50 {at(0.5):.2f} ms, p99 {at(0.99):.2f} ms, "
        f"{len(times)} look-ups, {len(bad)} failed"
    )
