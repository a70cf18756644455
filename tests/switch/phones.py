"""SIP phones, played by SIPp: each one keeps one local port, registers from it and is called back on it.

A scenario in `scenarios/` is SIPp's own XML. Its fields come from a file, not from the command line:

    [field0] the user's number    [field2] the number dialled        [field4] the finished credentials header
    [field1] the domain           [field3] the local port for audio

The word FINAL in a scenario is replaced by the answer that the test expects.
"""

import shutil
import tempfile
from pathlib import Path

import demo
import digest
from processes import Child, free_port, wait_until

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
PROGRAM = shutil.which("sipp")

# The request that carries credentials in each scenario; the others answer what comes in.
METHODS = {
    "register": "REGISTER",
    "unregister": "REGISTER",
    "call": "INVITE",
    "call_until_hung_up": "INVITE",
    "call_refused": "INVITE",
    "message": "MESSAGE",
    "message_refused": "MESSAGE",
}


def listens(port):
    """Does a program hold this UDP port? Looked up in the kernel's table: a trial bind could be in its way."""
    with open("/proc/net/udp", encoding="ascii") as table:
        return any(line.split()[1].endswith(f":{port:04X}") for line in table if ":" in line.split()[1])


class Phone:
    """A user's phone on 127.0.0.1. `media` is the port where it takes audio (see media.py)."""

    def __init__(self, folder, user, media=None):
        self.user = user
        self.port = free_port("udp")
        self.media = media or free_port("udp")
        self._folder = Path(tempfile.mkdtemp(prefix=f"phone-{user.number}-", dir=folder))
        self._runs = 0

    def start(self, scenario, target="", final="200", seconds=20, pause=0, password=None, algorithm=None):
        """Run a scenario in the background; `Run.succeed` waits for its end."""
        self._runs += 1
        stem = self._folder / f"{self._runs:02}-{scenario}"
        script = stem.with_suffix(".xml")
        script.write_text((SCENARIOS / f"{scenario}.xml").read_text().replace("FINAL", final))
        fields = stem.with_suffix(".csv")
        header = self._credentials(METHODS.get(scenario), target, password or self.user.password, algorithm)
        fields.write_text(
            "SEQUENTIAL\n" + ";".join([self.user.number, demo.DOMAIN, target, str(self.media), header]) + "\n"
        )
        command = [PROGRAM, f"127.0.0.1:{demo.SIP_PORT}", "-sf", str(script), "-inf", str(fields)]
        command += ["-i", "127.0.0.1", "-p", str(self.port), "-ci", "127.0.0.1", "-bind_local", "-mi", "127.0.0.1"]
        if scenario in METHODS:
            command += ["-m", "1"]  # the others end themselves, after the one call that they wait for
        command += ["-aa", "-nostdin", "-skip_rlimit", "-d", str(int(pause * 1000))]
        command += ["-timeout", f"{seconds}s", "-timeout_error"]
        command += ["-trace_err", "-error_file", str(stem.with_suffix(".err"))]
        child = Child(f"sipp {scenario}", command, stem.with_suffix(".out"), cwd=self._folder)
        if scenario not in METHODS:
            wait_until(lambda: listens(self.port) or child.code() is not None, 5, "SIPp listens", interval=0.02)
        return Run(child, stem, seconds)

    def play(self, scenario, **options):
        """Run a scenario to its end, and fail when it does not go as written."""
        self.start(scenario, **options).succeed()

    def register(self, **options):
        self.play("register", **options)

    def unregister(self):
        self.play("unregister")

    def _credentials(self, method, target, password, algorithm):
        if method is None:
            return ""
        uri = f"sip:{demo.DOMAIN}" if method == "REGISTER" else f"sip:{target}@{demo.DOMAIN}"
        return digest.credentials(self.user.number, password, method, uri, algorithm)


class Run:
    """One SIPp run in the background."""

    def __init__(self, child, stem, seconds):
        self._child = child
        self._stem = stem
        self._seconds = seconds

    def running(self):
        return self._child.code() is None

    def succeed(self):
        """Wait for the end; the scenario must have gone as written."""
        code = self._child.wait(self._seconds + 5)
        self._child.stop()
        if code != 0:
            raise AssertionError(f"SIPp scenario {self._stem.name} ended with {code}: {self._complaint()}")

    def stop(self):
        self._child.stop()

    def _complaint(self):
        """What SIPp wrote about the failure: the status line it got, not whole messages (they hold digests)."""
        file = self._stem.with_suffix(".err")
        if not file.is_file():
            return "no more is known"
        wanted = ("SIP/2.0 ", "unexpected", "borting", "imed out", "error", "Reason:", "Warning:")
        lines = [line.strip() for line in file.read_text(errors="replace").splitlines()]
        return " | ".join(line for line in lines if any(word in line for word in wanted))[:600] or str(lines[:2])
