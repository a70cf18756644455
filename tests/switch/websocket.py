"""A WebSocket client (RFC 6455), as much of it as a verto client needs: text messages, pings, and goodbye."""

import base64
import hashlib
import os
import socket
import struct
import time

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocket:
    """A connection to 127.0.0.1; `address` is its own end, as the switch writes it."""

    def __init__(self, port, protocol, timeout):
        self._timeout = timeout
        self._pending = b""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.address = "{}:{}".format(*self._socket.getsockname())
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n".encode()
        )
        deadline = time.monotonic() + timeout
        while b"\r\n\r\n" not in self._pending:
            self._fill(deadline)
        head, _, self._pending = self._pending.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        if " 101 " not in status:
            raise ConnectionError(f"no WebSocket here: {status}")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        expected = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        if headers.get("sec-websocket-accept") != expected:
            raise ConnectionError("the WebSocket handshake is wrong")

    def send(self, text):
        self._send_frame(TEXT, text.encode())

    def receive(self, timeout=None):
        """The next text message; pings are answered on the way. TimeoutError if none comes."""
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        while True:
            kind, payload = self._receive_frame(deadline)
            if kind == PING:
                self._send_frame(PONG, payload)
            elif kind == CLOSE:
                raise ConnectionError("the switch closed the WebSocket")
            elif kind == TEXT:
                return payload.decode()

    def close(self):
        """Say goodbye and let the switch hang up: it warns of clients that just vanish."""
        try:
            self._send_frame(CLOSE, b"\x03\xe8")
            deadline = time.monotonic() + self._timeout
            while True:
                self._fill(deadline)
        except OSError:
            pass
        self._socket.close()

    def vanish(self):
        """Be gone without a goodbye."""
        self._socket.close()

    def _send_frame(self, kind, payload):
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | length)
        else:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, length)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._socket.settimeout(self._timeout)
        self._socket.sendall(head + mask + masked)

    def _receive_frame(self, deadline):
        """Kind and payload of a frame; one that is not whole in time stays where it is."""
        size = 2
        while True:
            while len(self._pending) < size:
                self._fill(deadline)
            length = self._pending[1] & 0x7F
            start = {126: 4, 127: 10}.get(length, 2)
            if len(self._pending) < start:
                size = start
                continue
            if start > 2:
                length = int.from_bytes(self._pending[2:start], "big")
            size = start + length
            if len(self._pending) >= size:
                kind, payload = self._pending[0] & 0x0F, self._pending[start:size]
                self._pending = self._pending[size:]
                return kind, payload

    def _fill(self, deadline):
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the switch dropped the connection")
        self._pending += data
