"""The switch boots with nothing but its bootstrap file: all else are answers."""

import demo
from stage import SwitchTest


class Boot(SwitchTest):
    def test_serve_prints_a_binding_for_this_very_service(self):
        snippet = self.jackfield.printed_binding()
        self.assertIn(f'value="{self.jackfield.url}"', snippet)
        self.assertRegex(snippet, r'name="timeout" value="[1-9]')

    def test_nothing_but_the_bootstrap_file_is_on_the_disk_of_the_switch(self):
        self.assertEqual([file.name for file in self.switch.conf.rglob("*") if file.is_file()], ["freeswitch.xml"])

    def test_every_module_that_asked_for_its_configuration_is_loaded(self):
        absent = [name for name in self.switch.modules if self.switch.api(f"module_exists {name}") != "true"]
        self.assertEqual(absent, [])

    def test_the_sip_profile_runs_where_the_demo_says(self):
        line = self.switch.profile_line()
        self.assertIn(f"127.0.0.1:{demo.SIP_PORT}", line)
        self.assertIn("RUNNING", line)

    def test_the_sip_profile_serves_the_domain(self):
        self.assertRegex(self.switch.api("sofia status"), rf"{demo.DOMAIN}\s+alias\s+{demo.SIP_PROFILE}\s")

    def test_the_verto_profile_runs_where_the_demo_says(self):
        self.assertRegex(self.switch.api("verto status"), rf"ws:127\.0\.0\.1:{demo.VERTO_PORT}\s+RUNNING")

    def test_the_queue_and_its_agents_are_known(self):
        self.assertIn(demo.QUEUE, self.switch.api("callcenter_config queue list"))
        tiers = self.switch.api(f"callcenter_config queue list tiers {demo.QUEUE}")
        for agent in demo.QUEUE_AGENTS:
            self.assertIn(agent, tiers)

    def test_the_switch_listens_on_loopback_only(self):
        outside = [address for address in self.switch.listening() if not address.startswith(("127.", "[::1]"))]
        self.assertEqual(outside, [])
