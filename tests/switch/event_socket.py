"""A client of the switch's event socket: one connection, commands in order, no events.

The protocol in short: frames of header lines, a blank line, then as many bytes as Content-Length says.
"""

import socket


class EventSocket:
    def __init__(self, port, password, timeout=20.0):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._reader = self._socket.makefile("rb")
        headers, _ = self._frame()
        if headers.get("Content-Type") != "auth/request":
            raise ConnectionError(f"unexpected greeting: {headers}")
        self._send(f"auth {password}")
        headers, _ = self._frame()
        if not headers.get("Reply-Text", "").startswith("+OK"):
            raise ConnectionError("the event socket refused the password")

    def api(self, command):
        """Run one API command and return what it printed."""
        self._send(f"api {command}")
        while True:
            headers, body = self._frame()
            if headers.get("Content-Type") == "api/response":
                return body

    def close(self):
        self._reader.close()
        self._socket.close()

    def _send(self, line):
        if "\n" in line or "\r" in line:
            raise ValueError("a command is one line")
        self._socket.sendall(line.encode() + b"\n\n")

    def _frame(self):
        headers = {}
        while True:
            line = self._reader.readline()
            if not line:
                raise ConnectionError("the event socket was closed")
            line = line.decode("utf-8", "replace").rstrip("\n")
            if not line:
                break
            name, _, value = line.partition(": ")
            headers[name] = value
        length = int(headers.get("Content-Length", 0))
        return headers, self._reader.read(length).decode("utf-8", "replace")
