"""The service behind nginx, Prometheus in front of it, and a switch that asks; one of each for the whole run."""

import atexit
import functools
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = TOP / "prometheus"
# Long enough for a rate over what was played.
PLAYED_FOR = 12

_SETTINGS = """
listen_machine = "127.0.0.1:{service}"
[sections.dialplan]
deadline_ms = 200
[[switches]]
name = "pbx-a"
address = "127.0.0.1:{nobody}"
password = "of nobody"
"""
_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}
http {{
  log_format asked '$request_id $uri';
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {server}
}}
"""


class Stage:
    def __init__(self):
        held = tempfile.TemporaryDirectory(prefix="jackfield-watching-")
        self._running = []
        atexit.register(self._end, held)
        # Whoever runs out of time leaves nobody behind, either.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        self.folder = pathlib.Path(held.name)
        self.ports = dict(zip(("service", "nginx", "prometheus", "nobody"), _free_ports(4)))
        self._serve()
        self._pass_on()
        self._scrape()
        _until("the service answers through nginx", lambda: self.get("nginx", "/health"))
        _until("Prometheus is ready", lambda: self.get("prometheus", "/-/ready"))
        self._play()

    def get(self, who, path):
        # The name that nginx's server has.
        return urllib.request.urlopen(f"http://localhost:{self.ports[who]}{path}", timeout=5).read().decode()

    def api(self, path, **fields):
        """What Prometheus answers; its own words where it refuses."""
        try:
            answer = json.loads(self.get("prometheus", f"/api/v1/{path}?{urllib.parse.urlencode(fields)}"))
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{fields}: {error.read().decode()}") from None
        assert answer["status"] == "success", answer
        return answer["data"]

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()

    def query(self, expression):
        return self.api("query", query=expression)["result"]

    def _serve(self):
        settings = self.folder / "jackfield.toml"
        settings.write_text(_SETTINGS.format(**self.ports))
        program = os.environ["JACKFIELD_SLEEPERS"]
        self._run("service", [program, "serve", "--demo", "--config", settings, "--state", self.folder / "state"])

    def _pass_on(self):
        sites = "\n".join(site.read_text() for site in sorted((TOP / "nginx").glob("*.conf")))
        servers = re.findall(r"^server \{.*?^\}", sites, re.DOTALL | re.MULTILINE)
        (server,) = [server for server in servers if "server_name localhost;" in server]
        for shipped, ours in (("127.0.0.1:8008", "nginx"), ("127.0.0.1:8080", "service")):
            assert shipped in server, f"{shipped} is not in nginx's localhost server"
            server = server.replace(shipped, f"127.0.0.1:{self.ports[ours]}")
        # Its ids are in no log that is shipped: switches ask too often.
        server = server.replace("access_log off;", f"access_log {self.folder}/asked.log asked;")
        configuration = self.folder / "nginx.conf"
        configuration.write_text(_NGINX.format(folder=self.folder, server=server))
        self._run("nginx", ["nginx", "-p", self.folder, "-c", configuration, "-e", "stderr"])

    def _scrape(self):
        shipped = (SHIPPED / "scrape.yml").read_text()
        assert 'targets: ["localhost:8008"]' in shipped
        ours = shipped.replace("localhost:8008", f"localhost:{self.ports['nginx']}").replace("_interval: 15s", "_interval: 1s")
        (self.folder / "scrape.yml").write_text(ours)
        (self.folder / "rules.yml").write_text((SHIPPED / "rules.yml").read_text())
        self._run(
            "prometheus",
            [
                "prometheus",
                f"--config.file={self.folder}/scrape.yml",
                f"--storage.tsdb.path={self.folder}/tsdb",
                f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}",
                "--log.level=warn",
            ],
        )

    def _play(self):
        """Asks what switches asked, over and over; and what breaks, hangs and is refused."""
        recorded = [body.read_bytes() for body in sorted((TOP / "tests/bodies").glob("*.form"))]
        assert len(recorded) > 70
        call = next((TOP / "tests/bodies").glob("23-*.form")).read_bytes()
        ends = time.monotonic() + PLAYED_FOR
        for turn in itertools.count():
            if time.monotonic() > ends:
                return
            # To handlers that sleep for ten seconds, each time to another number.
            for context in (b"sleeps", b"sleeps-outside"):
                asleep = call.replace(b"Context=default", b"Context=" + context)
                self._post(re.sub(rb"Destination-Number=\d+", b"Destination-Number=%d" % turn, asleep))
            for body in recorded:
                self._post(body)
            self._post(recorded[41] + b"&purpose=x")  # somebody writes into it
            self._post(b"")
            self._post(call, host="pbx.example.test")
            time.sleep(0.5)

    def _post(self, body, host="localhost"):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["nginx"], timeout=5)
        kind = "application/x-www-form-urlencoded"
        connection.request("POST", "/fsapi", body, {"Host": host, "Content-Type": kind})
        connection.getresponse().read()
        connection.close()

    def _run(self, name, command):
        # Nothing of whoever runs the tests.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JACKFIELD_")}
        with open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        self._running.append((name, process))

    def _end(self, held):
        for name, process in reversed(self._running):
            if process.poll() is not None:
                print(f"{name} has ended with {process.returncode}:\n{self.log(name)}")
            process.terminate()
        for _, process in self._running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        held.cleanup()


@functools.cache
def stage():
    return Stage()


def _free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _until(what, ask):
    started = time.monotonic()
    while True:
        try:
            return ask()
        except OSError as error:
            if time.monotonic() - started > 20:
                raise AssertionError(f"not within 20 s: {what}: {error}") from None
        time.sleep(0.1)
