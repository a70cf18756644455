"""A switch on another machine asks with its certificate; without one nobody gets anything."""

import re
import unittest

import stage
from ask import REGISTER, status
from processes import wait_until

PATHS = ["/fsapi", "/metrics", "/health", "/qqqqq"]


class Remote(unittest.TestCase):
    def test_a_switch_with_its_certificate_is_answered_under_any_host(self):
        for host in ("pbx.example.test", "pbx.example.test:8443", "x.test"):
            answer = stage.STAGE.remote("pbx-b").ask("/fsapi", "POST", [f"Host: {host}"])
            self.assertEqual(status(answer), 200, answer)
            self.assertIn(b'<user id="1000"', answer)

    def test_it_may_ask_look_ups_and_nothing_else(self):
        way = stage.STAGE.remote("pbx-b")
        unknown = way.ask("/qqqqq")
        self.assertEqual(status(unknown), 404)
        for path in ("/metrics", "/health", "//metrics", "/fsapi/", "/x/../metrics", "/%6detrics"):
            self.assertEqual(way.ask(path), unknown, path)

    def test_without_a_certificate_of_a_switch_all_paths_are_refused_alike(self):
        before = stage.STAGE.count("jackfield_lookups_total")
        for who in (None, "stranger"):
            for method in ("GET", "POST"):
                answers = {stage.STAGE.remote(who).ask(path, method) for path in PATHS}
                self.assertEqual(len(answers), 1, answers)
                self.assertEqual(status(answers.pop()), 400, who)
        self.assertEqual(stage.STAGE.count("jackfield_lookups_total"), before)

    def test_no_connection_goes_on_with_the_session_of_another_one(self):
        self.assertFalse(stage.STAGE.remote("pbx-b").is_resumed(), "who was taken back would not be noticed")

    def test_what_it_forwards_for_somebody_else_is_refused(self):
        headers = ["Host: pbx.example.test", "X-Forwarded-For: 127.0.0.1"]
        self.assertEqual(status(stage.STAGE.remote("pbx-b").ask("/fsapi", "POST", headers)), 404)

    def test_a_request_has_one_id_in_both_logs(self):
        nobody = REGISTER.replace("user=1000", "user=nobody")
        self.assertNotEqual(nobody, REGISTER)
        self.assertEqual(status(stage.STAGE.remote("pbx-b").ask("/fsapi", "POST", body=nobody)), 200)
        line = r"request\{id=\"([0-9a-f]{32})\"\}.*look-up refused"
        refused = wait_until(lambda: re.search(line, stage.STAGE.log()), 5, "the service logs the refusal with an id")
        access = stage.STAGE.folder / "jackfield-remote.log"
        line = rf'"CN=pbx-b" .* {refused[1]}\n'
        wait_until(lambda: re.search(line, access.read_text()), 5, "nginx logs the same id")
