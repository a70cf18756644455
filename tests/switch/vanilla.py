"""FreeSWITCH's own default tree ($JACKFIELD_VANILLA), copied and changed where it could not run here.

Only what has to be: it listens on loopback and asks no STUN server, loads no module that this build lacks, and has another
domain, default password (1234 makes each call wait ten seconds), and event socket.
"""

import os
import re
import secrets
import shutil
from pathlib import Path

import demo
from processes import free_port

OPERATORS_OWN = {  # global variable -> value
    "domain": demo.DOMAIN,
    "bind_server_ip": "127.0.0.1",
    "external_rtp_ip": "127.0.0.1",
    "external_sip_ip": "127.0.0.1",
}


def find():
    """The tree, or None if $JACKFIELD_VANILLA does not say where it is."""
    folder = os.environ.get("JACKFIELD_VANILLA")
    if folder and not (Path(folder) / "freeswitch.xml").is_file():
        raise FileNotFoundError(f"JACKFIELD_VANILLA: no freeswitch.xml in {folder}")
    return Path(folder) if folder else None


class Vanilla:
    """A copy for this machine. `password` is every user's, `event_password` the event socket's."""

    def __init__(self, source, folder, modules):
        """`modules` is the folder of the modules that the switch has."""
        shutil.copytree(source, folder, copy_function=shutil.copyfile)
        self.folder = folder
        self.password = secrets.token_urlsafe(12)
        self.event_port = free_port("tcp")
        self.event_password = secrets.token_urlsafe(24)
        globals_ = {**OPERATORS_OWN, "default_password": self.password}
        for name, value in globals_.items():
            line = rf'cmd="(?:stun-)?set" data="{name}=[^"]*"'
            self._edit("vars.xml", line, f'cmd="set" data="{name}={value}"')
        own = "".join(
            f'<X-PRE-PROCESS cmd="set" data="{name}={value}"/>\n'
            for name, value in (("local_ip_v4", "127.0.0.1"), ("local_ip_v6", "::1"))
        )
        self._edit("vars.xml", r"(?m)^<include>\n", f"<include>\n{own}", 1)
        self._set("event_socket.conf", "listen-ip", "127.0.0.1")
        self._set("event_socket.conf", "listen-port", self.event_port)
        self._set("event_socket.conf", "password", self.event_password)
        self._edit("autoload_configs/verto.conf.xml", r'<param name="mcast-[^>]*>', "")
        lacks = lambda found: not (modules / f"{found[1]}.so").is_file()
        self._edit(
            "autoload_configs/modules.conf.xml",
            r'<load module="(\w+)"/>',
            lambda found: "" if lacks(found) else found[0],
        )

    def _set(self, document, name, value):
        self._edit(f"autoload_configs/{document}.xml", rf'(name="{name}" value=)"[^"]*"', rf'\1"{value}"', 1)

    def _edit(self, path, pattern, text, count=0):
        file = self.folder / path
        edited, done = re.subn(pattern, text, file.read_text(), count)
        if not done:
            raise AssertionError(f"{path} of the tree has no {pattern}")
        file.write_text(edited)
