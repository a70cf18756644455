"""A stand-in for the service: lets every verto user in with one password, and answers the hooks as a test says."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

PASSWORD = "of the stand-in"
NOT_FOUND = '<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>'
USER = """<document type="freeswitch/xml"><section name="directory"><domain name="{domain}"><user id="{user}">
<params>
  <param name="a1-hash" value="{hash}"/>
  <param name="jsonrpc-allowed-methods" value="{methods}"/>
</params>
<variables><variable name="jackfield_client" value="{user}"/></variables>
</user></domain></section></document>"""


class StandIn:
    """`answer` makes the answer to a login's fields. `told` are the fields of what the hooks have posted, each with the
    time of its answer; `asked` are those of look-ups. While it has to `refuse`, it hangs up on everybody."""

    def __init__(self):
        self.answer = lambda fields: "punt\n"
        self.methods = "echo"
        self.refuse = False
        self.told = []
        self.asked = []
        self._server = None
        self.port = self.start(0)
        self.url = f"http://127.0.0.1:{self.port}/fsapi"

    def start(self, port=None):
        """Listen, on the port of before; the port."""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                if stand_in.refuse:
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = dict(parse_qsl(body, keep_blank_values=True))
                text = stand_in.look_up(fields) if "section" in fields else stand_in.hear(fields)
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    pass  # whoever asked has not waited

            def log_message(self, *_):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port if port is None else port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self._server.server_port

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def look_up(self, fields):
        self.asked.append(fields)
        user, domain = fields.get("user", ""), fields.get("domain", "")
        if fields["section"] != "directory" or not user:
            return NOT_FOUND
        secret = hashlib.md5(f"{user}:{domain}:{PASSWORD}".encode()).hexdigest()
        return USER.format(user=user, domain=domain, hash=secret, methods=self.methods)

    def hear(self, fields):
        text = self.answer(fields) if fields["action"] == "verto_client_login" else "ok\n"
        self.told.append((fields, time.monotonic()))
        return text
