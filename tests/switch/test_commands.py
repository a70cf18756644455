"""What an operator types at the switch's console: each of these asks the service."""

import demo
from stage import SwitchTest

USER = f"1002@{demo.DOMAIN}"
ALIAS = "5551002"  # the demo's number-alias of user 1002


class Commands(SwitchTest):
    def ok(self, command):
        answer = self.switch.api(command)
        self.assertIn("+OK", answer)
        self.assertNotIn("-ERR", answer)

    def says(self, command, expected):
        self.assertEqual(self.switch.api(command), expected)

    def test_rescan(self):
        self.ok(f"sofia profile {demo.SIP_PROFILE} rescan")
        self.assertIn("RUNNING", self.switch.profile_line())

    def test_reloadacl(self):
        self.ok("reloadacl")

    def test_reloadxml(self):
        self.ok("reloadxml")

    def test_the_queue_is_reloaded(self):
        self.ok(f"callcenter_config queue reload {demo.QUEUE}")
        self.assertIn(demo.QUEUE, self.switch.api("callcenter_config queue list"))

    def test_user_exists_for_a_user(self):
        self.says(f"user_exists id 1002 {demo.DOMAIN}", "true")

    def test_user_exists_for_a_number_alias(self):
        self.says(f"user_exists number-alias {ALIAS} {demo.DOMAIN}", "true")

    def test_user_exists_for_an_unknown_user(self):
        self.says(f"user_exists id {demo.UNKNOWN_USER} {demo.DOMAIN}", "false")

    def test_user_exists_for_an_unknown_domain(self):
        self.says("user_exists id 1002 other.example.test", "false")

    def test_user_data_gives_a_variable(self):
        self.says(f"user_data {USER} var user_context", demo.CONTEXT)

    def test_user_data_gives_an_attribute(self):
        self.says(f"user_data {USER} attr id", "1002")

    def test_no_clear_password_is_in_the_directory(self):
        document = self.switch.api(f"find_user_xml id 1002 {demo.DOMAIN}")
        self.assertIn("a1-hash", document)
        self.assertNotIn(self.user("1002").password, document)
        self.assertNotIn(self.user("1002").pin, document)

    def test_domain_exists_for_the_domain(self):
        self.says(f"domain_exists {demo.DOMAIN}", "true")

    def test_domain_exists_for_an_unknown_domain(self):
        self.says("domain_exists other.example.test", "false")

    def test_in_group(self):
        self.says(f"in_group {demo.GROUP_MEMBERS[0]}@{demo.DOMAIN},{demo.GROUP}", "true")
        self.says(f"in_group {USER},{demo.GROUP}", "false")

    def test_group_call_gives_the_phones_of_its_members(self):
        for number in demo.GROUP_MEMBERS:
            self.registered_phone(number)
        dialled = self.switch.api(f"group_call {demo.GROUP}@{demo.DOMAIN}+A")
        for number in demo.GROUP_MEMBERS:
            self.assertIn(f"{number}@", dialled)
        self.assertEqual(dialled.count("sofia/"), len(demo.GROUP_MEMBERS))

    def test_list_users_lists_each_user_once(self):
        for command in ("list_users", f"list_users domain {demo.DOMAIN}"):
            with self.subTest(command=command):
                lines = [line.split("|") for line in self.switch.api(command).splitlines()]
                listed = [fields[0] for fields in lines if len(fields) > 2 and fields[2] == demo.DOMAIN]
                self.assertEqual(sorted(listed), demo.USERS)

    def test_an_address_of_nobody_is_not_in_the_access_list(self):
        self.says("acl 192.0.2.1 domains", "false")
