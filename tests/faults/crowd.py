"""Clients that hold connections and ask nothing, or a byte a second; each that is closed comes again.

Started as a process of its own: `crowd.py '{"port": 8080, "idle": 1000, "slow": 200}'`, until SIGTERM.
"""

import errno
import heapq
import json
import select
import signal
import socket
import sys
import time

from lookups import HEAD

BODY = b"hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=pbx.example.test"
PAUSE = 1.0  # seconds between bytes; and before somebody who could not connect tries again


def idle(port):
    """How long a connection that sends nothing is held, in seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        began = time.monotonic()
        try:
            connection.recv(1)
        except ConnectionResetError:
            pass
        return time.monotonic() - began


class Client:
    """One of them. What it sends: nothing, its head slowly, or its head at once and its body slowly."""

    def __init__(self, kind):
        self.kind = kind
        head = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n".encode()
        self.words = {"idle": b"", "head": head + BODY, "body": BODY}[kind]
        self.first = head if kind == "body" else b""
        self.socket = None
        self.sent = 0
        self.began = 0.0


class Crowd:
    def __init__(self, port, idle=0, slow=0):
        self.address = ("127.0.0.1", port)
        kinds = ["idle"] * idle + ["head"] * (slow // 2) + ["body"] * (slow - slow // 2)
        self.clients = [Client(kind) for kind in kinds]
        self.poll = select.epoll()
        self.open = {}
        self.due = []  # when, and who: to send the next byte, or to come
        self.held = {"idle": [], "head": [], "body": []}
        self.refused = 0
        self.most = 0
        self.ending = False

    def run(self):
        for at, client in enumerate(self.clients):
            heapq.heappush(self.due, (time.monotonic(), at, client.began))
        while not self.ending:
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                _, at, began = heapq.heappop(self.due)
                self.act(at, self.clients[at], began)
            self.most = max(self.most, len(self.open))
            for descriptor, _ in self.poll.poll(0.05):
                self.read(descriptor)
        return self.report()

    def act(self, at, client, began):
        if client.socket is None:
            self.come(at, client)
        elif client.began == began and client.sent < len(client.words):
            try:
                client.socket.send(client.words[client.sent : client.sent + 1])
                client.sent += 1
            except BlockingIOError:
                pass
            except OSError:
                return  # closed: to be read
            self.again(at, client)

    def again(self, at, client):
        heapq.heappush(self.due, (time.monotonic() + PAUSE, at, client.began))

    def come(self, at, client):
        client.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # On loopback this is done at once, or the queue is full.
        client.socket.settimeout(0.2)
        client.sent, client.began = 0, time.monotonic()
        try:
            client.socket.connect(self.address)
            client.socket.setblocking(False)
            client.socket.send(client.first)
        except OSError as error:
            self.refused += error.errno != errno.EINPROGRESS
            self.leave(at, client)
            return
        self.open[client.socket.fileno()] = at
        self.poll.register(client.socket, select.EPOLLIN | select.EPOLLRDHUP)
        if client.words:
            self.again(at, client)

    def read(self, descriptor):
        at = self.open[descriptor]
        client = self.clients[at]
        try:
            if client.socket.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.held[client.kind].append(time.monotonic() - client.began)
        del self.open[descriptor]
        self.poll.unregister(descriptor)
        self.leave(at, client)

    def leave(self, at, client):
        client.socket.close()
        client.socket = None
        self.again(at, client) if client.words else heapq.heappush(self.due, (time.monotonic(), at, client.began))

    def report(self):
        """How often the service closed one, and how long it had held it at the most."""
        now = time.monotonic()
        for at in self.open.values():
            # Those that are open still count as long as they have been.
            client = self.clients[at]
            self.held[client.kind].append(now - client.began)
        return {
            "most": self.most,
            "refused": self.refused,
            "closed": {kind: len(held) for kind, held in self.held.items()},
            "longest": {kind: round(max(held, default=0.0), 2) for kind, held in self.held.items()},
        }


def main():
    crowd = Crowd(**json.loads(sys.argv[1]))

    def end(*_):
        crowd.ending = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print("coming", flush=True)
    print(json.dumps(crowd.run()))


if __name__ == "__main__":
    main()
