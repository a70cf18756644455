"""The scrape configuration and the alerts."""

import re
import subprocess
import unittest

from stage import SHIPPED, TOP, stage

SELECTOR = re.compile(r"\b(?:up\b|(?:jackfield|process)_\w+)(?:\{[^}]*\})?")


def rules():
    (group,) = stage().api("rules")["groups"]
    return group["rules"]


class Rules(unittest.TestCase):
    def promtool(self, *words):
        run = subprocess.run(["promtool", *words], cwd=SHIPPED, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_prometheus_takes_the_configuration_and_the_rules(self):
        self.promtool("check", "config", "scrape.yml")
        self.promtool("check", "rules", "rules.yml")

    def test_each_alert_fires_when_it_should_and_not_when_it_should_not(self):
        self.promtool("test", "rules", "rules_test.yml")
        fires = (SHIPPED / "rules_test.yml").read_text()
        for rule in rules():
            self.assertIn(f'alertname="{rule["name"]}"', fires)

    def test_prometheus_scrapes_the_service_through_nginx(self):
        (target,) = stage().api("targets")["activeTargets"]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        self.assertEqual(target["scrapeUrl"], f"http://localhost:{stage().ports['nginx']}/metrics")

    def test_each_alert_can_be_evaluated_and_names_what_there_is(self):
        self.assertGreater(len(rules()), 20)
        for rule in rules():
            with self.subTest(rule["name"]):
                self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""))
                selectors = set(SELECTOR.findall(rule["query"]))
                self.assertTrue(selectors)
                for selector in selectors:
                    self.assertTrue(stage().query(selector), f"{selector} finds nothing")

    def test_a_service_that_is_asked_as_usual_is_no_emergency(self):
        # The switch of the settings is nobody's, one handler hangs, somebody writes into look-ups; so much may wait.
        firing = {rule["name"] for rule in rules() if rule["state"] == "firing"}
        self.assertEqual(firing, set())
        pending = {rule["name"] for rule in rules() if rule["state"] == "pending"}
        self.assertLessEqual({"JackfieldSwitchUnreachable", "JackfieldGuard"}, pending)

    def test_the_readme_says_what_each_alert_means_and_what_to_do(self):
        readme = (TOP / "README.md").read_text()
        for rule in rules():
            said = rule["annotations"]
            row = f"| `{rule['name']}` | {rule['labels']['severity']} | {said['description']} | {said['runbook']} |"
            self.assertTrue(row in readme, row)
        named = set(re.findall(r"^\| `(Jackfield\w+)`", readme, re.MULTILINE))
        self.assertEqual(named, {rule["name"] for rule in rules()})
