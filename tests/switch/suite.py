"""Runs every test on one switch that asks one service, in a fixed order: the switch's log is read last."""

import argparse
import os
import signal
import sys
import unittest

import processes
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
TIME_LIMIT = 240  # seconds, boot included


def main():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("tests", nargs="*", default=ORDER, help="modules, classes or tests, such as test_verto")
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs, and say where it is")
    options = parser.parse_args()
    processes.install_cleanup()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(TIME_LIMIT)
    try:
        return run(options)
    except KeyboardInterrupt as reason:
        print(f"stopped: {reason}" if reason.args else "stopped", file=sys.stderr)
        return 130


def run(options):
    """Boot, test, stop; the exit code."""
    try:
        stage.stage = stage.Stage(os.environ["JACKFIELD_FREESWITCH"], keep=options.keep)
    except (AssertionError, OSError) as reason:
        print(f"tests/switch/run: cannot start: {reason}", file=sys.stderr)
        return 1
    try:
        print(f"{stage.stage.switch.version}, asking {stage.stage.jackfield.url}", flush=True)
        tests = unittest.defaultTestLoader.loadTestsFromNames(options.tests)
        result = unittest.TextTestRunner(verbosity=2).run(tests)
    finally:
        signal.alarm(0)
        stage.stage.close()
    return 0 if result.wasSuccessful() else 1


def out_of_time(*_):
    raise KeyboardInterrupt(f"the suite took more than {TIME_LIMIT} s")


if __name__ == "__main__":
    sys.exit(main())
