"""The switch's log: its complaints, and those that are none of the service's doing."""

import re
from collections import namedtuple

import demo

Complaint = namedtuple("Complaint", "level place text")

LINE = re.compile(r"^(?:[0-9a-f-]{36} )?\d{4}-\d\d-\d\d [\d:.]+ [\d.]+% \[(WARNING|ERR|CRIT|ALERT)\] (\S+?):\d+ (.*)$")

REFUSED = f"{demo.REFUSED_USER}|{demo.UNKNOWN_USER}"

# (source file, text, reason). Nothing of mod_xml_curl may ever stand here.
ALLOWED = [
    ("sofia.c", r"^MSG Thread \d+ Started", "the switch says so at each start"),
    ("switch_core_db.c", r"^SQLite is BUSY", "the switch waits for its own table of channels"),
    ("mod_verto.c", r"^SSL ERR: SUPPLIED CERT FILE NOT FOUND", "it wants a certificate even where no wss is served"),
    ("sofia_reg.c", r"^SIP auth challenge \(", "half of each login; logged because the demo has log-auth-failures"),
    ("sofia_reg.c", rf"^SIP auth failure .*\[({REFUSED})@", "the suite tried a wrong password"),
    ("sofia_reg.c", rf"^Can't find user \[{demo.UNKNOWN_USER}@", "the suite tried an unknown user"),
    ("mod_verto.c", rf"^Login incorrect for user: {demo.UNKNOWN_USER} ", "the suite tried an unknown user"),
]


def complaints(text):
    """Every line of level WARNING or worse."""
    found = (LINE.match(line) for line in text.splitlines())
    return [Complaint(*match.groups()) for match in found if match]


def is_allowed(complaint):
    return any(place == complaint.place and re.search(pattern, complaint.text) for place, pattern, _ in ALLOWED)
