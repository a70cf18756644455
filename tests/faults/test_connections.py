"""Clients that hold connections and ask nothing, or a byte a second, do not hold up those that ask."""

import fault
from fault import FaultTest
from load import Crowd

RATE = 300
IDLE, SLOW = 1000, 200
LIMIT = 2  # seconds that a head may take, and a body


class Connections(FaultTest):
    def test_look_ups_go_on_beside_idle_and_slow_connections(self):
        service = self.serve(self.sqlite(200).url)
        seconds = 4 if fault.short else 20
        alone = self.figures(service, seconds)
        before = service.memory()
        crowd = Crowd(service, idle=IDLE, slow=SLOW)
        fault.until(lambda: service.metric("jackfield_connections") > 0.9 * (IDLE + SLOW), 10, "they are all there")
        beside = self.figures(service, seconds)
        told = crowd.end()
        self.tell(f"alone: {alone}")
        self.tell(f"the crowd: {told}; memory {before:.1f} MiB, at most {service.memory('VmHWM'):.1f} MiB")
        self.assert_unhurt(beside, "beside them")
        self.assertEqual(told["refused"], 0)
        # Ten times, for on a busy machine either is mostly chance; and never so much that a switch would notice.
        self.assertLess(beside.p99, max(10 * alone.p99, 100), beside.details())
        for kind, longest in told["longest"].items():
            self.assertGreater(told["closed"][kind], 100, f"{kind}: closed again and again")
            limit = 2 * LIMIT if kind == "body" else LIMIT
            self.assertLess(longest, limit + 3, f"{kind}: held for no longer than its limit")
        fault.until(lambda: service.metric("jackfield_connections") < 10, 10, "all are closed")

    def figures(self, service, seconds):
        load = self.load(service, RATE, users=200)
        load.go_on(seconds)
        return load.end()
