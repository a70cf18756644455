"""The service under test, on a database of the test's choice: started, killed, asked, and told by commands."""

import hashlib
import http.client
import json
import re
import subprocess
from pathlib import Path

from jackfield import REPOSITORY, environment, find_program
from many_users import DOMAIN
from processes import Child, free_port, wait_until

BODIES = REPOSITORY / "tests" / "bodies"
REGISTER = (BODIES / "42-dir-sip_auth-id-REGISTER.form").read_text()
NEW_PIN = (BODIES / "76-dir-change-password.form").read_text()
TYPED = "8461937052"  # the PIN in the recorded one


_commands = set()  # under way


def stop_commands():
    """Those of people who are not waited for any more."""
    for command in list(_commands):
        command.kill()
        command.wait()
    _commands.clear()


class Service:
    """A running service. `before` are words before its command, `variables` more of its environment, `toml` are
    settings that are no top-level ones; `state` is its state folder, if that is to be somewhere else."""

    def __init__(self, folder, url, before=(), variables=None, toml="", state=None):
        self.folder = folder
        self.state = state or folder / "state"
        self.port = free_port("tcp")
        self._before = [str(word) for word in before]
        self._variables = variables or {}
        folder.mkdir(exist_ok=True)
        (folder / "jackfield.toml").write_text(toml)
        self.settings = {
            "DATABASE_URL": url,
            "STATE_DIR": str(self.state),
            "LISTEN_MACHINE": f"127.0.0.1:{self.port}",
            "CONFIG": str(folder / "jackfield.toml"),
        }
        self._starts = 0
        self._child = None
        self.start()

    def launch(self):
        """Start it, and do not wait."""
        self._starts += 1
        command = [*self._before, str(find_program()), "serve"]
        env = {**environment(self.settings), **self._variables}
        self._child = Child("jackfield", command, self.folder / f"log{self._starts}", env=env, cwd=self.folder)

    def start(self):
        """Start it, and wait until it answers look-ups."""
        self.launch()
        wait_until(self._is_up, 30, f"jackfield answers: {self.log()[-2000:]}", interval=0.02)

    def _is_up(self):
        assert self._child.code() is None, f"jackfield ended at start: {self.log()[-2000:]}"
        try:
            return self.get("/health")[0] == 200
        except OSError:
            return False

    def kill(self):
        """End it as `kill -9` does."""
        self._child.kill()

    def stop(self):
        """Ask it to end; the exit code."""
        self._child.stop(grace=15)
        return self._child.code()

    @property
    def pid(self):
        return self._child.pid

    def is_running(self):
        return self._child.code() is None

    def log(self):
        """What it has logged since it was started last."""
        return self._child.printed()

    def get(self, path, timeout=5):
        """Status and body of a GET on the machine listener."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except http.client.HTTPException as error:
            raise OSError(f"no answer: {error!r}") from None
        finally:
            connection.close()

    def health(self):
        return json.loads(self.get("/health")[1])

    def is_ready(self):
        try:
            return self.health()["status"] == "ready"
        except OSError:
            return False

    def metric(self, name):
        """The sum of all values with this name."""
        found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        assert found, f"no metric {name}"
        return sum(map(float, found))

    def memory(self, field="VmRSS"):
        """In MiB; VmHWM is the most that it ever had."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        found = [line.split()[1] for line in lines if line.startswith(f"{field}:")]
        return int(found[0]) / 1024

    def descriptors(self):
        """How many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def ask(self, body, timeout=5):
        """The answer to a look-up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("POST", "/fsapi", body, {"Content-Type": "application/x-www-form-urlencoded"})
            return connection.getresponse().read().decode("utf-8", "replace")
        except http.client.HTTPException as error:
            raise OSError(f"no answer: {error!r}") from None
        finally:
            connection.close()

    def user(self, name):
        """A user's answer."""
        return self.ask(register(name))

    def mark(self, name):
        """The variable that writers set, as it is served."""
        found = re.search(r'<variable name="mark" value="(\d+)"/>', self.user(name))
        return int(found[1]) if found else None

    def change_pin(self, name, pin):
        """The phone of a mailbox's owner changes the PIN: whether the caller hears that it did."""
        answer = self.ask(NEW_PIN.replace("1000", name).replace(TYPED, str(pin)))
        told = re.search(r'<result success="(\w+)"/>', answer)
        assert told, f"the switch would take this for success: {answer}"
        return told[1] == "true"

    def command(self, *words, given="", url=None, timeout=80, begun=lambda process: None):
        """Run a command on the same database and state folder: whether it confirmed, and what it said."""
        process = subprocess.Popen(
            [str(find_program()), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment({**self.settings, **({"DATABASE_URL": url} if url else {})}),
            text=True,
        )
        _commands.add(process)
        begun(process)
        try:
            said, _ = process.communicate(given, timeout=timeout)
        finally:
            process.kill()
            process.wait()
            _commands.discard(process)
        return process.returncode == 0, said


def register(user):
    """The look-up that a switch makes when a phone of this user registers."""
    return REGISTER.replace("1000", user)


def pin_hash(user, pin):
    return hashlib.md5(f"{user}:{DOMAIN}:{pin}".encode()).hexdigest()
