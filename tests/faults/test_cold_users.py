"""Thousands of users at once whom nobody has asked for before, half of whom do not exist."""

import fault
from fault import FaultTest
from load import Load

USERS = 5000
MOST = 128  # MiB that they may cost: the service holds 4096 connections at once, the others wait in the kernel


class ColdUsers(FaultTest):
    def test_each_gets_its_own_answer_in_time(self):
        base = self.sqlite(USERS)
        # Not the section's own deadline: that it is kept is seen from outside, and the short form judges no speed.
        patient = "[sections.directory]\ndeadline_ms = 30000\n"
        limit = 30_000 if fault.short else 800
        for at in range(1 if fault.short else 5):
            service = self.serve(base.url, f"service{at}", toml=patient)
            before = service.memory()
            figures = Load(service, at_once=USERS).wait(60)
            first = service.memory("VmHWM")
            self.tell(f"{figures}; memory {before:.1f} MiB before, at most {first:.1f} MiB")
            self.assertEqual((figures.asked, figures.lost), (USERS, 0), figures.details())
            self.assertLess(figures.max, limit, figures.details())
            self.assertLess(first - before, MOST)
            for _ in range(2 if fault.short else 10):
                self.assertEqual(Load(service, at_once=USERS).wait(60).lost, 0)
            again = service.memory("VmHWM")
            self.tell(f"memory at most {again:.1f} MiB when they have come again")
            self.assertLess(again - first, 48, "what was used is used again")
            self.assertTrue(service.is_ready())
            service.stop()
