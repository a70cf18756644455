"""The clock jumps by a day or a year, forwards and backwards, while the service runs."""

import datetime
import time

import fault
from clock import Clock
from crowd import idle
from fault import FaultTest
from lookups import name

DAY, YEAR = 1, 365
RATE = 300


class ClockJump(FaultTest):
    def test_look_ups_changes_and_time_limits_go_on(self):
        self.on_each(self.jump, users=200)

    def jump(self, base):
        clock = Clock(self.folder)
        service = self.serve(base.url, base.kind, variables=clock.variables)
        load = self.load(service, RATE, users=200)
        marks = {}
        for number, days in enumerate([DAY, 0, YEAR, -YEAR, -DAY, 0] * (1 if fault.short else 5)):
            clock.jump(days)
            user = name(number)
            self.assertTrue(service.change_pin(user, number))
            confirmed, said = service.command("user", "set", user, "--variable", f"mark={number}")
            self.assertTrue(confirmed, said)
            marks[user] = number
            # Past the service: it has to notice by itself.
            network = f"192.0.2.{number}/32"
            base.rows(f"UPDATE users SET cidr = '{network}' WHERE name = '{user}'")
            fault.until(lambda u=user, n=network: n in service.user(u), 2, "a change is served")
            self.assertEqual(service.health()["status"], "ready")
            self.assert_has_jumped(service, days)
            self.assert_sane(service)
        self.assertEqual({user: service.mark(user) for user in marks}, marks)
        clock.jump(-DAY)
        self.assertLess(idle(service.port), 10, "an idle connection is closed")
        self.assert_unhurt(load.end(), base.kind)
        began = time.monotonic()
        self.assertEqual(service.stop(), 0)
        self.assertLess(time.monotonic() - began, 10, "it stops")

    def assert_has_jumped(self, service, days):
        """What its log takes for the time is what was meant: else nothing is shown here."""
        told = datetime.datetime.fromisoformat(service.log().splitlines()[-1].split("Z")[0] + "+00:00")
        self.assertAlmostEqual((told.timestamp() - time.time()) / 86400, days, delta=0.1)

    def assert_sane(self, service):
        for metric in ("jackfield_snapshot_age_seconds", "jackfield_snapshot_read_seconds"):
            self.assertGreaterEqual(service.metric(metric), 0)
            self.assertLess(service.metric(metric), 3600)
