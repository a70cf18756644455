"""Runs every test on one switch that asks one service, in a fixed order: the switch's log is read last.

Tests that start switches of their own come after it.
"""

import argparse
import os
import signal
import sys
import unittest

import processes
import scene
import stage

ORDER = [
    "test_boot",
    "test_commands",
    "test_registration",
    "test_calls",
    "test_conference",
    "test_menu",
    "test_queue",
    "test_message",
    "test_voicemail",
    "test_verto",
    "test_log",
]
APART = ["test_hooks", "test_clients", "test_push", "test_import"]  # with switches of their own, on the same ports: when the other one has ended
TIME_LIMIT = 240  # seconds for each part, boot included


def main():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("tests", nargs="*", default=ORDER + APART, help="modules, classes or tests, such as test_verto")
    parser.add_argument("--keep", action="store_true", help="keep the folders of logs, and say where they are")
    options = parser.parse_args()
    processes.install_cleanup()
    signal.signal(signal.SIGALRM, out_of_time)
    scene.keep = options.keep
    apart = [name for name in options.tests if name.split(".")[0] in APART]
    shared = [name for name in options.tests if name not in apart]
    try:
        codes = [run_on_stage(shared) if shared else 0, *(run([name]) for name in apart)]
        return max(codes)
    except KeyboardInterrupt as reason:
        print(f"stopped: {reason}" if reason.args else "stopped", file=sys.stderr)
        return 130
    finally:
        signal.alarm(0)


def run_on_stage(tests):
    """Boot, test, stop; the exit code."""
    signal.alarm(TIME_LIMIT)
    try:
        stage.stage = stage.Stage(os.environ["JACKFIELD_FREESWITCH"])
    except (AssertionError, OSError) as reason:
        print(f"tests/switch/run: cannot start: {reason}", file=sys.stderr)
        return 1
    try:
        print(f"{stage.stage.switch.version}, asking {stage.stage.jackfield.url}", flush=True)
        return run(tests)
    finally:
        stage.stage.close()


def run(tests):
    """Run these tests; the exit code."""
    signal.alarm(TIME_LIMIT)
    loaded = unittest.defaultTestLoader.loadTestsFromNames(tests)
    return 0 if unittest.TextTestRunner(verbosity=2).run(loaded).wasSuccessful() else 1


def out_of_time(*_):
    raise KeyboardInterrupt(f"the suite took more than {TIME_LIMIT} s")


if __name__ == "__main__":
    sys.exit(main())
