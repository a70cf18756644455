"""What tests with verto clients share: browsers that log in and call on a switch of the hooks."""

import re
import unittest

from hook_switch import ANSWERED
from processes import wait_until
from verto import REFUSED, VertoClient, may


class BrowserTest(unittest.TestCase):
    """A test on `world.switch`; what it leaves behind there is ended after it."""

    world = None

    def setUp(self):
        self.switch = self.world.switch
        self._log_start = self.switch.log.stat().st_size
        self.addCleanup(self.switch.hang_up_everything)

    def client(self, **options):
        """A browser that is connected until the end of the test."""
        client = VertoClient(self.switch.verto_port, **options)
        self.addCleanup(client.close)
        return client

    def until_granted(self, client):
        wait_until(lambda: self.has_rights(client), 2, "the login is granted its methods", interval=0.001)

    def has_rights(self, client):
        """Does the session have a method that the look-up did not give it?"""
        return client.bye("no call of anybody")["error"]["code"] != REFUSED

    def calling(self, client):
        """Have a client call, and wait until it is answered; the call's id."""
        call, reply = client.invite(ANSWERED)
        self.assertTrue(may(reply))
        self.assertIsNotNone(client.hear("verto.answer", 5))
        answered = lambda: self.switch.api(f"uuid_getvar {call} endpoint_disposition") == "ANSWER"
        wait_until(answered, 5, "the call is answered")
        return call

    def cannot_call(self, client):
        """Nor is any call up."""
        self.assertFalse(may(client.invite(ANSWERED)[1]))
        self.assertEqual(self.switch.channels(), 0)

    def until_logged(self, pattern, count=1):
        """Wait until the switch has logged a line so many times since the test began."""
        wait_until(lambda: len(re.findall(pattern, self.log())) >= count, 5, f"the log says {pattern}")

    def log(self):
        """What the switch has logged since the test began."""
        with open(self.switch.log, "rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", "replace")
