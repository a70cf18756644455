"""What tests of the hook scripts stand on: a stand-in for the service, and a switch whose hooks tell it who logs in."""

import os

from browsers import BrowserTest
from hook_switch import DOMAIN, HookSwitch
from processes import wait_until
from scene import Scene
from stand_in import PASSWORD, StandIn

METHODS = "verto.invite,verto.bye"
APPROVED = f"ok\ngrant methods {METHODS}\n"

def takes_away(session):
    """What an answer says of a session that has to go."""
    return f"revoke {session} methods {METHODS}\nrevoke {session} event_channels presence\nout {session}\n"


class World(Scene):
    """A stand-in, and the switch whose hooks tell it who has logged in."""

    name = "hooks"

    def start(self):
        self.service = StandIn()
        self.stops(self.service.stop)
        self.switch = HookSwitch(os.environ["JACKFIELD_FREESWITCH"], self.folder / "switch", self.service.url)
        self.stops(self.switch.stop)


class HookTest(BrowserTest):
    def setUp(self):
        super().setUp()
        self.service = self.world.service
        self.service.methods = "echo"
        self.service.answer = lambda fields: "punt\n"
        self.service.told.clear()

    def logged_in(self, name, variables=None, **options):
        """A client whose login the switch has taken, whatever the service thinks of it."""
        client = self.client(**options)
        reply = client.login(name, PASSWORD, DOMAIN, variables=variables)
        self.assertIn("result", reply)
        return client

    def approved(self, name, **options):
        """A client that may call."""
        self.service.answer = lambda fields: APPROVED
        client = self.logged_in(name, **options)
        self.until_granted(client)
        return client

    def logins(self):
        return self.posts("verto_client_login")

    def posts(self, action):
        return [fields for fields, _ in self.service.told if fields["action"] == action]

    def until_told(self):
        """Wait until the hook has posted a login."""
        wait_until(self.logins, 5, "the login hook posts")

    def disconnect(self, client):
        """Wait until the hook has posted that this client has gone; what it has posted."""
        gone = lambda: [post for post in self.posts("verto_client_disconnect") if post["client_address"] == client.address]
        return wait_until(gone, 5, "the disconnect hook posts")[0]

    def until_decided(self):
        """Wait until the hook has done what it had to."""
        self.until_logged(r"jackfield: (a login was (not )?approved|nobody has decided)")
