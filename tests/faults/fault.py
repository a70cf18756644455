"""What all tests stand on: a folder of their own, databases, services, and the words for what was measured."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from bases import Postgresql, Sqlite
from disk import close_disks
from load import Load
from postgres import Postgres
from processes import stop_all, wait_until
from proxy import Proxy
from service import Service, stop_commands

short = False  # whether rounds are few and faults are short
_folder = None
_server = None
_made = 0


def prepare(is_short):
    """A folder for everything, which PostgreSQL's user may pass."""
    global short, _folder
    short = is_short
    _folder = Path(tempfile.mkdtemp(prefix="jackfield-faults-"))
    _folder.chmod(0o711)


def clean(keep):
    """End what still runs, and remove the folder, or say where it is. (A test that is broken off leaves that to us.)"""
    stop_commands()
    stop_all()
    close_disks()
    if keep:
        print(f"kept: {_folder}")
    elif _folder:
        shutil.rmtree(_folder, ignore_errors=True)


def shared_server():
    """The PostgreSQL that tests share; started with the first that needs it."""
    global _server
    if _server is None:
        _server = Postgres(_folder / "postgres")
    return _server


class FaultTest(unittest.TestCase):
    """A test; what it starts does not outlive it."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(dir=_folder))
        self.folder.chmod(0o711)

    def sqlite(self, users=1000, folder=None):
        return Sqlite(folder or self.folder, users)

    def postgresql(self, users=1000, server=None):
        global _made
        _made += 1
        return Postgresql(server or shared_server(), f"test{_made}", users)

    def on_each(self, check, users=1000):
        """Check on a database of either kind."""
        for make in (self.sqlite, self.postgresql):
            base = make(users)
            with self.subTest(base.kind):
                check(base)

    def serve(self, url, name="service", **options):
        service = Service(self.folder / name, url, **options)
        self.addCleanup(service.stop)
        return service

    def proxy(self, port):
        proxy = Proxy(port)
        self.addCleanup(proxy.close)
        return proxy

    def load(self, service, rate, **options):
        """Look-ups in the background, so many a second."""
        return Load(service, rate=rate, **options)

    def own_server(self, **settings):
        """A PostgreSQL that only this test has, because it is to be broken."""
        own = Postgres(self.folder / "postgres", tuple(settings.items()))
        self.addCleanup(own.stop)
        return own

    def tell(self, what):
        """A figure, for whoever runs the suite."""
        print(f"\n    {what}", file=sys.stderr, flush=True)

    def assert_unhurt(self, figures, what="look-ups"):
        """No look-up lost, none over the deadline."""
        self.tell(f"{what}: {figures}")
        self.assertEqual(figures.lost, 0, figures.details())
        # A load that is itself held up measures its own waiting.
        allowed = LATE_ALLOWED if figures.behind > 400 else 0
        self.assertLessEqual(figures.late, allowed * figures.asked, figures.details())

    def assert_failed(self, done, *words):
        """A command that did not confirm, and says why."""
        confirmed, said = done
        self.assertFalse(confirmed, said)
        for word in words:
            self.assertIn(word, said)


LATE_ALLOWED = 0.01  # of a load on a machine that stood still for half a deadline


def until(condition, seconds, what):
    """Wait for it without holding the machine up."""
    return wait_until(condition, seconds, what, interval=0.02)
