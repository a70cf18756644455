"""A change reaches the switch by itself, over its event socket: what it remembers is not what was stored once.

With a switch of its own: the service has to know where that one's event socket is before either starts.
"""

import os
import re
import secrets
import subprocess
import time
import unittest

import demo
from caching_proxy import CachingProxy
from demo_switch import DemoSwitch
from jackfield import DemoJackfield, User, environment, find_program
from phones import Phone
from processes import free_port, wait_until
from scene import Scene

PROFILE = demo.SIP_PROFILE
YOUNG = 12  # seconds for which the switch refuses to end a profile that it has just started

world = None


class World(Scene):
    """A service that is told where the switch is, and the switch, which asks it through the proxy."""

    name = "push"

    def start(self):
        port, password = free_port("tcp"), secrets.token_urlsafe(24)
        secret = self.folder / "event-socket.password"
        secret.touch(mode=0o600)
        secret.write_text(password + "\n")
        settings = self.folder / "jackfield.toml"
        settings.write_text(
            f'[[switches]]\nname = "pushed"\naddress = "127.0.0.1:{port}"\npassword_file = "{secret}"\n'
        )
        self.jackfield = DemoJackfield(self.folder, {"CONFIG": str(settings)})
        self.stops(self.jackfield.stop)
        self.proxy = CachingProxy(self.jackfield.port)
        self.stops(self.proxy.stop)
        freeswitch = os.environ["JACKFIELD_FREESWITCH"]
        self.switch = DemoSwitch(freeswitch, self.folder / "switch", self.proxy.url, (port, password))
        self.stops(self.switch.stop)
        self.started = time.monotonic()
        wait_until(lambda: self.metric("jackfield_switch_up") == 1, 40, "the service reaches the switch")

    def command(self, *words, given=""):
        """A command of an operator; it returns when the service answers from its change."""
        settings = {
            "DATABASE_URL": f"sqlite:{self.folder / 'state' / 'demo.db'}",
            "STATE_DIR": str(self.folder / "state"),
        }
        command = [str(find_program()), *words]
        done = subprocess.run(
            command, env=environment(settings), input=given, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise AssertionError(f"jackfield {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")

    def metric(self, name, **labels):
        """The sum of a metric over all series with these labels."""
        total = 0.0
        for line in self.jackfield.get("/metrics")[1].splitlines():
            series, _, value = line.rpartition(" ")
            if series.split("{")[0] == name and all(f'{label}="{text}"' in series for label, text in labels.items()):
                total += float(value)
        return total

    def outgrow(self):
        """Wait until the switch ends profiles that were started with it."""
        time.sleep(max(0, self.started + YOUNG - time.monotonic()))


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.close()


class Push(unittest.TestCase):
    def api(self, command):
        return world.switch.api(command)

    def soon(self, condition, what, seconds=10):
        return wait_until(condition, seconds, what)

    def phone(self, number, password):
        return Phone(world.folder, User(number, password, ""))

    def profile_says(self, name):
        """A line of what the switch says of its SIP profile."""
        found = re.search(rf"(?m)^{name}\s+(\S+)", self.api(f"sofia status profile {PROFILE}"))
        return found and found[1]

    def test_a_cached_user_with_a_new_password_registers_with_that_one_at_once(self):
        old = world.jackfield.users["1002"].password
        self.phone("1002", old).register()
        asked = world.proxy.users.count("1002")
        self.phone("1002", old).register()
        self.assertEqual(world.proxy.users.count("1002"), asked, "the switch has cached the user")
        new = "a-new-Password-1"
        flushed = world.metric("jackfield_switch_commands_total", command="flush-user", outcome="done")
        world.command("user", "set", "1002", "--password-stdin", given=f"{new}\n")
        changed = time.monotonic()
        told = lambda: world.metric("jackfield_switch_commands_total", command="flush-user", outcome="done") > flushed
        wait_until(told, 5, "the switch is told", interval=0.01)
        print(f"told after {time.monotonic() - changed:.3f} s ", end="")
        self.phone("1002", new).register()
        self.phone("1002", old).register(final="403")

    def test_a_cached_user_that_is_disabled_is_not_let_in(self):
        password = world.jackfield.users["1003"].password
        self.phone("1003", password).register()
        world.command("user", "set", "1003", "--enabled", "false")
        self.soon(lambda: self.api(f"user_exists id 1003 {demo.DOMAIN}") == "false", "it is gone")
        self.phone("1003", password).register(final="403")

    def test_a_setting_of_the_domain_reaches_its_cached_users(self):
        says = lambda: self.api(f"user_data 1001@{demo.DOMAIN} var pushed")
        self.assertNotEqual(says(), "yes")
        world.command("domain", "set", demo.DOMAIN, "--variable", "pushed=yes")
        self.soon(lambda: says() == "yes", "a cached user has what its domain has")

    def test_the_network_of_a_user_and_a_network_list_are_in_force(self):
        allowed = lambda address, list_: self.api(f"acl {address} {list_}") == "true"
        self.assertFalse(allowed("192.0.2.1", "domains"))
        world.command("user", "set", "1005", "--cidr", "192.0.2.1/32")
        self.soon(lambda: allowed("192.0.2.1", "domains"), "the user's network is let in")
        world.command("acl", "add", "pushed", "--node", "allow=198.51.100.0/24")
        self.soon(lambda: allowed("198.51.100.7", "pushed"), "the new list is there")
        world.command("acl", "set", "pushed", "--node", "deny=198.51.100.0/24")
        self.soon(lambda: not allowed("198.51.100.7", "pushed"), "its node is another")

    def proxy_of_the_gateway(self):
        found = re.search(r"(?m)^Proxy\s+(\S+)", self.api("sofia status gateway pushed"))
        return found[1] if found else ""

    def test_a_gateway_comes_changes_and_goes(self):
        for register in ("false", "true"):  # one that registers, here in vain, takes its leave before it goes
            with self.subTest(register=register):
                world.command(
                    "gateway", "add", "pushed", "--profile", PROFILE, "--param", "proxy=127.0.0.1:9",
                    "--param", f"register={register}", "--param", "username=x", "--password-stdin", given="secret\n",
                )  # fmt: skip
                self.soon(lambda: ":9" in self.proxy_of_the_gateway(), "the gateway is there", 20)
                world.command("gateway", "set", "pushed", "--param", "proxy=127.0.0.1:7")
                self.soon(lambda: ":7" in self.proxy_of_the_gateway(), "it is another", 30)
                world.command("gateway", "remove", "pushed")
                self.soon(lambda: not self.proxy_of_the_gateway(), "it is gone", 30)

    def test_a_parameter_of_a_profile_is_in_force_without_a_restart(self):
        port = self.profile_says("URL")
        for name, title, value in (
            ("ext-rtp-ip", "Ext-RTP-IP", "127.0.0.9"),
            ("rtp-ip", "RTP-IP", "127.0.0.2"),
            ("hold-music", "HOLD-MUSIC", "silence"),
        ):
            with self.subTest(name=name):
                world.command("profile", "set", f"sofia/{PROFILE}", "--param", f"{name}={value}")
                self.soon(lambda: self.profile_says(title) == value, f"{name} is in force")
        self.assertEqual(self.profile_says("URL"), port)
        self.assertEqual(world.metric("jackfield_switch_commands_total", command="restart"), 0)

    def test_the_port_of_a_profile_is_another_and_phones_reach_it_there(self):
        self.addCleanup(self.at_port, demo.SIP_PORT)
        port = free_port("udp")
        self.at_port(port)
        self.assertNotIn(f"127.0.0.1:{demo.SIP_PORT}", world.switch.listening())

    def at_port(self, port):
        world.outgrow()
        world.command("profile", "set", f"sofia/{PROFILE}", "--param", f"sip-port={port}")
        self.soon(lambda: f"127.0.0.1:{port}" in world.switch.listening(), "it listens there", 60)
        self.soon(lambda: f":{port}" in world.switch.profile_line(), "it says so", 30)

    def test_a_profile_comes_and_goes(self):
        port = free_port("udp")
        there = lambda: f"127.0.0.1:{port}" in world.switch.listening()
        world.command(
            "profile", "add", "sofia/pushed", "--param", f"sip-port={port}", "--param", "sip-ip=127.0.0.1",
            "--param", "rtp-ip=127.0.0.1",
        )  # fmt: skip
        self.soon(there, "the new profile listens", 30)
        world.command("profile", "remove", "sofia/pushed")
        self.soon(lambda: not there(), "it listens no more", 60)

    def test_queues_agents_and_tiers_are_those_that_are_stored(self):
        queues = lambda: self.api("callcenter_config queue list")
        tiers = lambda: self.api("callcenter_config tier list")
        world.command("queue", "set", demo.QUEUE, "--param", "strategy=top-down")
        self.soon(lambda: "top-down" in queues(), "the queue has another strategy")
        world.command("agent", "add", "pushed", "--attribute", "type=callback", "--attribute", "contact=user/1004")
        self.soon(lambda: "pushed" in self.api("callcenter_config agent list"), "the agent is there")
        world.command("queue", "set", demo.QUEUE, "--tier", "pushed=3,2")
        self.soon(lambda: f"{demo.QUEUE}|pushed|Ready|3|2" in tiers(), "it serves the queue")
        world.command("queue", "set", demo.QUEUE, "--remove-tier", "pushed")
        self.soon(lambda: "pushed" not in tiers(), "it serves no more")
        world.command("queue", "add", "pushed@default", "--param", "strategy=ring-all", "--tier", "pushed")
        self.soon(lambda: "pushed@default|pushed" in tiers(), "the new queue came with its tier")
        world.command("queue", "remove", "pushed@default")
        self.soon(lambda: "pushed@default" not in queues(), "the queue is gone")
        world.command("agent", "remove", "pushed")
        self.soon(lambda: "pushed" not in self.api("callcenter_config agent list"), "the agent is gone")

    def test_what_modules_keep_of_a_document_is_read(self):
        asked = lambda: world.metric("jackfield_switch_commands_total", command="reloadxml", outcome="done")
        before = asked()
        document = world.folder / "timezones.conf.xml"
        document.write_text(
            '<configuration name="timezones.conf"><timezones>'
            '<zone name="Pushed/Zone" value="PUSH5"/></timezones></configuration>'
        )
        world.command("document", "add", "timezones.conf", "--file", str(document))
        self.soon(lambda: asked() > before, "the switch reads its XML")
        self.soon(lambda: self.api("strftime_tz Pushed/Zone 86400|%H") == "19", "it knows the time zone")
