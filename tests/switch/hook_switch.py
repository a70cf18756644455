"""A switch for the hook scripts: verto and one context on its disk; of a service it only asks who logs in.

So what the hooks do is seen by itself, with whatever a service may answer.
"""

import re
import secrets

from processes import free_port
from switch import Switch

MODULES = """
    mod_console mod_logfile mod_xml_curl mod_event_socket mod_commands mod_dptools mod_dialplan_xml
    mod_tone_stream mod_rtc mod_verto mod_curl mod_lua
""".split()

DOMAIN = "verto"
ANSWERED = "9196"  # a number that is answered
BOOTSTRAP = """<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="set" data="jackfield_url={url}"/>
  <section name="configuration">
    <configuration name="modules.conf"><modules>
      {modules}
    </modules></configuration>
    <configuration name="switch.conf"><settings>
      <param name="switchname" value="{name}"/>
      <param name="loglevel" value="debug"/>
    </settings></configuration>
    <configuration name="console.conf"><mappings/><settings/></configuration>
    <configuration name="logfile.conf">
      <settings><param name="rotate-on-hup" value="false"/></settings>
      <profiles><profile name="default">
        <settings><param name="rollover" value="0"/></settings>
        <mappings><map name="all" value="debug,info,notice,warning,err,crit,alert"/></mappings>
      </profile></profiles>
    </configuration>
    <configuration name="event_socket.conf"><settings>
      <param name="listen-ip" value="127.0.0.1"/>
      <param name="listen-port" value="{event_port}"/>
      <param name="password" value="{event_password}"/>
    </settings></configuration>
    <configuration name="xml_curl.conf"><bindings><binding name="service">
      <param name="gateway-url" value="{url}" bindings="{bindings}"/>
      <param name="timeout" value="2"/>
    </binding></bindings></configuration>
    <configuration name="lua.conf"><settings>
      <hook event="CUSTOM" subclass="verto::login" script="login.lua"/>
      <hook event="CUSTOM" subclass="verto::client_disconnect" script="disconnect.lua"/>
    </settings></configuration>
    <configuration name="curl.conf"><settings/></configuration>
    <configuration name="verto.conf"><settings/><profiles><profile name="clients">
      <param name="bind-local" value="127.0.0.1:{verto_port}"/>
      <param name="force-register-domain" value="{domain}"/>
      <param name="userauth" value="true"/>
      <param name="context" value="clients"/>
      <param name="dialplan" value="XML"/>
      <param name="apply-candidate-acl" value="loopback.auto"/>
      <param name="rtp-ip" value="127.0.0.1"/>
      <param name="timer-name" value="soft"/>
      <param name="outbound-codec-string" value="PCMU"/>
      <param name="inbound-codec-string" value="PCMU"/>
    </profile></profiles></configuration>
  </section>
  <section name="dialplan"><context name="clients">
    <extension name="answered"><condition field="destination_number" expression="^{answered}$">
      <action application="answer"/>
      <action application="sleep" data="60000"/>
    </condition></extension>
  </context></section>
</document>
"""


class HookSwitch(Switch):
    """Its verto clients connect at `verto_port`."""

    name = "pbx-of-hooks"

    def __init__(self, given, folder, url, bindings="directory", ports=None):
        """`bindings` are what it asks the service for; `ports` those of the event socket and of verto, and the former's
        password, if they have to be known before."""
        ports = ports or (free_port("tcp"), secrets.token_urlsafe(24), free_port("tcp"))
        port, password, self.verto_port = ports
        conf = folder / "conf"
        conf.mkdir(parents=True)
        file = conf / "freeswitch.xml"
        file.touch(mode=0o600)
        file.write_text(
            BOOTSTRAP.format(
                url=url,
                bindings=bindings,
                modules="".join(f'<load module="{name}"/>' for name in MODULES),
                name=self.name,
                event_port=port,
                event_password=password,
                verto_port=self.verto_port,
                domain=DOMAIN,
                answered=ANSWERED,
            )
        )
        super().__init__(given, folder, port, password)

    def is_ready(self):
        return "RUNNING" in self.api("verto status")

    def channels(self):
        """How many calls are up now, as the core counts them: `show channels` lags behind by half a second."""
        return int(re.search(r"(\d+) session\(s\) - peak", self.api("status"))[1])
