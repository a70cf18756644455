"""A TCP proxy before the database: as fast as loopback, slow, deaf, unreachable, or cut."""

import ctypes
import selectors
import socket
import struct
import threading
import time

# Linux's numbers, which Python has no names for; and the program that keeps no byte of any packet.
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
_NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))


class Proxy:
    """Passes connections on to a port of loopback; how, can be changed while it runs."""

    def __init__(self, target):
        self._target = target
        self._delay = 0.0
        self._deaf = False
        self._refusing = False
        self._lock = threading.Lock()
        self._pairs = set()
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def slow(self, seconds):
        """From now on everything arrives so much later."""
        self._delay = seconds

    def swallow(self):
        """From now on connections are accepted and everything is taken, and nothing is answered."""
        self._deaf = True

    def vanish(self):
        """From now on every packet of the client is dropped, as in a network that is parted: no ACK, FIN or RST."""
        with self._lock:
            for side in [self._listener, *(pair.client for pair in self._pairs)]:
                side.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(_NOTHING)))

    def heal(self):
        """As at the beginning, for new connections; what was swallowed does not come back."""
        self._delay = 0.0
        with self._lock:
            for pair in self._pairs:
                # What lost some of its bytes cannot go on.
                pair.is_lost |= self._deaf
            for side in [self._listener, *(pair.client for pair in self._pairs)]:
                try:
                    side.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
                except FileNotFoundError:
                    pass
        self._deaf = self._refusing = False

    def cut(self):
        """Reset all connections; new ones are let through."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            pair.reset()
        return len(pairs)

    def refuse(self):
        """Reset all connections, and each new one."""
        self._refusing = True
        self.cut()

    def connections(self):
        with self._lock:
            return len(self._pairs)

    def close(self):
        self._closed = True
        # Wakes the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self):
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                reset(client)
                continue
            pair = Pair(client, server)
            with self._lock:
                self._pairs.add(pair)
            threading.Thread(target=self._serve, args=(pair,), daemon=True).start()

    def _serve(self, pair):
        with selectors.DefaultSelector() as ready:
            ready.register(pair.client, selectors.EVENT_READ, pair.server)
            ready.register(pair.server, selectors.EVENT_READ, pair.client)
            try:
                while not pair.is_cut and self._pass(ready, pair):
                    pass
            except OSError:
                pass
        with self._lock:
            self._pairs.discard(pair)
        pair.close()

    def _pass(self, ready, pair):
        """Whatever has arrived; whether more may come."""
        for key, _ in ready.select(0.1):
            got = key.fileobj.recv(65536)
            if self._deaf or pair.is_lost:
                if not got:
                    # Neither end is told of the other's.
                    ready.unregister(key.fileobj)
                continue
            if not got:
                return False
            if self._delay:
                time.sleep(self._delay)
            if not self._deaf:
                key.data.sendall(got)
            else:
                pair.is_lost = True
        return True


class Pair:
    """Both sides of a connection."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.is_cut = False
        self.is_lost = False

    def reset(self):
        self.is_cut = True
        # The thread notices, and closes both with a reset.

    def close(self):
        for side in (self.client, self.server):
            if self.is_cut:
                reset(side)
            else:
                side.close()


def reset(side):
    """Close with RST instead of FIN."""
    try:
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    side.close()
