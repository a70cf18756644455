"""Two services on one database under a load of changes: the second is never older than a second."""

import random
import threading
import time

import fault
from fault import FaultTest
from lookups import name
from writers import Setting

OLDEST = 1.0  # seconds


class Watching:
    """Asks a service for what somebody writes, as fast as it can, and knows how old its answers were."""

    def __init__(self, service, user):
        self._service, self._user = service, user
        self._seen = []  # when, and what
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stopping.is_set():
            asked = time.monotonic()
            self._seen.append((asked, self._service.mark(self._user) or 0))
            self._stopping.wait(0.005)

    def stop(self):
        self._stopping.set()
        self._thread.join(10)

    def oldest(self, confirmed):
        """How long, at most, an answer lacked what had been confirmed when it was asked for; in seconds."""
        oldest = 0.0
        at = 0
        for when, number in confirmed:
            while at < len(self._seen) and (self._seen[at][0] < when or self._seen[at][1] < number):
                # Asked for after it was confirmed, and without it.
                if self._seen[at][0] > when:
                    oldest = max(oldest, self._seen[at][0] - when)
                at += 1
        return oldest

    def answers(self):
        return len(self._seen)


class Confirmed(Setting):
    """Remembers when each change was confirmed."""

    def __init__(self, service, user):
        super().__init__(service, user)
        self.when = []

    def note(self):
        self.when.append((time.monotonic(), self.tried))


class Instances(FaultTest):
    def setUp(self):
        super().setUp()
        self.base = self.postgresql(200)
        self.between = self.proxy(self.base.server.port)
        self.first = self.serve(self.base.url, "first")
        self.second = self.serve(self.base.through(self.between.port), "second")
        fault.until(self.between.connections, 5, "the second one watches the database")

    def watch(self, what, seconds, disturb=lambda: time.sleep(0.1)):
        """Write through the first, and look at the second."""
        writer = Confirmed(self.first, 1)
        others = [Setting(self.first, at) for at in (2, 3)]
        watching = Watching(self.second, writer.user)
        end = time.monotonic() + (seconds if not fault.short else seconds / 10)
        try:
            for one in (writer, *others):
                one.start()
            while time.monotonic() < end:
                disturb()
        finally:
            for one in (writer, *others):
                one.stop()
            time.sleep(OLDEST)
            watching.stop()
        self.assertEqual(writer.failures, [])
        oldest = watching.oldest(writer.when)
        answers = watching.answers()
        self.tell(f"{what}: {writer.changes} changes, {answers} answers, the oldest {1000 * oldest:.0f} ms behind")
        self.assertEqual(self.second.mark(writer.user), writer.confirmed, "the last one is served")
        self.assertGreater(writer.changes, 5)
        # The short form judges no speed.
        self.assertLess(oldest, 3 * OLDEST if fault.short else OLDEST)

    def test_the_second_is_never_older_than_a_second(self):
        self.watch("notified", 60)

    def test_notifications_that_do_not_come_are_made_up_for(self):
        self.base.rows(
            "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('note(text,bigint,text,text,text,bigint)'::regprocedure), "
            "'PERFORM pg_notify', 'PERFORM concat'); END $$"
        )
        self.watch("not notified", 60)

    def test_a_connection_that_is_lost_again_and_again_is_made_up_for(self):
        def disturb():
            # It takes half a second before it connects anew.
            time.sleep(random.uniform(1, 2.5))
            self.between.cut()

        self.watch("cut again and again", 60, disturb)

    def test_the_death_of_the_first_is_nothing_to_the_second(self):
        load = self.load(self.second, 200, users=200)
        for number in range(3 if fault.short else 30):
            self.first.kill()
            confirmed, said = self.second.command("user", "set", name(1), "--variable", f"mark={number}")
            self.assertTrue(confirmed, said)
            self.assertEqual(self.second.mark(name(1)), number, "at once")
            self.first.start()
            self.assertEqual(self.first.mark(name(1)), number)
        self.assert_unhurt(load.end())
