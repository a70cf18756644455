"""A verto client: JSON-RPC over a WebSocket (RFC 6455), as much of both as a login needs."""

import base64
import hashlib
import json
import os
import socket
import struct
import uuid

import demo

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class VertoClient:
    """One browser's connection to the switch's verto profile."""

    def __init__(self, port=demo.VERTO_PORT, timeout=10.0):
        self.session = str(uuid.uuid4())
        self._last_id = 0
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._reader = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: verto\r\n\r\n".encode()
        )
        status = self._reader.readline().decode()
        if " 101 " not in status:
            raise ConnectionError(f"no WebSocket here: {status.strip()}")
        headers = {}
        while (line := self._reader.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        expected = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        if headers.get("sec-websocket-accept") != expected:
            raise ConnectionError("the WebSocket handshake is wrong")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Say goodbye and let the switch hang up: it warns of clients that just vanish."""
        try:
            self._send_frame(8, b"\x03\xe8")
            while self._reader.read(1):
                pass
        except OSError:
            pass
        self._reader.close()
        self._socket.close()

    def login(self, user, password):
        """Log in and return the reply: it holds either `result` or `error`."""
        return self.call("login", login=f"{user}@{demo.DOMAIN}", passwd=password, loginParams={}, userVariables={})

    def call(self, method, **params):
        """One request, and its reply; what the switch says in between is skipped."""
        self._last_id += 1
        params["sessid"] = self.session
        self._send({"jsonrpc": "2.0", "method": method, "params": params, "id": self._last_id})
        while True:
            message = self._receive()
            if message.get("id") == self._last_id and ("result" in message or "error" in message):
                return message

    def _send(self, message):
        self._send_frame(1, json.dumps(message).encode())

    def _send_frame(self, kind, payload):
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | length)
        else:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, length)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._socket.sendall(head + mask + masked)

    def _receive(self):
        """The next JSON message; pings are answered on the way."""
        while True:
            kind, payload = self._receive_frame()
            if kind == 9:
                self._send_frame(10, payload)
            elif kind == 8:
                raise ConnectionError("the switch closed the WebSocket")
            elif kind == 1:
                return json.loads(payload)

    def _receive_frame(self):
        first, second = self._read(2)
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", self._read(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self._read(8))[0]
        return first & 0x0F, self._read(length)

    def _read(self, length):
        data = self._reader.read(length)
        if len(data) < length:
            raise ConnectionError("the switch dropped the connection")
        return data
