"""Which applications a switch ran for calls, from its log."""

import re
import secrets

from processes import wait_until

LINE = re.compile(r"EXECUTE \[depth=\d+\] (\S+) (\w+)\((.*)\)$")

# What differs from call to call: ids of calls, ports of phones, times.
VOLATILE = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d"), "<time>"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"), "<date>"),
]


class Recording:
    """What runs from now on."""

    def __init__(self, switch):
        self._switch = switch
        self._from = mark(switch)

    def taken(self):
        """Channel -> [(application, data)], of all calls so far."""
        mark(self._switch)
        found = {}
        for line in self._switch.log_text()[self._from :].splitlines():
            match = LINE.search(line)
            if match:
                channel, application, data = match.groups()
                found.setdefault(steady(channel), []).append((application, steady(data)))
        for channel in found:
            found[channel] = [(name, data.replace(str(self._switch.folder), "/switch")) for name, data in found[channel]]
        return found


def steady(text):
    for pattern, word in VOLATILE:
        text = pattern.sub(word, text)
    return text


def mark(switch):
    """Everything logged before this call stands in the log's file, up to here."""
    word = secrets.token_hex(8)
    switch.api(f"log notice {word}")
    wait_until(lambda: word in switch.log_text(), 5, "the log is written")
    return switch.log_text().index(word)
