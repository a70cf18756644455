"""Stands between the switch and the service, and makes every user that the switch looks up one that it caches for ever.

The service itself marks no user so. A company's handler may, and so may another service behind the same switch.
"""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class CachingProxy:
    """Listens on a port of its own until `stop`; `users` are the values of the field `user` that came through it."""

    def __init__(self, port):
        """`port` is the service's, on loopback."""
        self.users = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fields = dict(pair.split("=", 1) for pair in body.decode().split("&") if "=" in pair)
                service = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                service.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
                answer = service.getresponse()
                text = answer.read()
                if fields.get("section") == "directory" and "user" in fields:
                    proxy.users.append(fields["user"])
                    text = text.replace(b"<user id=", b'<user cacheable="true" id=')
                self.send_response(answer.status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/fsapi"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
