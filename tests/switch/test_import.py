"""A switch's own files, imported: a served switch does the same as the one that read them, and so does one that reads
what is exported again.

Three switches, one after the other: one reads FreeSWITCH's default tree ($JACKFIELD_VANILLA), one has the exported
bootstrap and asks the service, one reads the whole exported tree.
"""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import demo
import documents
import switch_log
import vanilla
from executed import Recording
from jackfield import Jackfield, User, environment, find_program
from phones import Phone
from processes import require_free
from scene import remove
from switch import Switch, find_modules
from switch import find_program as find_switch

# Number dialled -> who calls it, the application that it ends in, and the scenario of the call. There are no sound files:
# the mailbox says goodbye when it has asked for a PIN three times in vain.
CALLS = {
    demo.ECHO_NUMBER: ("1005", "echo", "call"),
    demo.MENU_NUMBER: ("1006", "ivr", "call"),
    demo.ROOM: ("1007", "conference", "call"),
    demo.GROUP_NUMBER: ("1008", "bridge", "call"),
    demo.VOICEMAIL_NUMBER: ("1009", "voicemail", "call_until_hung_up"),
    "1001": ("1010", "bridge", "call"),
}
# Who answers which call; never two at a time, because the one who is called is in the group as well.
ANSWERED = {demo.GROUP_NUMBER: "1002", "1001": "1001"}
OTHERS = ["brian", "default", "example.com", "SEP001120AABBCC"]  # the tree's users besides 1000 to 1019

world = None


class World:
    """The tree, what was imported of it, and a folder for everything; nothing runs yet."""

    def __init__(self):
        self.freeswitch = os.environ["JACKFIELD_FREESWITCH"]
        self.folder = Path(tempfile.mkdtemp(prefix="jackfield-import-"))
        self.settings = {
            "DATABASE_URL": f"sqlite:{self.folder / 'jackfield.db'}",
            "STATE_DIR": str(self.folder / "state"),
        }
        (self.folder / "state").mkdir()
        files = self.folder / "files"
        files.mkdir()
        modules = find_modules(find_switch(self.freeswitch))
        self.tree = vanilla.Vanilla(vanilla.find(), files / "conf", modules)
        self.jackfield("import", files / "conf")

    def jackfield(self, *command):
        """Run a command on the database; it must succeed."""
        words = [str(find_program()), *map(str, command)]
        done = subprocess.run(words, env=environment(self.settings), capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"jackfield {command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def switch(self, name):
        """A running switch in this folder, with what stands in its `conf`."""
        for port in (demo.SIP_PORT, 5080):
            require_free("udp", port, "sofia profile")
        return Switch(self.freeswitch, self.folder / name, self.tree.event_port, self.tree.event_password)

    def phone(self, number):
        return Phone(self.folder, User(number, self.tree.password, ""))

    def calls(self, switch):
        """Calls every number; channel -> [(application, data)]."""
        recording = Recording(switch)
        quiet = [number for number in CALLS if number not in ANSWERED]
        self.call(quiet)
        for number, member in ANSWERED.items():
            phone = self.phone(member)
            phone.register()
            answer = phone.start("answer", seconds=30)
            try:
                self.call([number])
                answer.succeed()
            finally:
                answer.stop()
            phone.unregister()
        return recording.taken()

    def call(self, numbers):
        """Call these numbers at once, each from a phone of its own, until all calls have ended."""
        runs = []
        try:
            for number in numbers:
                caller, _, scenario = CALLS[number]
                runs.append(self.phone(caller).start(scenario, target=number, pause=4, seconds=30))
            for run in runs:
                run.succeed()
        finally:
            for run in runs:
                run.stop()


def setUpModule():
    global world
    if vanilla.find() is None:
        print("SKIP  SKIP  SKIP: test_import did NOT run: JACKFIELD_VANILLA does not name FreeSWITCH's default tree.")
        raise unittest.SkipTest("JACKFIELD_VANILLA does not name FreeSWITCH's default tree")
    world = World()
    unittest.addModuleCleanup(remove, world.folder)


class Served(unittest.TestCase):
    """The switch with the bootstrap, beside what the one with the files has and does."""

    @classmethod
    def setUpClass(cls):
        cls.maxDiff = None
        files = world.switch("files")
        try:
            cls.read = documents.documents(files)
            cls.read_users = {number: documents.user(files, number) for number in demo.USERS + OTHERS}
            cls.read_values = cls.values(files)
            cls.read_gateway = gateway(files)
            cls.routed = world.calls(files)
            cls.complaints_of_files = complaints(files)
        finally:
            files.stop()
        cls.jackfield = Jackfield(world.folder, settings=world.settings)
        cls.addClassCleanup(cls.jackfield.stop)
        (world.folder / "served").mkdir()
        settings = {"LISTEN_MACHINE": f"127.0.0.1:{cls.jackfield.port}"}
        world.settings.update(settings)
        world.jackfield("export", "--bootstrap", world.folder / "served" / "conf")
        cls.switch = world.switch("served")
        cls.addClassCleanup(cls.switch.stop)

    @classmethod
    def values(cls, switch):
        """What the switch itself makes of a user in its domain: look-ups merge both."""
        names = ["record_stereo", "default_gateway", "default_areacode", "transfer_fallback_extension", "user_context"]
        names += ["effective_caller_id_name", "outbound_caller_id_number", "toll_allow", "accountcode", "callgroup"]
        found = {name: switch.api(f"user_data 1000@{demo.DOMAIN} var {name}") for name in names}
        found["dial-string"] = switch.api(f"user_data 1000@{demo.DOMAIN} param dial-string")
        return found

    def test_the_gateway_is_the_one_that_the_files_say(self):
        self.assertEqual(gateway(self.switch), self.read_gateway)
        self.assertIn("Username", self.read_gateway)

    def test_nothing_but_the_bootstrap_is_on_the_disk_of_the_switch(self):
        root = world.folder / "served" / "conf"
        sections = re.findall(r'<section name="(\w+)"', (root / "freeswitch.xml").read_text())
        self.assertEqual(sections, ["configuration"])
        self.assertEqual(sorted(path.name for path in root.iterdir() if path.is_dir()), ["autoload_configs"])

    def test_every_document_is_the_one_that_the_files_say(self):
        self.assertGreater(len(self.read), 85)
        sections = {section for section, _, _ in self.read}
        self.assertEqual(sections, {"configuration", "dialplan", "chatplan", "directory", "languages"})
        for key, read in self.read.items():
            with self.subTest(" ".join(key)):
                self.assertIsNotNone(read, "the switch with the files has no such document")
                served = documents.locate(self.switch, *key)
                self.assertIsNotNone(served, "the served switch has no such document")
                expected, found = documents.pair(key, read, served)
                self.assertEqual(found.splitlines(), expected.splitlines())

    def test_every_user_is_the_one_that_the_files_say_but_for_its_secrets(self):
        for number, read in self.read_users.items():
            with self.subTest(user=number):
                served = documents.user(self.switch, number)
                self.assertEqual(documents.without_credentials(served), documents.without_credentials(read))
                self.assertEqual(documents.credentials(served), documents.closed_and_hashed(read))

    def test_a_user_inherits_the_same_from_its_domain(self):
        self.assertEqual(self.values(self.switch), self.read_values)

    def test_every_user_registers_with_the_password_of_the_files(self):
        for number in demo.USERS:
            with self.subTest(user=number):
                phone = world.phone(number)
                phone.register(algorithm="MD5")
                contact = self.switch.api(f"sofia_contact {demo.SIP_PROFILE}/{number}@{demo.DOMAIN}")
                self.assertTrue(contact.startswith("sofia/"), contact)
                phone.unregister()

    def test_no_user_registers_with_another_password(self):
        for password in ("1234", demo.REFUSED_USER):  # FreeSWITCH's own default password, and the PIN of the mailbox
            world.phone(demo.REFUSED_USER).register(password=password, final="403")

    def test_a_user_without_a_password_in_the_files_does_not_register(self):
        user = User("default", "any", "")
        Phone(world.folder, user).register(final="403")

    def test_calls_run_the_same_applications(self):
        routed = world.calls(self.switch)
        for number, (caller, application, _) in CALLS.items():
            with self.subTest(number):
                channel = f"sofia/{demo.SIP_PROFILE}/{caller}@{demo.DOMAIN}"
                self.assertEqual(self.routed[channel][-1][0], application)
                self.assertEqual(routed.get(channel), self.routed[channel])
        self.assertEqual(sorted(routed), sorted(self.routed))
        self.assertEqual(routed, self.routed)

    def test_the_switch_complains_about_no_answer(self):
        # What the switch with the files says as well is not about an answer.
        found = complaints(self.switch) - self.complaints_of_files
        self.assertEqual(sorted(found), [])

    def test_the_service_refused_nothing_that_this_switch_asked(self):
        _, metrics = self.jackfield.get("/metrics")
        self.assertIn("jackfield_lookups_total{", metrics)
        bad = r'^(jackfield_guard_rejections_total{.*}|jackfield_lookups_total{.*outcome="internal".*}) (?!0$)'
        self.assertEqual(re.findall(bad, metrics, re.MULTILINE), [])


class Back(unittest.TestCase):
    """A switch that reads the exported tree, and asks nobody."""

    def test_a_switch_with_the_exported_files_registers_phones_and_routes_calls(self):
        (world.folder / "back").mkdir()
        world.jackfield("export", world.folder / "back" / "conf")
        switch = world.switch("back")
        self.addCleanup(switch.stop)
        self.assertEqual(switch.api("module_exists mod_xml_curl"), "false")
        phone = world.phone("1000")
        phone.register(algorithm="MD5")
        phone.unregister()
        world.phone(demo.REFUSED_USER).register(password="wrong", final="403")
        recording = Recording(switch)
        world.phone("1000").play("call", target=demo.ECHO_NUMBER, pause=1)
        ran = recording.taken()[f"sofia/{demo.SIP_PROFILE}/1000@{demo.DOMAIN}"]
        self.assertEqual(ran[-2:], [("answer", ""), ("echo", "")])


def complaints(switch):
    """What the switch complains of, without what differs between two runs of one switch."""
    found = switch_log.complaints(switch.log_text())
    found = [one for one in found if not switch_log.is_allowed(one)]
    return {f"[{one.level}] {one.place}: {one.text}".replace(str(switch.folder), "/switch") for one in found}


def gateway(switch):
    """What the switch says of the tree's gateway, but for what changes while it runs."""
    lines = (line.split("\t", 1) for line in switch.api("sofia status gateway example.com").splitlines())
    told = {fields[0].strip(): fields[1].strip() for fields in lines if len(fields) == 2}
    return {name: value for name, value in told.items() if name not in ("Status", "State", "Uptime", "Ping", "PingTime")}
