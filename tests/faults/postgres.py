"""A PostgreSQL server of the suite's own, which can be killed and comes back with what it had."""

import glob
import os
import signal
import subprocess
from pathlib import Path

from processes import Child, free_port, wait_until


class Postgres:
    """A server on loopback, in a folder that its user may enter."""

    def __init__(self, folder, settings=()):
        self._folder = folder
        self._data = folder / "data"
        self._bin = find_programs()
        self._settings = settings
        # PostgreSQL does not run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._child = None
        self._starts = 0
        self.port = free_port("tcp")
        folder.mkdir(exist_ok=True)
        if self._user:
            subprocess.run(["chown", self._user, str(folder)], check=True)
        make = [self._bin / "initdb", "-D", self._data, "-A", "trust", "-U", "test", "-E", "UTF8", "--locale=C.UTF-8"]
        made = Child("initdb", [str(word) for word in make], folder / "initdb.out", cwd="/", user=self._user)
        assert made.wait(60) == 0, made.printed()
        made.stop()
        self.start()

    def url(self, database, port=None):
        return f"postgres://test@127.0.0.1:{port or self.port}/{database}"

    def launch(self):
        """Start it, and do not wait."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            # A process that is killed loses nothing that it gave to the system: only a machine does.
            "fsync": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
            **dict(self._settings),
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port), *words]
        self._starts += 1
        output = self._folder / f"server{self._starts}.out"
        self._child = Child("postgres", command, output, cwd="/", user=self._user)

    def start(self):
        """Start it, and wait until it answers."""
        self.launch()
        wait_until(self.answers, 60, f"PostgreSQL answers: see {self._child.output}", interval=0.02)

    def answers(self):
        return psql(self.url("postgres"), "SELECT 1", check=False).returncode == 0

    def kill(self):
        """End all its processes as `kill -9` does."""
        children = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children").read_text().split()
        # The first one before those that it would start anew.
        os.kill(self._child.pid, signal.SIGKILL)
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._child.kill()
        wait_until(lambda: not any(map(is_alive, children)), 10, "PostgreSQL has ended", interval=0.01)

    def stop(self):
        if self._child:
            self._child.stop(grace=10)

    def make(self, database):
        psql(self.url("postgres"), f"CREATE DATABASE {database}")

    def check(self, database):
        """Look through tables and indexes; what is found wrong, or nothing."""
        command = [str(self._bin / "pg_amcheck"), "--install-missing", "--heapallindexed", self.url(database)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        return "" if done.returncode == 0 else done.stdout


def psql(url, sql, check=True):
    """One statement; rows are lines, values stand between tabs."""
    command = ["psql", "-qAtX", "-F", "\t", "-v", "ON_ERROR_STOP=1", url, "-c", sql]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert not check or done.returncode == 0, f"{sql}: {done.stderr}"
    return done


def is_alive(pid):
    """Whether a process is still at work; one that only waits to be reaped is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def find_programs():
    """The folder of the newest server's programs; Debian keeps them out of the way."""
    found = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if found:
        return max(map(Path, found), key=lambda path: int(path.parts[-3])).parent
    config = subprocess.run(["pg_config", "--bindir"], stdout=subprocess.PIPE, text=True)
    assert config.returncode == 0, "PostgreSQL's server is not installed (Debian: apt install postgresql)"
    return Path(config.stdout.strip())
