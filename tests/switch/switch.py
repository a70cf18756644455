"""A FreeSWITCH as a child process: started on a folder of configuration files, asked over its event socket, and stopped.

Its program, modules and sounds are those that are installed; all other folders are its own.
"""

import os
import re
import shutil
import socket
from pathlib import Path

import demo
from event_socket import EventSocket
from processes import Child, wait_until

HOOKS = Path(__file__).resolve().parents[2] / "lua-hooks"  # the scripts that lua.conf names
FOLDERS = "log db run temp storage cache recordings sounds certs scripts grammar htdocs".split()


def find_program(given):
    """The freeswitch binary, from its own path or from the prefix that it is installed under."""
    path = Path(given).expanduser()
    if path.is_dir():
        path = path / "bin" / "freeswitch"
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"JACKFIELD_FREESWITCH: no program at {path}")
    return path.resolve()


def find_modules(program):
    """The folder of the loadable modules that belongs to a program."""
    prefix = program.parent.parent
    for folder in ("lib/freeswitch/mod", "lib64/freeswitch/mod", "lib/x86_64-linux-gnu/freeswitch/mod", "mod"):
        if (prefix / folder / "mod_commands.so").is_file():
            return prefix / folder
    raise FileNotFoundError(f"no freeswitch modules under {prefix}")


def readable(address):
    """An address of the kernel's tables: `0100007F:13C4` is 127.0.0.1:5060."""
    number, port = address.split(":")
    raw = b"".join(bytes.fromhex(number[at : at + 8])[::-1] for at in range(0, len(number), 8))
    kind = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    text = socket.inet_ntop(kind, raw)
    return f"{text}:{int(port, 16)}" if len(raw) == 4 else f"[{text}]:{int(port, 16)}"


class Switch:
    """A running FreeSWITCH with the configuration that stands in `folder / "conf"`."""

    def __init__(self, given, folder, port, password):
        """`port` and `password` are what that configuration says of the event socket."""
        program = find_program(given)
        self.folder = folder
        self.conf = folder / "conf"
        self.log = folder / "log" / "freeswitch.log"
        for name in FOLDERS:
            (folder / name).mkdir()
        for script in HOOKS.glob("*.lua"):
            shutil.copy(script, folder / "scripts")
        self._event_port = port
        self._event_password = password
        modules = find_modules(program)
        command = [str(program), "-nf", "-nc", "-np", "-nonat", "-conf", str(self.conf), "-mod", str(modules)]
        for name in FOLDERS:
            command += [f"-{name}", str(folder / name)]
        self._child = Child("freeswitch", command, folder / "freeswitch.out", cwd=folder)
        try:
            self.version = wait_until(self._is_up, 60, "the switch accepts the event socket").split(" (", 1)[0]
            wait_until(self.is_ready, 60, "the switch serves what its configuration says")
        except BaseException:
            self.stop()
            raise

    def _is_up(self):
        if self._child.code() is not None:
            raise AssertionError("the switch ended at start: " + " | ".join(self._child.printed().splitlines()[-5:]))
        try:
            return self.api("version")
        except OSError:
            return None

    def is_ready(self):
        """Do its profiles run?"""
        return "RUNNING" in self.profile_line() and "RUNNING" in self.api("verto status")

    def profile_line(self):
        """The line of `sofia status` about the SIP profile that phones register with, or nothing."""
        lines = self.api("sofia status").splitlines()
        return next((line for line in lines if re.match(rf"\s*{demo.SIP_PROFILE}\s+profile", line)), "")

    def api(self, command):
        """One API command on a connection of its own."""
        link = EventSocket(self._event_port, self._event_password)
        try:
            return link.api(command).strip()
        finally:
            link.close()

    def channels(self):
        """How many calls are up now."""
        return int(self.api("show channels count").split()[0])

    def log_text(self):
        """The whole log so far."""
        return self.log.read_text(errors="replace")

    def listening(self):
        """Local addresses of its TCP and UDP sockets that take traffic from anybody, from the kernel's tables."""
        own = {os.readlink(link) for link in Path(f"/proc/{self._child.pid}/fd").iterdir() if link.is_symlink()}
        found = []
        for table, state in (("tcp", "0A"), ("udp", "07"), ("tcp6", "0A"), ("udp6", "07")):
            for line in Path(f"/proc/{self._child.pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == state and f"socket:[{fields[9]}]" in own:
                    found.append(readable(fields[1]))
        return found

    def hang_up_everything(self):
        """End all calls and wait until they are gone, so that the next test starts on a quiet switch."""
        if self.channels():
            self.api("hupall")
        wait_until(lambda: self.channels() == 0, 15, "all calls have ended")

    def stop(self):
        self._child.stop(grace=15)
