"""Runs the tests, each on a service and a database of its own; the PostgreSQL server is shared."""

import argparse
import resource
import signal
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# Processes are kept there, and databases filled.
sys.path += [str(TESTS / "switch"), str(TESTS / "load")]

import fault  # noqa: E402
import processes  # noqa: E402

ORDER = [
    "test_kill_service",
    "test_kill_database",
    "test_restart",
    "test_disk_full",
    "test_slow_database",
    "test_cut_connection",
    "test_clock",
    "test_cold_users",
    "test_connections",
    "test_descriptors",
    "test_instances",
]
TIME_LIMIT = {True: 400, False: 2700}  # seconds; a machine that has nothing else to do needs half of it


def main():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("tests", nargs="*", default=ORDER, help="modules, classes or tests, such as test_clock")
    parser.add_argument("--short", action="store_true", help="fewer rounds and shorter faults")
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs, and say where it is")
    options = parser.parse_args()
    processes.install_cleanup()
    signal.signal(signal.SIGALRM, out_of_time)
    # Thousands of connections are held by the suite itself.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    limit = TIME_LIMIT[options.short]
    signal.alarm(limit)
    try:
        fault.prepare(options.short)
        loaded = unittest.defaultTestLoader.loadTestsFromNames(options.tests)
        return 0 if unittest.TextTestRunner(verbosity=2).run(loaded).wasSuccessful() else 1
    except AssertionError as reason:
        print(f"tests/faults/run: cannot start: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as reason:
        print(f"stopped: {reason}" if reason.args else "stopped", file=sys.stderr)
        return 130
    finally:
        signal.alarm(0)
        # Who is impatient does not break the clean-up off.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        fault.clean(options.keep)


def out_of_time(*_):
    raise KeyboardInterrupt("the suite took too long")


if __name__ == "__main__":
    sys.exit(main())
