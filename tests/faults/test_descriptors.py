"""Idle connections take all file descriptors that they may have: the service keeps the others, lives, and everything comes
back when they go."""

import time

import fault
from fault import FaultTest
from load import Crowd
from lookups import name
from postgres import psql

DESCRIPTORS = 128
IDLE = 300


class Descriptors(FaultTest):
    def test_it_lives_without_any_and_recovers(self):
        self.on_each(self.exhaust, users=200)

    def exhaust(self, base):
        service = self.serve(base.url, base.kind, before=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
        user = name(1)
        self.assertTrue(service.change_pin(user, 1))
        crowd = Crowd(service, idle=IDLE)
        # Half of so few are kept for the database and the control socket.
        fault.until(lambda: service.descriptors() >= DESCRIPTORS // 2, 10, "connections have all that they may have")
        # A look-up now waits in the kernel's queue, among the idle ones.
        load = self.load(service, 20, users=200, patience=20)
        if base.kind == "PostgreSQL":
            # It has to be connected anew.
            drop = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jackfield'"
            psql(base.url, drop)
        load.go_on(5 if fault.short else 30)
        self.assertTrue(service.is_running(), service.log()[-2000:])
        told = crowd.end()
        during = load.end(30)
        self.tell(f"{base.kind}, {DESCRIPTORS} descriptors, {IDLE} idle connections: {during}")
        self.assertLessEqual(set(during.reasons), {"timed out"}, f"they wait: {during.details()}")
        self.assertGreater(told["closed"]["idle"], IDLE, "idle ones are closed all the time")
        began = time.monotonic()
        fault.until(service.is_ready, 10, "ready")
        self.tell(f"ready {time.monotonic() - began:.2f} s after they have gone")
        after = self.load(service, 200, users=200)
        self.assertTrue(service.change_pin(user, 2), "there is a descriptor for the database")
        confirmed, said = service.command("user", "set", user, "--variable", "mark=2")
        self.assertTrue(confirmed, said)
        self.assertIn("the service answers from", said, "the control socket works")
        self.assertEqual(service.mark(user), 2)
        after.go_on(1)
        self.assert_unhurt(after.end(), "after them")
        self.assertLess(len(service.log()), 1_000_000, "the log is not flooded")
