"""The connection to PostgreSQL is reset, refused or swallowed: look-ups go on, and no change is missed."""

import random
import time
import unittest

import fault
from fault import FaultTest
from lookups import name
from writers import Setting

RATE = 300


class CutConnection(FaultTest):
    def setUp(self):
        super().setUp()
        self.base = self.postgresql(200)
        self.between = self.proxy(self.base.server.port)
        self.service = self.serve(self.base.through(self.between.port))
        self.user = name(1)
        self.connect()

    def connect(self):
        fault.until(self.between.connections, 5, "the service watches the database")

    def change(self, number):
        """Past the service, by plain SQL."""
        text = f'[{{"name":"mark","text":"{number}"}}]'
        self.base.rows(f"UPDATE users SET variables = '{text}' WHERE name = '{self.user}'")

    def test_a_change_over_a_reset_connection_is_seen_soon(self):
        load = self.load(self.service, RATE, users=1)
        slowest = 0
        for number in range(5 if fault.short else 50):
            self.connect()
            self.between.cut()
            self.change(number)
            began = time.monotonic()
            fault.until(lambda n=number: self.service.mark(self.user) == n, 10, "the change is served")
            slowest = max(slowest, time.monotonic() - began)
        self.assert_unhurt(load.end(), f"a change was seen {slowest:.2f} s after a reset at the latest")
        self.assertLess(slowest, 5 if fault.short else 1.5)

    def test_a_change_made_while_it_is_refused_is_seen_when_it_is_not(self):
        load = self.load(self.service, RATE, users=1)
        self.between.refuse()
        fault.until(lambda: not self.service.is_ready(), 5, "degraded")
        self.change(1)
        time.sleep(1 if fault.short else 20)
        self.assertIsNone(self.service.mark(self.user))
        self.assert_failed(self.service.command("user", "set", self.user, "--variable", "mark=2"), "cannot open")
        self.assertFalse(self.service.change_pin(self.user, 1))
        self.between.heal()
        began = time.monotonic()
        fault.until(lambda: self.service.mark(self.user) == 1, 5, "the change is served")
        self.tell(f"seen {time.monotonic() - began:.2f} s after it was let through")
        fault.until(self.service.is_ready, 5, "ready")
        self.assert_unhurt(load.end())

    def test_a_network_that_is_parted_is_told_and_made_up_for(self):
        self.lose(self.between.vanish)

    def test_a_server_that_takes_everything_and_answers_nothing_is_told(self):
        self.lose(self.between.swallow)

    @unittest.skipIf(fault.short, "each connection is given up after ten seconds")
    def test_connections_that_stay_deaf_do_not_end_the_asking(self):
        load = self.load(self.service, RATE, users=1)
        # What was swallowed stays as it is, and more than a few wait a minute for the next.
        for number in range(5):
            self.between.swallow()
            fault.until(lambda: not self.service.is_ready(), 20, "degraded")
            self.between.heal()
            self.change(number)
            began = time.monotonic()
            fault.until(lambda n=number: self.service.mark(self.user) == n, 80, "the change is served")
            self.tell(f"seen {time.monotonic() - began:.1f} s after new connections were let through")
            fault.until(self.service.is_ready, 5, "ready")
        self.assert_unhurt(load.end())

    def lose(self, lose):
        """Nobody says that the connection is lost."""
        load = self.load(self.service, RATE, users=1)
        lose()
        began = time.monotonic()
        fault.until(lambda: not self.service.is_ready(), 20, "degraded")
        told = time.monotonic() - began
        self.tell(f"degraded after {told:.1f} s: {self.service.health()['why']}")
        self.assertFalse(self.service.change_pin(self.user, 1))
        self.change(1)
        time.sleep(0 if fault.short else 60)
        self.between.heal()
        began = time.monotonic()
        fault.until(lambda: self.service.mark(self.user) == 1, 20, "what was changed meanwhile is served")
        self.tell(f"seen {time.monotonic() - began:.1f} s after packets went through")
        fault.until(self.service.is_ready, 5, "ready")
        self.assert_unhurt(load.end())

    def test_changes_are_confirmed_again_and_again_over_resets(self):
        writer = Setting(self.service, 2)
        writer.start()
        try:
            for _ in range(5 if fault.short else 50):
                fault.until(lambda c=writer.changes: writer.changes > c, 20, "a change is confirmed")
                time.sleep(random.uniform(0, 0.3))
                self.between.cut()
        finally:
            writer.stop()
        # A command's own connection may be the one that was reset: then it says so, and nothing was confirmed.
        users = self.base.users()
        self.assertEqual(writer.wrong(users), [], writer.failures[-2:])
        fault.until(self.service.is_ready, 5, "ready")
        fault.until(lambda: self.service.mark(writer.user) == users[writer.user].mark, 2, "served as stored")
        self.tell(f"{writer.changes} changes confirmed, {len(writer.failures)} not")
