"""kill -9 of PostgreSQL: look-ups go on from memory, writes fail in words, and all of it is over by itself."""

import time

import fault
from fault import FaultTest
from kills import Kills
from lookups import name
from processes import wait_until

AWAY = 60  # seconds
RATE = 2000  # look-ups a second


class KillDatabase(FaultTest):
    def test_look_ups_go_on_while_it_is_away_and_writes_fail_clearly(self):
        away, rate = (5, 500) if fault.short else (AWAY, RATE)
        server = self.own_server()
        base = self.postgresql(server=server)
        service = self.serve(base.url)
        user = name(1)
        load = self.load(service, rate)
        load.go_on(2)
        server.kill()
        killed = time.monotonic()
        fault.until(lambda: service.health()["status"] == "degraded", 5, "degraded")
        self.assertIn("the database is not at hand", service.health()["why"])
        self.assertEqual(service.metric("jackfield_database_up"), 0)
        writes = 0
        while writes < 3 or time.monotonic() - killed < away:
            began = time.monotonic()
            self.assertFalse(service.change_pin(user, 1), "the caller hears that it failed")
            self.assertLess(time.monotonic() - began, 2, "within the switch's patience")
            failed = service.command("user", "set", user, "--variable", "mark=1")
            self.assert_failed(failed, "cannot open", str(server.port), "refused")
            writes += 1
            time.sleep(0.5)
        server.start()
        back = time.monotonic()
        wait_until(service.is_ready, 5, "ready within 5 s of the database's return", interval=0.02)
        ready = time.monotonic() - back
        self.assertEqual(service.metric("jackfield_database_up"), 1)
        self.assertTrue(service.change_pin(user, 2))
        self.assertEqual(service.command("user", "set", user, "--variable", "mark=2")[0], True)
        self.assertEqual(service.mark(user), 2, "what the command confirmed is served")
        load.go_on(1)
        what = f"killed for {away} s, {writes} writes of either kind refused, ready {ready:.2f} s after"
        self.assert_unhurt(load.end(), what)
        self.assertEqual(base.users()[user].mark, 2, "what was refused has not been done later")

    def test_what_was_confirmed_is_there_after_it_is_killed(self):
        server = self.own_server()
        base = self.postgresql(server=server)
        service = self.serve(base.url)
        kills = Kills(self, base, service)
        kills.go_through(4 if fault.short else 50, server.kill, server.start)
        slowest = max(writer.slowest_failure() for writer in kills.writers)
        self.assertLess(slowest, 10, "nobody waits for a database that is gone")
