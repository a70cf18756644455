"""The switch that asks for the demo data: in a fresh folder that has nothing but a bootstrap configuration.

On its disk: which modules to load, where the event socket listens, where to log, one xml_curl binding, and the
project's hook scripts. Users, dialplan, profiles, menus, queues, phrases and all else can only come from the service.
"""

import secrets

import demo
from processes import free_port, require_free
from switch import Switch, find_modules, find_program

# mod_xml_curl comes third: what loads before it cannot ask, and complains where its configuration is not on the disk.
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
    <configuration name="console.conf">
      <mappings>
        <map name="all" value="crit,alert"/>
      </mappings>
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


class DemoSwitch(Switch):
    """A running FreeSWITCH that knows only where to ask."""

    def __init__(self, given, folder, url, event_socket=None):
        """`event_socket` is its port and password, if they have to be known before."""
        require_free("udp", demo.SIP_PORT, "sofia profile")
        require_free("tcp", demo.SIP_PORT, "sofia profile")
        require_free("tcp", demo.VERTO_PORT, "verto profile")
        modules = find_modules(find_program(given))
        present = [name for name in MODULES if (modules / f"{name}.so").is_file()]
        missing = [name for name in NEEDED if name not in present]
        if missing:
            raise FileNotFoundError(f"this switch lacks modules the suite needs: {', '.join(missing)}")
        self.modules = present
        port, password = event_socket or (free_port("tcp"), secrets.token_urlsafe(24))
        write_bootstrap(folder / "conf", present, url, port, password)
        super().__init__(given, folder, port, password)


def write_bootstrap(folder, modules, url, port, password):
    """The whole configuration that such a switch has on its disk."""
    lines = "\n".join(f'        <load module="{name}"/>' for name in modules)
    text = BOOTSTRAP.format(modules=lines, event_port=port, event_password=password, url=url, bindings=BINDINGS)
    folder.mkdir(parents=True)
    file = folder / "freeswitch.xml"
    file.touch(mode=0o600)
    file.write_text(text)
