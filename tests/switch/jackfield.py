"""The service under test; as `serve --demo`, in a state folder of its own, with what it prints about its users."""

import http.client
import os
import re
from collections import namedtuple
from pathlib import Path

import demo
from processes import Child, free_port, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]

User = namedtuple("User", "number password pin")

# A line of what `serve --demo` prints: `  1000  password <password>  pin <pin>`; the word `password` may be missing.
USER_LINE = re.compile(r"^\s*(?P<number>\d{4})\s+(?:password\s+)?(?P<password>\S+)\s+pin\s+(?P<pin>\d{4,})\s*$")


def parse_users(printed):
    """The demo users, by number, from what `serve --demo` printed."""
    users = {}
    for line in printed.splitlines():
        match = USER_LINE.match(line)
        if match and match["number"] in demo.USERS:
            users[match["number"]] = User(match["number"], match["password"], match["pin"])
    return users


def parse_queue_number(printed):
    """The number printed on the queue's line; the first known one if none is."""
    for line in printed.splitlines():
        if demo.QUEUE in line:
            for number in demo.QUEUE_NUMBERS:
                if re.search(rf"(?<!\d){number}(?!\d)", line):
                    return number
    return demo.QUEUE_NUMBERS[0]


def find_program():
    """$JACKFIELD_BIN, or the newest of the release and debug builds."""
    chosen = os.environ.get("JACKFIELD_BIN")
    if chosen:
        return Path(chosen)
    folder = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = [folder / kind / "jackfield" for kind in ("release", "debug")]
    built = [path for path in built if path.is_file()]
    if not built:
        raise FileNotFoundError("no jackfield program: run `cargo build` first, or set JACKFIELD_BIN")
    return max(built, key=lambda path: path.stat().st_mtime)


def environment(settings):
    """The environment of a jackfield that has these settings, and none of the person who runs the suite."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JACKFIELD_")}
    return {**kept, **{f"JACKFIELD_{name}": value for name, value in settings.items()}}


class Jackfield:
    """A running service; `arguments` come after `serve`, `settings` are those of its environment."""

    def __init__(self, folder, arguments=(), settings=None, port=None):
        self.port = port or free_port("tcp")
        self.url = f"http://127.0.0.1:{self.port}/fsapi"
        self._output = folder / "jackfield.out"
        settings = {**(settings or {}), "LISTEN_MACHINE": f"127.0.0.1:{self.port}"}
        # What it prints may hold passwords: the folder is the suite's own, mode 0700, and removed at the end.
        command = [str(find_program()), "serve", *arguments]
        self._child = Child("jackfield", command, self._output, env=environment(settings), cwd=folder)
        wait_until(self._is_up, 30, "jackfield answers /health")

    def _is_up(self):
        if self._child.code() is not None:
            lines = self._child.printed().splitlines()[-5:]
            raise AssertionError("jackfield ended at start: " + " | ".join(lines))
        try:
            return self.get("/health")[0] == 200
        except OSError:
            return False

    def get(self, path):
        """Status and body of a GET on the machine listener."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def ask(self, body):
        """The answer to a look-up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", "/fsapi", body, {"Content-Type": "application/x-www-form-urlencoded"})
            return connection.getresponse().read().decode("utf-8", "replace")
        finally:
            connection.close()

    def log(self):
        """What it has printed and logged so far."""
        return self._child.printed()

    def stop(self):
        self._child.stop()


class DemoJackfield(Jackfield):
    """A running service with fresh demo data."""

    def __init__(self, folder, settings=None):
        super().__init__(folder, ["--demo", "--state", str(folder / "state")], settings)
        self.users = wait_until(self._printed_users, 5, "serve --demo prints a readable line for each demo user")
        self.queue_number = parse_queue_number(self._child.printed())

    def printed_binding(self):
        """The xml_curl.conf that it prints to be pasted into a switch."""
        found = re.search(r'<configuration name="xml_curl.conf".*?</configuration>', self._child.printed(), re.DOTALL)
        return found[0] if found else ""

    def _printed_users(self):
        users = parse_users(self._child.printed())
        return users if sorted(users) == demo.USERS else None
