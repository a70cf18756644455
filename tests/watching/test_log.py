"""The log: its lines about a request have the id that nginx gave it."""

import re
import unittest

from stage import stage

CAUSED = [
    "look-up refused",
    "look-up failed",
    "look-up has been written into",
    "a post could not be read",
    "a protected path was asked for",
]


class Log(unittest.TestCase):
    def test_each_line_that_a_request_caused_has_the_id_that_nginx_gave_it(self):
        given = set(re.findall(r"^(\w{32}) /fsapi$", stage().log("asked"), re.MULTILINE))
        for caused in CAUSED:
            lines = [line for line in stage().log("service").splitlines() if caused in line]
            self.assertTrue(lines, caused)
            ids = [re.search(r' request\{id="(\w{32})"\}: ', line) for line in lines]
            for line, found in zip(lines, ids):
                with self.subTest(line):
                    self.assertTrue(found and found[1] in given)
            self.assertGreater(len({found and found[1] for found in ids}), 1, "each has one of its own")
