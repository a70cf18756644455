"""Clients of channels on a real switch: who may call, and who is put out, under each policy of the service.

With a switch of its own, which asks the service for everything that it asks after mod_xml_curl but the dialplan.
"""

import json
import os
import random
import secrets
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from browsers import BrowserTest
from hook_switch import DOMAIN, HookSwitch
from jackfield import Jackfield, environment, find_program
from processes import free_port, wait_until
from scene import Scene
from verto import may

SECOND = 1.0  # within which whoever has to go has gone


class World(Scene):
    """A service with a verto profile and no channel yet, and the switch that it serves."""

    name = "clients"

    def start(self):
        self.secrets = []  # what no log may hold
        self.logged = ""  # by services that have ended
        ports = self.ports = free_port("tcp"), secrets.token_urlsafe(24), free_port("tcp")
        config = self.folder / "jackfield.toml"
        config.write_text(
            f'log = "debug"\n[verto]\ndomain = "{DOMAIN}"\n[[switches]]\nname = "{HookSwitch.name}"\n'
            f'address = "127.0.0.1:{ports[0]}"\npassword = "{ports[1]}"\n'
        )
        config.chmod(0o600)
        self.settings = {
            "CONFIG": str(config),
            "DATABASE_URL": f"sqlite:{self.folder / 'jackfield.db'}",
            "STATE_DIR": str(self.folder),
        }
        self.command("migrate")
        parameters = {
            "bind-local": f"127.0.0.1:{ports[2]}",
            "force-register-domain": DOMAIN,
            "userauth": "true",
            "rtp-ip": "127.0.0.1",
            "context": "clients",
            "dialplan": "XML",
            "timer-name": "soft",
            "outbound-codec-string": "PCMU",
            "inbound-codec-string": "PCMU",
            "apply-candidate-acl": "loopback.auto",
        }
        flags = [flag for name, value in parameters.items() for flag in ("--param", f"{name}={value}")]
        self.command("profile", "add", "verto/clients", *flags)
        self.service = Jackfield(self.folder, settings=self.settings)
        self.stops(lambda: self.service.stop())
        self.start_switch("switch")
        self.stops(lambda: self.switch.stop())

    def command(self, *words):
        """A command of an operator; it returns when the service answers from its change. What it says as JSON."""
        done = subprocess.run(
            [str(find_program()), *words], env=environment(self.settings), capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise AssertionError(f"jackfield {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout) if "--json" in words else None

    def stop_service(self):
        self.service.stop()
        self.logged += self.service.log()

    def start_service(self):
        """Where it was before."""
        self.service = Jackfield(self.folder, settings=self.settings, port=self.service.port)

    def start_switch(self, folder):
        freeswitch = os.environ["JACKFIELD_FREESWITCH"]
        asked = "directory|configuration"
        self.switch = HookSwitch(freeswitch, self.folder / folder, self.service.url, asked, self.ports)


def setUpModule():
    ClientTest.world = World()


def tearDownModule():
    ClientTest.world.close()


class ClientTest(BrowserTest):
    def channel(self, *flags):
        """A channel of the test's own, and a client of it: its name, password and session id."""
        name = f"test-{secrets.token_hex(4)}"
        token = self.world.command("channel", "add", name, "--context", "clients", *flags, "--json").get("token")
        self.world.secrets.append(token)
        return name

    def new_client(self, channel):
        made = self.world.command("client", "add", channel, "--json")
        self.world.secrets += [made["password"], made["session"]]
        return made

    def shown(self, made):
        return self.world.command("client", "show", made["name"], "--json")

    def until_shown(self, made, what, **fields):
        """Wait until the service has the client like this."""
        same = lambda: all(self.shown(made)[name] == value for name, value in fields.items())
        wait_until(same, 5, what)

    def log_in(self, made, session=None, domain=DOMAIN, variables=None, **parameters):
        """A browser that tries to log in with what was made, and the reply."""
        browser = self.client(session=session or made["session"])
        return browser, browser.login(made["name"], made["password"], domain, parameters, variables)

    def logged_in(self, made, **options):
        browser, reply = self.log_in(made, **options)
        self.assertIn("result", reply)
        return browser

    def joined(self, made, **options):
        """A browser that may call."""
        browser = self.logged_in(made, **options)
        self.until_granted(browser)
        return browser

    def stays_out(self, browser, seconds=0.5):
        """It cannot call, whatever it tries."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertFalse(self.has_rights(browser))


class Joining(ClientTest):
    def test_a_client_with_the_expected_session_can_call_and_is_recorded(self):
        made = self.new_client(self.channel())
        browser = self.joined(made)
        self.calling(browser)
        self.until_shown(
            made,
            "it is connected",
            is_connected=True,
            connected_address=browser.address,
            connected_switch=HookSwitch.name,
        )
        browser.close()
        self.until_shown(made, "it is not", is_connected=False, connected_address=None)

    def test_a_page_that_calls_at_once_is_refused_for_some_milliseconds_at_most(self):
        made = self.new_client(self.channel())
        windows = []
        for _ in range(30):
            browser = self.logged_in(made)
            logged_in = time.monotonic()
            self.until_granted(browser)
            windows.append(time.monotonic() - logged_in)
        windows.sort()
        print(f"granted {windows[15] * 1000:.1f} ms (at most {windows[-1] * 1000:.1f}) after the login ", end="")
        self.assertLess(windows[15], 0.2)

    def test_a_client_with_another_session_or_none_cannot_call(self):
        made = self.new_client(self.channel())
        for session in ("another", "", made["session"].upper() + "x"):
            with self.subTest(session=session):
                browser = self.client(session=session)
                self.assertIn("result", browser.login(made["name"], made["password"], DOMAIN))
                self.stays_out(browser)
        nameless = self.client(session=None)
        self.assertIn("result", nameless.login(made["name"], made["password"], DOMAIN))
        self.stays_out(nameless)
        self.assertEqual(self.switch.channels(), 0)
        self.assertFalse(self.shown(made)["is_connected"])

    def test_what_stands_after_the_name_gains_nothing(self):
        made = self.new_client(self.channel())
        for domain in ("elsewhere", "localhost", f"{DOMAIN}@elsewhere"):
            with self.subTest(domain=domain):
                browser = self.logged_in(made, session="another", domain=domain)
                self.stays_out(browser)
        self.assertFalse(self.shown(made)["is_connected"])

    def test_a_name_without_a_domain_is_a_client_s(self):
        self.joined(self.new_client(self.channel()), domain=None)

    def test_a_disabled_channel_lets_nobody_in(self):
        channel = self.channel()
        made = self.new_client(channel)
        self.world.command("channel", "set", channel, "--enabled", "false")
        self.assertIn("error", self.log_in(made)[1])

    def test_a_full_channel_lets_in_those_alone_who_are_there(self):
        channel = self.channel("--limit", "1")
        first, second = self.new_client(channel), self.new_client(channel)
        browser = self.joined(first)
        self.stays_out(self.logged_in(second))
        again = self.joined(first)
        self.assertTrue(browser.is_dropped(5))
        again.close()
        self.until_shown(first, "it has gone", is_connected=False)
        self.joined(second)

    def test_a_reload_of_the_page_is_the_same_client(self):
        made = self.new_client(self.channel())
        before = self.joined(made)
        after = self.joined(made)
        self.assertTrue(before.is_dropped(5))
        self.until_shown(made, "the newer connection is recorded", connected_address=after.address)
        time.sleep(0.5)
        self.assertEqual(self.shown(made)["connected_address"], after.address, "the older one's disconnect came late")
        self.calling(after)


class SecondLogin(ClientTest):
    def two(self, policy):
        """A browser that calls, and another that logs in with the same name and password and another session."""
        made = self.new_client(self.channel("--second-login", policy))
        first = self.joined(made)
        self.calling(first)
        return made, first, self.log_in(made, session="the-second")

    def test_punt_new_lets_the_second_do_nothing(self):
        made, first, (second, reply) = self.two("punt-new")
        self.assertIn("result", reply)
        self.stays_out(second)
        self.assertEqual(self.switch.channels(), 1)
        self.assertTrue(self.has_rights(first))
        second.close()
        time.sleep(0.5)
        self.assertEqual(self.shown(made)["connected_address"], first.address)

    def test_refuse_does_not_let_the_second_log_in_but_a_reload(self):
        made, first, (second, reply) = self.two("refuse")
        self.assertEqual(reply["error"]["code"], -32001)
        self.assertTrue(self.has_rights(first))
        self.assertEqual(self.switch.channels(), 1)
        # What lets through at the look-up is still to be approved.
        self.stays_out(self.logged_in(made, session="the-second", sessid=made["session"]))
        again = self.joined(made, sessid=made["session"])
        self.assertTrue(first.is_dropped(5))
        self.calling(again)

    def test_punt_old_puts_the_first_out(self):
        made, first, (second, reply) = self.two("punt-old")
        begun = time.monotonic()
        wait_until(lambda: not self.has_rights(first), 2, "the first has no right", interval=0.001)
        wait_until(lambda: self.switch.channels() == 0, 2, "its call has ended", interval=0.001)
        took = time.monotonic() - begun
        print(f"out after {took * 1000:.0f} ms ", end="")
        self.assertLess(took, SECOND)
        self.until_granted(second)
        self.calling(second)
        self.until_shown(made, "the second is recorded", connected_address=second.address)
        first.close()
        time.sleep(0.5)
        self.assertEqual(self.shown(made)["connected_address"], second.address)

    def test_of_many_browsers_that_log_in_at_once_one_a_client_has_rights_and_is_recorded(self):
        decided = 0
        for policy in ("punt-new", "punt-old"):
            with self.subTest(policy=policy):
                channel = self.channel("--second-login", policy)
                clients = [self.new_client(channel) for _ in range(15)]
                pairs = [
                    (made, self.client(session=session))
                    for made in clients
                    for session in (made["session"], f"b-{made['session']}", f"c-{made['session']}")
                ]
                random.shuffle(pairs)
                logging_in = [
                    threading.Thread(target=browser.login, args=(made["name"], made["password"], DOMAIN))
                    for made, browser in pairs
                ]
                for thread in logging_in:
                    thread.start()
                for thread in logging_in:
                    thread.join()
                decided += len(pairs)
                self.until_logged(r"jackfield: a login was (not )?approved", decided)
                allowed = [(made["name"], browser.address) for made, browser in pairs if self.has_rights(browser)]
                shown = self.world.command("client", "list", "--channel", channel, "--json")
                connected = [(one["name"], one["connected_address"]) for one in shown]
                self.assertEqual(sorted(allowed), sorted(connected))
                for _, browser in pairs:
                    browser.close()

    def test_punt_old_ends_calls_that_the_first_gives_another_session(self):
        made = self.new_client(self.channel("--second-login", "punt-old"))
        names = ("jsock_uuid_str", "verto_client_address", "presence_id", "jackfield_client")
        first = self.joined(made, variables={name: "forged" for name in names})
        self.calling(first)
        self.until_granted(self.logged_in(made, session="the-second"))
        wait_until(lambda: self.switch.channels() == 0, SECOND, "its call has ended")

    def test_allow_lets_both_call_and_records_the_first(self):
        made, first, (second, reply) = self.two("allow")
        self.until_granted(second)
        self.calling(second)
        self.assertEqual(self.switch.channels(), 2)
        self.assertEqual(self.shown(made)["connected_address"], first.address)

    def test_a_connection_that_becomes_another_client_keeps_no_right(self):
        channel = self.channel()
        own, other = self.new_client(channel), self.new_client(channel)
        browser = self.joined(own)
        browser.session = "another"
        self.assertIn("result", browser.login(other["name"], other["password"], DOMAIN))
        wait_until(lambda: not self.has_rights(browser), SECOND, "it has no right", interval=0.001)
        self.cannot_call(browser)
        self.assertFalse(self.shown(other)["is_connected"])


class PutOut(ClientTest):
    """By the service over the event socket: no hook of this switch hears of it."""

    def calls(self, *flags):
        """A client that calls, and its channel."""
        channel = self.channel(*flags)
        made = self.new_client(channel)
        browser = self.joined(made)
        self.calling(browser)
        self.until_shown(made, "it is connected", is_connected=True)
        return channel, made, browser

    def is_out(self, browser):
        begun = time.monotonic()
        wait_until(lambda: not self.has_rights(browser), 2, "it has no right", interval=0.001)
        wait_until(lambda: self.switch.channels() == 0, 2, "its call has ended", interval=0.001)
        took = time.monotonic() - begun
        print(f"out after {took * 1000:.0f} ms ", end="")
        self.assertLess(took, SECOND)
        self.cannot_call(browser)

    def test_whoever_is_replaced_on_another_switch_goes(self):
        _, made, browser = self.calls("--second-login", "punt-old")
        event = {
            "hostname": "another-switch",
            "action": "verto_client_login",
            "client_id": made["name"],
            "session_id": "the-second",
            "client_address": "192.0.2.1:1",
            "profile": "clients",
        }
        with urllib.request.urlopen(self.world.service.url, urllib.parse.urlencode(event).encode(), timeout=5) as reply:
            self.assertIn(f"out {made['session']}\n".encode(), reply.read())
        self.is_out(browser)

    def test_the_clients_of_a_channel_that_is_disabled_go(self):
        channel, _, browser = self.calls()
        self.world.command("channel", "set", channel, "--enabled", "false")
        self.is_out(browser)

    def test_a_client_that_is_removed_goes(self):
        _, made, browser = self.calls()
        self.world.command("client", "remove", made["name"])
        self.is_out(browser)


class Trouble(ClientTest):
    def test_a_login_while_the_service_is_gone_can_do_nothing_and_one_after_it_can(self):
        made = self.new_client(self.channel())
        self.world.stop_service()
        self.assertIn("error", self.log_in(made)[1])
        self.world.start_service()
        self.joined(made)

    def test_no_secret_stands_in_the_log_of_the_service(self):
        self.assertNotEqual(self.world.secrets, [])
        log = self.world.logged + self.world.service.log()
        self.assertGreater(log.count("channel event"), 20, "the log is whole")
        self.assertEqual(sum(1 for secret in self.world.secrets if secret and secret in log), 0)


class Ghosts(ClientTest):
    def is_seen_to_be_gone(self, made):
        begun = time.monotonic()
        gone = lambda: not self.shown(made)["is_connected"]
        wait_until(gone, 70, "the service sees that it has gone", interval=0.5)
        print(f"seen after {time.monotonic() - begun:.0f} s ", end="")

    def test_a_client_that_leaves_while_the_service_is_gone_is_none(self):
        made = self.new_client(self.channel())
        browser = self.joined(made)
        self.until_shown(made, "it is connected", is_connected=True)
        self.world.stop_service()
        browser.close()
        time.sleep(0.5)
        self.world.start_service()
        self.is_seen_to_be_gone(made)

    def test_a_client_whose_switch_ends_and_comes_back_is_none(self):
        made = self.new_client(self.channel())
        self.joined(made)
        self.until_shown(made, "it is connected", is_connected=True)
        self.world.switch.stop()
        self.world.start_switch("another-switch")
        self.switch = self.world.switch
        self.is_seen_to_be_gone(made)
