"""The switch under test: a FreeSWITCH in a fresh folder that has nothing but a bootstrap configuration.

On its disk: which modules to load, where the event socket listens, where to log, one xml_curl binding, and the
project's hook scripts. Users, dialplan, profiles, menus, queues, phrases and all else can only come from the service.
"""

import os
import re
import secrets
import shutil
import socket
from pathlib import Path

import demo
from event_socket import EventSocket
from processes import Child, free_port, require_free, wait_until

# mod_xml_curl comes third: what loads before it could not ask.
MODULES = """
    mod_console mod_logfile mod_xml_curl mod_event_socket
    mod_commands mod_dptools mod_expr mod_hash mod_db mod_curl mod_httapi
    mod_dialplan_xml mod_sofia mod_loopback mod_rtc mod_verto
    mod_conference mod_voicemail mod_callcenter mod_fifo mod_sms mod_valet_parking
    mod_tone_stream mod_local_stream mod_sndfile mod_native_file mod_opus mod_say_en mod_lua
""".split()

# Without these the suite has nothing to ask; all others are loaded where the switch has them.
NEEDED = """
    mod_logfile mod_xml_curl mod_event_socket mod_commands mod_dptools mod_dialplan_xml mod_sofia mod_verto
    mod_conference mod_voicemail mod_callcenter mod_sms mod_tone_stream mod_sndfile
""".split()

BINDINGS = "configuration|directory|dialplan|languages|chatplan|channels"
HOOKS = Path(__file__).resolve().parents[2] / "lua-hooks"  # the scripts that lua.conf names
FOLDERS = "log db run temp storage cache recordings sounds certs scripts grammar htdocs".split()

BOOTSTRAP = """<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="set" data="jackfield_url={url}"/>
  <section name="configuration">
    <configuration name="modules.conf">
      <modules>
{modules}
      </modules>
    </configuration>
    <configuration name="event_socket.conf">
      <settings>
        <param name="listen-ip" value="127.0.0.1"/>
        <param name="listen-port" value="{event_port}"/>
        <param name="password" value="{event_password}"/>
      </settings>
    </configuration>
    <configuration name="logfile.conf">
      <settings>
        <param name="rotate-on-hup" value="false"/>
      </settings>
      <profiles>
        <profile name="default">
          <settings>
            <param name="rollover" value="0"/>
          </settings>
          <mappings>
            <map name="all" value="console,debug,info,notice,warning,err,crit,alert"/>
          </mappings>
        </profile>
      </profiles>
    </configuration>
    <configuration name="xml_curl.conf">
      <bindings>
        <binding name="jackfield">
          <param name="gateway-url" value="{url}" bindings="{bindings}"/>
          <param name="timeout" value="2"/>
        </binding>
      </bindings>
    </configuration>
  </section>
</document>
"""


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
    """A running FreeSWITCH that knows only where to ask."""

    def __init__(self, given, folder, url):
        require_free("udp", demo.SIP_PORT, "sofia profile")
        require_free("tcp", demo.SIP_PORT, "sofia profile")
        require_free("tcp", demo.VERTO_PORT, "verto profile")
        program = find_program(given)
        modules = find_modules(program)
        present = [name for name in MODULES if (modules / f"{name}.so").is_file()]
        missing = [name for name in NEEDED if name not in present]
        if missing:
            raise FileNotFoundError(f"this switch lacks modules the suite needs: {', '.join(missing)}")
        self.modules = present
        self.folder = folder
        self.conf = folder / "conf"
        self.log = folder / "log" / "freeswitch.log"
        self.conf.mkdir(parents=True)
        for name in FOLDERS:
            (folder / name).mkdir()
        for script in HOOKS.glob("*.lua"):
            shutil.copy(script, folder / "scripts")
        self._event_port = free_port("tcp")
        self._event_password = secrets.token_urlsafe(24)
        self._write_bootstrap(url)
        command = [str(program), "-nf", "-nc", "-np", "-nonat", "-conf", str(self.conf), "-mod", str(modules)]
        for name in FOLDERS:
            command += [f"-{name}", str(folder / name)]
        self._child = Child("freeswitch", command, folder / "freeswitch.out", cwd=folder)
        self.version = wait_until(self._is_up, 60, "the switch accepts the event socket").split(" (", 1)[0]
        wait_until(self._is_ready, 60, f"sofia profile {demo.SIP_PROFILE} runs and verto listens")

    def _write_bootstrap(self, url):
        lines = "\n".join(f'        <load module="{name}"/>' for name in self.modules)
        text = BOOTSTRAP.format(
            modules=lines,
            event_port=self._event_port,
            event_password=self._event_password,
            url=url,
            bindings=BINDINGS,
        )
        file = self.conf / "freeswitch.xml"
        file.touch(mode=0o600)
        file.write_text(text)

    def _is_up(self):
        if self._child.code() is not None:
            raise AssertionError("the switch ended at start: " + " | ".join(self._child.printed().splitlines()[-5:]))
        try:
            return self.api("version")
        except OSError:
            return None

    def _is_ready(self):
        return "RUNNING" in self.profile_line() and "RUNNING" in self.api("verto status")

    def profile_line(self):
        """The line of `sofia status` about the demo's SIP profile, or nothing."""
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
