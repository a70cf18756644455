"""From the public side a protected path is an unknown one, byte for byte, whatever is tried."""

import socket
import unittest

import stage
from ask import REGISTER, status

PROTECTED = ["fsapi", "metrics", "health"]
METHODS = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]
# `{}` is the name of the path.
SPELLINGS = [
    "/{}", "//{}", "/{}/", "/{}//", "/./{}", "/x/../{}", "/{}?x", "/{}?", "/{}#x", "/{};x", "/{}%20", "/{}%2f", "/{}%3Fx",
    "/%2f{}", "/%2e/{}", "/x/%2e%2e/{}", "/{}%00", "\\{}", "/verto/{}", "http://localhost/{}", "http://pbx.example.test/{}",
    "http://127.0.0.1/{}", "//localhost/{}", "http://localhost:8008/{}",
]
HOSTS = ["pbx.example.test", "localhost", "LOCALHOST", "127.0.0.1", "localhost:8008", "127.0.0.1:8080", "[::1]", "x.test"]
CLAIMS = [
    "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1;host=localhost",
    "X-Forwarded-Host: localhost", "X-Forwarded-Server: localhost", "X-Original-URL: /{}", "X-Rewrite-URL: /{}",
    "X-HTTP-Method-Override: POST", "Connection: X-Forwarded-For, X-Real-IP", "Upgrade: h2c", "Expect: 100-continue",
    "X-Request-Id: x", "Host: localhost", "Transfer-Encoding: chunked",
]


class Public(unittest.TestCase):
    def setUp(self):
        self.way = stage.STAGE.public()

    def tearDown(self):
        for family in ("jackfield_lookups_total", "jackfield_bad_requests_total", "jackfield_channel_events_total"):
            self.assertEqual(stage.STAGE.count(family), 0, family)

    def alike(self, ask):
        """`ask` is given a name that is protected, and one as long that nobody has."""
        for name in PROTECTED:
            answer, unknown = ask(name), ask("q" * len(name))
            # Some answers repeat what was asked for; that is their caller's own.
            self.assertEqual(answer.replace(name.encode(), b""), unknown.replace(b"q" * len(name), b""), name)
            self.assertNotEqual(status(answer), 200, name)

    def test_by_every_method(self):
        for method in METHODS:
            with self.subTest(method):
                self.alike(lambda name, method=method: self.way.ask(f"/{name}", method, ["Host: pbx.example.test"]))

    def test_an_unknown_path_is_answered_by_the_service_itself(self):
        answer = self.way.ask("/fsapi", headers=["Host: pbx.example.test"])
        self.assertEqual(status(answer), 404)
        self.assertTrue(answer.endswith(b"\r\n\r\nnot found\n"), answer)

    def test_in_every_spelling(self):
        for spelling in SPELLINGS:
            for method in ("GET", "POST"):
                with self.subTest(spelling, method=method):
                    self.alike(lambda name, s=spelling, m=method: self.way.ask(s.format(name), m))

    def test_with_a_letter_that_is_encoded(self):
        for name in PROTECTED:
            spelled = self.way.ask(f"/%{ord(name[0]):02x}{name[1:]}", "POST")
            self.assertEqual(spelled, self.way.ask(f"/%71{'q' * (len(name) - 1)}", "POST"), name)
            self.assertEqual(self.way.ask(f"/{name.upper()}", "POST"), self.way.ask(f"/{'Q' * len(name)}", "POST"))

    def test_under_every_host(self):
        for host in HOSTS:
            with self.subTest(host):
                self.alike(lambda name, host=host: self.way.ask(f"/{name}", "POST", [f"Host: {host}"]))
        for version in ("HTTP/1.0", "HTTP/1.1"):
            self.alike(lambda name, version=version: self.way.ask(f"/{name}", "POST", [], version))

    def test_with_every_claim(self):
        for claim in CLAIMS:
            with self.subTest(claim):
                self.alike(lambda name, c=claim: self.way.ask(f"/{name}", "POST", ["Host: localhost", c.format(name)]))

    def test_by_every_server_name(self):
        for server_name in ("localhost", "x.test", None):
            with self.subTest(server_name):
                way = stage.STAGE.public(server_name=server_name)
                self.alike(lambda name, way=way: way.ask(f"/{name}", "POST"))

    def test_over_the_other_protocol(self):
        if not stage.STAGE.has_ipv6():
            self.skipTest("this machine has no ::1")
        self.alike(lambda name: self.way.over_ipv6().ask(f"/{name}", "POST"))

    def test_behind_another_request(self):
        def smuggled(name):
            head = f"POST /{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(REGISTER)}"
            inner = f"{head}\r\n\r\n{REGISTER}"
            return [
                # In a pipeline; in a body; in what one side may take for a body.
                f"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n{inner}",
                f"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(inner)}\r\n\r\n{inner}",
                "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n"
                f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
                f"GET / HTTP/1.1\r\nHost: localhost\r\nX: x\nContent-Length: 0\r\nConnection: close\r\n\r\n{inner}",
            ]

        for number in range(4):
            with self.subTest(number):
                self.alike(lambda name, number=number: self.way.exchange(smuggled(name)[number].encode()))

    def test_the_localhost_server_is_at_no_other_address(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))
            except OSError:
                self.skipTest("this machine has no address but loopback")
            address = probe.getsockname()[0]
        if address.startswith("127."):
            self.skipTest("this machine has no address but loopback")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((address, stage.STAGE.ports["localhost"]), 2)
