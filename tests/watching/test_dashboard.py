"""The dashboard: what Grafana needs of it, and that each of its queries finds something."""

import json
import re
import unittest

from stage import SHIPPED, stage

DASHBOARD = json.loads((SHIPPED / "dashboard.json").read_text())
PANELS = DASHBOARD["panels"]
VARIABLES = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
CHOSEN = {"job": "jackfield", "instance": ".+", "section": ".+", "__rate_interval": "30s"}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}

# What was played moves these; for the others nothing need have happened.
MOVED = [
    "Look-ups by section",
    "Not answered, by outcome",
    "Refused, by section and handler",
    "Answered by fail policy",
    "Overdue",
    "Look-ups that somebody has written into, by rule",
    "Posts that are no look-ups",
    "Requests for protected paths from elsewhere",
    "Posts of hook scripts",
    "Where answers come from",
]


def chosen(expression):
    """With a value for each variable, as Grafana sends it."""
    expression = re.sub(r"\$(\w+)", lambda name: CHOSEN[name[1]], expression)
    assert "$" not in expression, expression
    return expression


def values(expression):
    found = [float(series["value"][1]) for series in stage().query(chosen(expression))]
    return [value for value in found if value == value]


def most(expression):
    """The most that there was since playing began, on a machine that is busy with other things, too."""
    return f"max_over_time(({expression})[1m:1s])"


class Dashboard(unittest.TestCase):
    def test_each_query_of_each_panel_returns_data(self):
        asked = 0
        for panel in PANELS:
            for target in panel.get("targets", []):
                asked += 1
                with self.subTest(panel["title"], query=target["expr"]):
                    self.assertTrue(values(target["expr"]), "no data")
        self.assertGreater(asked, 45)

    def test_what_was_played_is_seen(self):
        titles = {panel["title"]: panel for panel in PANELS}
        for title in MOVED:
            with self.subTest(title):
                self.assertGreater(sum(values(most(titles[title]["targets"][0]["expr"]))), 0)
        by_section = most(titles["Look-ups by section"]["targets"][0]["expr"])
        sections = {series["metric"]["section"] for series in stage().query(chosen(by_section)) if series["value"][1] != "0"}
        self.assertLessEqual({"configuration", "directory", "dialplan", "languages", "chatplan"}, sections)

    def test_each_variable_has_values_and_each_annotation_can_be_asked(self):
        for variable in VARIABLES.values():
            if variable["type"] != "query":
                continue
            with self.subTest(variable["name"]):
                asked = variable["query"]["query"]
                self.assertEqual(asked, variable["definition"])
                selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", asked).groups()
                series = stage().api("series", **{"match[]": chosen(selector)})
                self.assertTrue(any(label in each for each in series))
        for annotation in DASHBOARD["annotations"]["list"]:
            stage().query(chosen(annotation["expr"]))

    def test_each_metric_of_the_service_is_on_a_panel(self):
        told = set(re.findall(r"^# TYPE (jackfield_\w+)", stage().get("nginx", "/metrics"), re.MULTILINE))
        self.assertGreater(len(told), 30)
        asked = " ".join(target["expr"] for panel in PANELS for target in panel.get("targets", []))
        missing = {name for name in told if not re.search(rf"\b{name}(_bucket)?\b", asked)}
        self.assertEqual(missing, set())

    def test_grafana_can_lay_it_out(self):
        ids = [panel["id"] for panel in PANELS]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in PANELS:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken.add((x, y))

    def test_every_source_of_data_is_the_chosen_one(self):
        self.assertEqual(VARIABLES["datasource"]["type"], "datasource")
        sources = []

        def walk(value):
            if isinstance(value, dict):
                sources.extend([value["datasource"]] if "datasource" in value else [])
                for each in value.values():
                    walk(each)
            elif isinstance(value, list):
                for each in value:
                    walk(each)

        walk(DASHBOARD)
        self.assertGreater(len(sources), 80)
        for source in sources:
            self.assertEqual(source, SOURCE)
