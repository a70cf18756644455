"""Last of all: what the switch itself thought of the answers."""

import re

import switch_log
from stage import SwitchTest


class Log(SwitchTest):
    def test_the_switch_complains_about_no_answer(self):
        found = switch_log.complaints(self.switch.log_text())
        serious = [one for one in found if not switch_log.is_allowed(one)]
        unexpected = sorted({f"[{one.level}] {one.place}: {one.text}" for one in serious})
        self.assertFalse(unexpected, "the switch complained:\n" + "\n".join(unexpected))

    def test_no_allowance_covers_a_failed_look_up(self):
        self.assertEqual([place for place, _, _ in switch_log.ALLOWED if "xml" in place], [])

    def test_no_password_stands_in_the_log(self):
        # At level debug mod_verto itself prints what a client typed, hashed or not; that is no answer of the service.
        text = "".join(line for line in self.switch.log_text().splitlines() if "a1-hash-plain" not in line)
        leaked = [user.number for user in self.jackfield.users.values() if user.password in text]
        self.assertEqual(leaked, [])

    def test_the_guard_rejected_nothing_that_this_switch_asked(self):
        self.assertEqual(self.counted("jackfield_guard_rejections_total", ""), [])

    def test_no_look_up_failed_inside_the_service(self):
        self.assertEqual(self.counted("jackfield_lookups_total", 'outcome="internal"'), [])

    def counted(self, name, label):
        """The counters of this name and label that are not zero; there must be some at all."""
        status, metrics = self.jackfield.get("/metrics")
        self.assertEqual(status, 200)
        counters = re.findall(rf"^{name}({{.*{label}.*}}) ([\d.e+]+)$", metrics, re.MULTILINE)
        self.assertNotEqual(counters, [], f"/metrics has no {name}")
        return [labels for labels, value in counters if float(value) > 0]
