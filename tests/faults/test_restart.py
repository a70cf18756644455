"""The service starts while its database is away: it answers from what it has kept."""

import os
import stat
import time

import fault
from fault import FaultTest
from lookups import name

RATE = 300
KEPT = "snapshot.kept"  # in the state folder


class Restart(FaultTest):
    def setUp(self):
        super().setUp()
        self.server = self.own_server()
        self.base = self.postgresql(200, self.server)
        self.service = self.serve(self.base.url)
        self.user = name(150)
        self.kept = self.service.state / KEPT
        confirmed, said = self.service.command("user", "set", self.user, "--variable", "mark=1")
        self.assertTrue(confirmed, said)

    def test_it_answers_from_what_it_kept_at_its_end(self):
        self.assertEqual(self.service.stop(), 0)
        self.assertEqual(stat.S_IMODE(os.stat(self.kept).st_mode), 0o600, "for its owner alone: it holds hashes")
        self.server.kill()
        self.answer()

    def test_it_answers_from_what_it_kept_before_it_was_killed(self):
        # At most every 30 s.
        fault.until(lambda: self.kept.exists(), 40, "it is kept while it runs")
        self.service.stop()
        self.service.start()
        self.server.kill()
        self.service.kill()
        self.answer()

    def answer(self):
        began = time.monotonic()
        self.service.start()
        self.tell(f"answers {time.monotonic() - began:.2f} s after it was started without a database")
        load = self.load(self.service, RATE, users=200)
        self.assertEqual(self.service.mark(self.user), 1)
        self.assertEqual(self.service.health()["status"], "degraded")
        self.assertFalse(self.service.change_pin(self.user, 7))
        self.server.start()
        fault.until(self.service.is_ready, 5, "ready within 5 s of the database's return")
        self.assertTrue(self.service.command("user", "set", self.user, "--variable", "mark=2")[0])
        self.assertEqual(self.service.mark(self.user), 2)
        self.assert_unhurt(load.end())

    def test_what_is_damaged_is_not_answered_from(self):
        self.assertEqual(self.service.stop(), 0)
        whole = self.kept.read_bytes()
        self.server.kill()
        for what, damaged in {
            "half": whole[: len(whole) // 2],
            "nothing": b"",
            "one bit": whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :],
        }.items():
            self.kept.write_bytes(damaged)
            self.service.launch()
            fault.until(lambda: not self.service.is_running(), 20, f"{what}: it does not start")
            self.assertIn(KEPT, self.service.log(), what)
