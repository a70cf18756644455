"""Browsers: a verto client logs in."""

import re

import demo
from processes import wait_until
from stage import SwitchTest
from verto import VertoClient


class Verto(SwitchTest):
    def test_a_client_with_the_right_password_is_logged_in(self):
        with VertoClient() as client:
            reply = client.login("1002", self.user("1002").password)
            self.assertEqual(reply.get("result", {}).get("message"), "logged in", reply.get("error"))
            self.assertIn(f"1002@{demo.DOMAIN}", self.switch.api("verto status"))

    def test_a_client_that_is_logged_in_can_be_called_back(self):
        with VertoClient() as client:
            client.login("1002", self.user("1002").password)
            contact = self.switch.api(f"verto_contact 1002@{demo.DOMAIN}")
            self.assertTrue(contact.startswith("verto.rtc/"), contact)

    def test_a_client_with_a_wrong_password_is_refused(self):
        self.refused(demo.REFUSED_USER, "wrong")

    def test_a_client_without_a_password_is_refused(self):
        self.refused(demo.REFUSED_USER, "")

    def test_an_unknown_client_is_refused(self):
        self.refused(demo.UNKNOWN_USER, "any")

    def test_the_pin_of_the_mailbox_is_not_a_password(self):
        self.refused(demo.REFUSED_USER, self.user(demo.REFUSED_USER).pin)

    def test_the_hooks_tell_the_service_who_logs_in_and_who_leaves(self):
        before = self.events()
        with VertoClient() as client:
            client.login("1002", self.user("1002").password)
            wait_until(lambda: self.events() > before, 5, "the login hook posts")
        wait_until(lambda: self.events() > before + 1, 5, "the disconnect hook posts")

    def events(self):
        """How many posts of hooks the service has counted."""
        _, metrics = self.jackfield.get("/metrics")
        return sum(int(float(n)) for n in re.findall(r"^jackfield_channel_events_total{.*} (\S+)$", metrics, re.MULTILINE))

    def refused(self, user, password):
        with VertoClient() as client:
            reply = client.login(user, password)
            self.assertNotIn("result", reply)
            self.assertEqual(reply["error"]["code"], -32001)
            self.assertNotIn(f"{user}@{demo.DOMAIN}", self.switch.api("verto status"))
