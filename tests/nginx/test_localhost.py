"""From this machine itself protected paths are answered, as long as nothing says that somebody else asks."""

import unittest

import stage
from ask import status


class Localhost(unittest.TestCase):
    def setUp(self):
        self.way = stage.STAGE.localhost()

    def test_protected_paths_are_answered(self):
        for host in ("localhost", f"localhost:{self.way.port}", "127.0.0.1", f"127.0.0.1:{self.way.port}"):
            with self.subTest(host):
                answer = self.way.ask("/fsapi", "POST", [f"Host: {host}"])
                self.assertEqual(status(answer), 200, answer)
                self.assertIn(b'<user id="1000"', answer)
                for path in ("/health", "/metrics"):
                    self.assertEqual(status(self.way.ask(path, headers=[f"Host: {host}"])), 200, path)

    def test_whoever_comes_for_somebody_else_finds_an_unknown_path(self):
        for header in ("X-Forwarded-For: 127.0.0.1", "Via: 1.1 x", "Forwarded: for=x", "Origin: null", "Sec-Fetch-Site: none"):
            with self.subTest(header):
                headers = ["Host: localhost", header]
                answer = self.way.ask("/fsapi", "POST", headers)
                self.assertEqual(status(answer), 404)
                self.assertEqual(answer, self.way.ask("/qqqqq", "POST", headers))
        for headers in (["Host: pbx.example.test"], ["Host: localhost.x.test"]):
            with self.subTest(headers):
                self.assertEqual(self.way.ask("/metrics", headers=headers), self.way.ask("/qqqqqqq", headers=headers))

    def test_nothing_of_what_it_passes_on_is_on_the_disk(self):
        # As long as the service takes, and longer than what nginx keeps in memory by itself.
        long = "section=directory&" + "x" * 250_000
        self.assertEqual(status(self.way.ask("/fsapi", "POST", body=long)), 200)
        self.assertEqual(status(self.way.ask("/fsapi", "POST", body="x" * 300_000)), 413)
        # nginx takes such a file away at once, and says that there was one.
        self.assertNotIn("to a temporary file", (stage.STAGE.folder / "nginx.out").read_text())
