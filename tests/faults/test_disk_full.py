"""A disk is full, the database's or that of the state folder: look-ups go on, writes fail in words, and what was
confirmed, or kept, stays.
"""

import time

import fault
from disk import Disk
from fault import FaultTest
from lookups import name
from postgres import Postgres
from test_restart import KEPT
from writers import everybody

RATE = 200
USERS = 200


class DiskFull(FaultTest):
    def disk(self, mebibytes):
        disk = Disk(self.folder / "disk", mebibytes)
        self.addCleanup(disk.close)
        return disk

    def fill_and_clear(self, base, disk, mend=lambda: None):
        """Fill the disk while people change things, until none of them can; then make room again."""
        service = self.serve(base.url)
        load = self.load(service, RATE, users=USERS)
        writers = everybody(service)
        try:
            for writer in writers:
                writer.start()
            fault.until(lambda: all(writer.changes for writer in writers), 20, "everybody has changed something")
            disk.fill()
            # What needs no more room is still done.
            fault.until(lambda: any(len(writer.failures) > 3 for writer in writers), 60, "writes fail")
            time.sleep(1 if fault.short else 10)
            disk.fill()
        finally:
            for writer in writers:
                writer.stop()
        failures = [said for writer in writers for said, _ in writer.failures]
        self.assertLess(max(writer.slowest_failure() for writer in writers), 10)
        self.assertTrue(service.is_running())
        for said in failures:
            self.assertNotIn("panicked", said)
        disk.clear()
        mend()
        fault.until(service.is_ready, 10, "ready once there is room")
        users = base.users()
        for writer in writers:
            self.assertEqual(writer.wrong(users), [], f"{type(writer).__name__}: {writer.failures[-2:]}")
        self.assertEqual(base.check(), "", "the database's own check")
        before = [writer.changes for writer in writers]
        for writer in writers:
            writer.start()
        try:
            for writer, changes in zip(writers, before):
                fault.until(lambda w=writer, c=changes: w.changes > c, 20, f"{type(writer).__name__} can write again")
        finally:
            for writer in writers:
                writer.stop()
        users = base.users()
        self.assertEqual(service.mark(writers[1].user), users[writers[1].user].mark)
        self.assert_unhurt(load.end(), f"{base.kind}, {len(failures)} writes refused")

    def test_sqlite_has_no_room(self):
        disk = self.disk(4)
        self.fill_and_clear(self.sqlite(USERS, disk.folder), disk)

    def test_postgresql_has_no_room(self):
        disk = self.disk(128)
        server = Postgres(disk.folder / "postgres", (("min_wal_size", "32MB"), ("max_wal_size", "32MB")))
        self.addCleanup(server.stop)
        # Without room for its log it ends itself.
        mend = lambda: server.answers() or (server.stop(), server.start())  # noqa: E731
        self.fill_and_clear(self.postgresql(USERS, server), disk, mend)

    def test_the_state_folder_has_no_room(self):
        disk = self.disk(4)
        base = self.sqlite(USERS)
        service = self.serve(base.url, state=disk.folder / "state")
        load = self.load(service, RATE, users=USERS)
        user, kept = name(1), disk.folder / "state" / KEPT

        def mark(number):
            confirmed, said = service.command("user", "set", user, "--variable", f"mark={number}")
            self.assertTrue(confirmed, said)

        mark(1)
        self.assert_unhurt(load.end())
        self.assertEqual(service.stop(), 0)
        before = kept.read_bytes()
        disk.fill()
        # It starts all the same, and whoever changes something is told that it is served.
        service.start()
        load = self.load(service, RATE, users=USERS)
        mark(2)
        self.assertEqual(service.mark(user), 2)
        self.assert_unhurt(load.end(), "no room to keep what is served")
        self.assertEqual(service.stop(), 0)
        self.assertEqual(kept.read_bytes(), before, "what was kept is whole")
        self.assertEqual([found.name for found in kept.parent.iterdir()], [KEPT], "nothing half written lies about")
        # Without the database it is the older state that is answered from.
        base.file.rename(base.file.with_suffix(".away"))
        service.start()
        self.assertEqual(service.mark(user), 1)
        base.file.with_suffix(".away").rename(base.file)
        fault.until(lambda: service.mark(user) == 2, 10, "the database is back")
        disk.clear()
        self.assertEqual(service.stop(), 0)
        self.assertNotEqual(kept.read_bytes(), before, "there is room again")
