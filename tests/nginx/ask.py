"""Requests as they stand on the wire, and answers as they come back, but for their date."""

import re
import socket
import ssl

from jackfield import REPOSITORY

REGISTER = (REPOSITORY / "tests" / "bodies" / "42-dir-sip_auth-id-REGISTER.form").read_text()


class Way:
    """A way in: a port on loopback, with TLS where there are options for it."""

    def __init__(self, port, tls=None, address="127.0.0.1"):
        self.port = port
        self._tls = tls
        self._address = address

    def over_ipv6(self):
        return Way(self.port, self._tls, "::1")

    def exchange(self, request):
        """Send bytes; everything that comes back until the other side closes."""
        with socket.create_connection((self._address, self.port), 10) as plain:
            with self._wrapped(plain) as stream:
                stream.sendall(request)
                back = b""
                while part := self._received(stream):
                    back += part
        return re.sub(rb"\r\nDate: [^\r]*", b"", back)

    def ask(self, path, method="GET", headers=("Host: localhost",), version="HTTP/1.1", body=None):
        if body is None:
            body = REGISTER if method == "POST" else ""
        length = [f"Content-Length: {len(body)}"] if body else []
        kind = ["Content-Type: application/x-www-form-urlencoded"] if body else []
        lines = [f"{method} {path} {version}", *headers, *kind, *length, "Connection: close", "", body]
        return self.exchange("\r\n".join(lines).encode())

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self._tls.get("certificate"):
            context.load_cert_chain(*self._tls["certificate"])
        return context

    def _wrapped(self, plain, context=None, session=None):
        if self._tls is None:
            return plain
        context = context or self._context()
        return context.wrap_socket(plain, server_hostname=self._tls["server_name"], session=session)

    def is_resumed(self):
        """Whether a connection can go on with the session of the one before, without showing a certificate."""
        context, session, resumed = self._context(), None, []
        for _ in range(2):
            with socket.create_connection((self._address, self.port), 10) as plain:
                with self._wrapped(plain, context, session) as stream:
                    stream.sendall(b"GET /qqqqq HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    while self._received(stream):
                        pass
                    # With TLS 1.3 it comes after the handshake.
                    session = stream.session
                    resumed.append(stream.session_reused)
        return any(resumed)

    @staticmethod
    def _received(stream):
        try:
            return stream.recv(65536)
        except ConnectionResetError:
            return b""


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else None
