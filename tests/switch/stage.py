"""What all tests stand on: one service, one switch that asks it, and helpers to make phones; suite.py sets it up."""

import json
import re
import unittest

import demo
from demo_switch import DemoSwitch
from jackfield import DemoJackfield
from phones import Phone
from processes import wait_until
from scene import Scene


class Stage(Scene):
    """The running pair, in a folder of its own that only its owner can read."""

    name = "switch"

    def start(self, freeswitch):
        self.jackfield = DemoJackfield(self.folder)
        self.stops(self.jackfield.stop)
        self.switch = DemoSwitch(freeswitch, self.folder / "switch", self.jackfield.url)
        self.stops(self.switch.stop)


stage = None  # the Stage, once it is set up


class SwitchTest(unittest.TestCase):
    """A test on the running switch; whatever calls and phones it leaves behind are ended after it."""

    def setUp(self):
        self.folder = stage.folder
        self.switch = stage.switch
        self.jackfield = stage.jackfield
        self.addCleanup(self.switch.hang_up_everything)

    def user(self, number):
        return self.jackfield.users[number]

    def phone(self, number, media=None):
        """A phone that is not registered."""
        return Phone(self.folder, self.user(number), media)

    def registered_phone(self, number, media=None):
        """A phone that is registered until the end of the test."""
        phone = self.phone(number, media)
        phone.register()
        self.addCleanup(phone.unregister)
        return phone

    def begin(self, phone, scenario, **options):
        """Start a scenario in the background; it does not outlive the test."""
        run = phone.start(scenario, **options)
        self.addCleanup(run.stop)
        return run

    def rows(self, what):
        """The rows of `show <what> as json`."""
        return json.loads(self.switch.api(f"show {what} as json")).get("rows", [])

    def application_of(self, number):
        """The application that the caller with this number is in, or nothing."""
        calls = [row for row in self.rows("channels") if row["direction"] == "inbound" and row["cid_num"] == number]
        return calls[0]["application"] if calls else None

    def media_port_of(self, number):
        """The port on which the switch takes the audio of a user's call."""
        name = re.compile(rf"sofia/{demo.SIP_PROFILE}/{number}@")
        uuid = next(row["uuid"] for row in self.rows("channels") if name.match(row["name"]))
        return int(wait_until(lambda: self.local_media_port(uuid), 5, "the switch opens a port for audio"))

    def local_media_port(self, uuid):
        answer = self.switch.api(f"uuid_getvar {uuid} local_media_port")
        return answer if answer.isdigit() else None

    def members_of_room(self, room):
        """Numbers of the callers in a conference room, sorted."""
        answer = self.switch.api("conference json_list")
        rooms = json.loads(answer) if answer.startswith("[") else []
        return sorted(
            member["caller_id_number"]
            for found in rooms
            if found["conference_name"].split("@")[0] == room
            for member in found["members"]
            if member["type"] == "caller"
        )

    def is_registered(self, number):
        """Does the SIP profile hold a contact of this user?"""
        answer = self.switch.api(f"sofia_contact {demo.SIP_PROFILE}/{number}@{demo.DOMAIN}")
        return answer.startswith("sofia/")
