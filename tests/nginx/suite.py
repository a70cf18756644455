"""Runs the tests, all in front of one service and one nginx."""

import sys
import tempfile
import unittest
from pathlib import Path

# Processes are kept there.
sys.path.append(str(Path(__file__).resolve().parents[1] / "switch"))

import processes  # noqa: E402
import stage  # noqa: E402

ORDER = ["test_public", "test_localhost", "test_remote"]


def main():
    processes.install_cleanup()
    with tempfile.TemporaryDirectory(prefix="jackfield-nginx-") as folder:
        try:
            stage.STAGE = stage.Stage(Path(folder))
            loaded = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or ORDER)
            return 0 if unittest.TextTestRunner(verbosity=2).run(loaded).wasSuccessful() else 1
        finally:
            processes.stop_all()


sys.exit(main())
