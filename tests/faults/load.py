"""Loads in the background of a test, each a process of its own, and what came of them."""

import json
import sys
from pathlib import Path

from processes import Child, wait_until

HERE = Path(__file__).parent
DEADLINE = 0.8  # seconds, of every section


class Background:
    """A program of this folder that begins with a word, goes on until it is told to end, and then tells figures."""

    _made = 0

    def __init__(self, program, service, **options):
        Background._made += 1
        output = service.folder / f"{program}{Background._made}"
        command = [sys.executable, "-B", str(HERE / program), json.dumps({"port": service.port, **options})]
        self._child = Child(program, command, output)
        wait_until(lambda: self._child.printed(), 20, f"{program} has begun", interval=0.02)

    def go_on(self, seconds):
        """For so long, if it does not fail before."""
        code = self._child.wait(seconds)
        assert code is None, f"it ended by itself: {self._child.printed()[-2000:]}"

    def end(self, seconds=15):
        """Have it end, and tell what came of it."""
        self._child.terminate()
        return self.wait(seconds)

    def wait(self, seconds):
        """Tell what came of one that ends by itself."""
        code = self._child.wait(seconds)
        said = self._child.printed()
        self._child.stop()
        assert code == 0, f"{self._child.name} did not end well ({code}): {said[-2000:]}"
        return json.loads(said.splitlines()[-1])


class Load(Background):
    """Look-ups: so many a second (`rate`), or `at_once`."""

    def __init__(self, service, **options):
        super().__init__("lookups.py", service, deadline=DEADLINE, **options)

    def wait(self, seconds):
        return Figures(super().wait(seconds))


class Crowd(Background):
    """Connections that are held: so many that are idle, and so many that send a byte a second."""

    def __init__(self, service, **options):
        super().__init__("crowd.py", service, **options)


class Figures:
    """What came of a load; times are in milliseconds."""

    def __init__(self, told):
        self.asked = told["asked"]
        self.lost = sum(told["lost"].values())
        self.late = told["late"]
        self.p99 = told["p99"]
        self.max = told["max"]
        self.behind = told["behind"]
        self.reasons = told["lost"]
        self._told = told

    def __str__(self):
        told = self._told
        rate = told["asked"] / max(told["seconds"], 0.01)
        lost = ", ".join(f"{count} {why}" for why, count in sorted(told["lost"].items()))
        return (
            f"{told['asked']} look-ups at {rate:.0f}/s, lost {self.lost}{f' ({lost})' if lost else ''}, "
            f"over {DEADLINE * 1000:.0f} ms {told['late']}, p50 {told['p50']} ms, p99 {told['p99']} ms, "
            f"p99.9 {told['p999']} ms, max {told['max']} ms (the load itself behind by at most {told['behind']} ms)"
        )

    def details(self):
        return f"{self}; worst of each second: {self._told['worst']}; examples: {self._told['examples']}"
