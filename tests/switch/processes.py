"""Child processes of a suite: quiet, each in a session of its own, and none left behind.

Every process is stopped by its own id. `stop_all` runs at the end of the suite, after a Ctrl-C and after a SIGTERM too.
"""

import atexit
import os
import signal
import socket
import subprocess
import time

_running = []


class Child:
    """One started program, as this user or another; what it prints goes to a file."""

    def __init__(self, name, command, output, env=None, cwd=None, user=None):
        self.name = name
        self.output = output
        self._file = open(output, "wb")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        _running.append(self)

    @property
    def pid(self):
        return self._process.pid

    def code(self):
        """The exit code, or None while it runs."""
        return self._process.poll()

    def wait(self, seconds):
        """Wait for the end; None means that it did not come in time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def printed(self):
        """Everything it has printed so far."""
        with open(self.output, "r", encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self, grace=5.0):
        """Ask it to end, then make it end; reap it in any case."""
        if self.code() is None:
            self._signal(signal.SIGTERM)
            if self.wait(grace) is None:
                self._signal(signal.SIGKILL)
                self.wait(5.0)
        self._file.close()
        if self in _running:
            _running.remove(self)

    def terminate(self):
        """Ask it to end, and do not wait."""
        self._process.terminate()

    def kill(self):
        """End it as `kill -9` does, and reap it; what it forked may live on for a moment."""
        self._process.kill()
        self.wait(5.0)
        self.stop()

    def _signal(self, number):
        # The child leads its own session, so this reaches what it forked, and nothing else.
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass


def stop_all():
    """Stop what is still running, last started first."""
    for child in reversed(list(_running)):
        child.stop()


def install_cleanup():
    """A SIGTERM ends the suite as a Ctrl-C does, so that the clean-up runs. (unittest would swallow a SystemExit.)"""
    atexit.register(stop_all)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def wait_until(condition, seconds, what, interval=0.1):
    """Poll `condition` until it is true and return its value, or fail with `what`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(interval)


def free_port(kind):
    """A port on loopback that is free now; kind is "tcp" or "udp"."""
    number = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, number) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def require_free(kind, port, owner):
    """Fail early, in words, when a fixed port of the demo data is taken."""
    number = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, number) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if kind == "tcp" else 0)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise AssertionError(f"{kind} port 127.0.0.1:{port} ({owner}) is in use by another program") from None
