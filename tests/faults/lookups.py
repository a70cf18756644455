"""A paced load of look-ups, each on a TCP connection of its own, each answer checked to the last line.

Started as a process of its own, so that the suite's other work is not in its figures:

    lookups.py '{"port": 8080, "rate": 2000, "users": 1000}'

asks until it is told to end by SIGTERM, and then prints what came of it as one JSON object. With "at_once" instead of
a rate it asks about so many users at the same time, and ends by itself.
"""

import errno
import hashlib
import json
import select
import signal
import socket
import sys
import time
from pathlib import Path

DOMAIN = "pbx.example.test"
PATIENCE = 5.0  # seconds; a switch has given up by then
RECORDED = Path(__file__).resolve().parents[1] / "bodies" / "42-dir-sip_auth-id-REGISTER.form"
HEAD = "POST /fsapi HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SOON = (errno.EINPROGRESS, errno.EAGAIN)
FIRST_UNKNOWN = 9_000_000  # users from here on do not exist


def name(number):
    """As many_users.py names them."""
    return f"2{number:07}"


class Question:
    """What is asked about one user, and the only right answer."""

    def __init__(self, recorded, number):
        user = name(number)
        body = recorded.replace("1000", user)
        self.request = f"{HEAD}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        if number >= FIRST_UNKNOWN:
            # Closed: the domain, and nobody in it.
            self.parts = [f'<domain name="{DOMAIN}"/>'.encode()]
            return
        secret = hashlib.md5(f"{user}:{DOMAIN}:{user}".encode()).hexdigest()
        self.parts = [
            f'<user id="{user}" number-alias="555{user}"'.encode(),
            f'<param name="a1-hash" value="{secret}"/>'.encode(),
            f'<variable name="accountcode" value="{user}"/>'.encode(),
            b'<variable name="callgroup" value="techsupport"/>',
        ]

    def is_answered_by(self, received):
        head, _, body = received.partition(b"\r\n\r\n")
        return (
            head.startswith(b"HTTP/1.1 200 ")
            and f"content-length: {len(body)}".encode() in head.lower()
            and body.rstrip().endswith(b"</document>")
            and all(part in body for part in self.parts)
        )


class Asked:
    """A look-up under way."""

    __slots__ = ("began", "question", "received", "sent", "socket")

    def __init__(self, question):
        self.question = question
        self.received = bytearray()
        self.sent = 0
        self.began = time.monotonic()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)


class Load:
    """Asks at a rate, and keeps count."""

    def __init__(self, port, rate=0, users=1000, deadline=0.8, patience=PATIENCE):
        self.address = ("127.0.0.1", port)
        self.rate = rate
        self.deadline, self.patience = deadline, patience
        recorded = RECORDED.read_text()
        self.questions = [Question(recorded, number) for number in range(users)]
        self.poll = select.epoll()
        self.under_way = {}
        self.times = []
        self.worst = []  # of each second since the beginning
        self.lost = {}
        self.examples = []
        self.late = 0
        self.behind = 0.0  # how late the load itself was, at most
        self.ending = False

    def run(self):
        """Until it is told to end."""
        self.began = time.monotonic()
        due, looked, asked = self.began, self.began, 0
        while True:
            now = time.monotonic()
            while not self.ending and due <= now:
                self.behind = max(self.behind, now - due)
                self.ask(self.questions[asked % len(self.questions)])
                asked += 1
                due += 1 / self.rate
                now = time.monotonic()
            if self.ending and not self.under_way:
                return self.report()
            self.listen(0.1 if self.ending else min(0.1, max(0.0, due - now)))
            if now - looked > 0.25:
                looked = now
                self.give_up(now)

    def begun(self, one):
        """A question has been sent."""

    def listen(self, seconds):
        # A few at once: what has arrived does not wait for what is to be sent.
        for descriptor, event in self.poll.poll(seconds, 64):
            self.go_on(self.under_way[descriptor], event)

    def give_up(self, now):
        for one in [one for one in self.under_way.values() if now - one.began > self.patience]:
            self.end(one, "timed out")

    def ask(self, question):
        one = Asked(question)
        self.under_way[one.socket.fileno()] = one
        failed = one.socket.connect_ex(self.address)
        self.poll.register(one.socket, select.EPOLLIN | select.EPOLLOUT)
        if failed and failed not in SOON:
            self.end(one, errno.errorcode[failed])

    def go_on(self, one, event):
        try:
            if event & select.EPOLLOUT and one.sent < len(one.question.request):
                one.sent += one.socket.send(one.question.request[one.sent :])
                if one.sent == len(one.question.request):
                    self.begun(one)
                    self.poll.modify(one.socket, select.EPOLLIN)
            if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                while True:
                    got = one.socket.recv(65536)
                    if not got:
                        self.end(one, None)
                        return
                    one.received += got
        except BlockingIOError:
            pass
        except OSError as error:
            self.end(one, errno.errorcode.get(error.errno, "failed"))

    def end(self, one, why):
        took = time.monotonic() - one.began
        del self.under_way[one.socket.fileno()]
        self.poll.unregister(one.socket)
        one.socket.close()
        self.judge(one, why)
        self.late += took > self.deadline
        self.times.append(took)
        second = int(time.monotonic() - self.began)
        self.worst += [0.0] * (second + 1 - len(self.worst))
        self.worst[second] = max(self.worst[second], took)

    def judge(self, one, why):
        if why is None and not one.question.is_answered_by(bytes(one.received)):
            why = "wrong"
            if len(self.examples) < 3:
                self.examples.append(bytes(one.received[:1500]).decode("utf-8", "replace"))
        if why is not None:
            self.lost[why] = self.lost.get(why, 0) + 1

    def report(self):
        times = sorted(self.times) or [0.0]

        def at(share):
            return round(1000 * times[min(len(times) - 1, int(share * len(times)))], 2)

        return {
            "asked": len(self.times),
            "seconds": round(time.monotonic() - self.began, 2),
            "lost": self.lost,
            "late": self.late,
            "p50": at(0.5),
            "p99": at(0.99),
            "p999": at(0.999),
            "max": at(1),
            "behind": round(1000 * self.behind, 2),
            "worst": [round(1000 * worst) for worst in self.worst],
            "examples": self.examples,
        }


class Burst(Load):
    """Asks for so many different users at the same time, half of whom do not exist."""

    def __init__(self, port, at_once, **options):
        super().__init__(port, users=0, **options)
        recorded = RECORDED.read_text()
        self.questions = [Question(recorded, at + at % 2 * FIRST_UNKNOWN) for at in range(at_once)]
        self.answered = []

    def run(self):
        self.began = time.monotonic()
        for question in self.questions:
            self.ask(question)
        # All are connected, or in the queue to be, before the first one asks: that is when its time begins.
        while self.under_way:
            self.listen(0.1)
            self.give_up(time.monotonic())
        for one, why in self.answered:
            super().judge(one, why)
        return self.report()

    def begun(self, one):
        one.began = time.monotonic()

    def judge(self, one, why):
        # Later: it would hold up all others.
        self.answered.append((one, why))


def main():
    options = json.loads(sys.argv[1])
    load = Burst(**options) if "at_once" in options else Load(**options)

    def end(*_):
        load.ending = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print("asking", flush=True)
    print(json.dumps(load.run()))


if __name__ == "__main__":
    main()
