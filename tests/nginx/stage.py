"""The service and an nginx with all shipped sites in front of it, changed in nothing but names of files and ports."""

import re
import socket
import subprocess

from ask import Way
from jackfield import REPOSITORY, Jackfield
from processes import Child, free_port, wait_until

HOST = "pbx.example.test"
SITES = ["jackfield.conf", "jackfield-remote.conf"]

STAGE = None


class Stage:
    def __init__(self, folder):
        # nginx's workers are nobody's.
        folder.chmod(0o711)
        self.folder = folder
        self._certificates()
        public = free_port("tcp")
        settings = {"LISTEN_PUBLIC": f"127.0.0.1:{public}"}
        self.service = Jackfield(folder, ["--demo", "--state", str(folder / "state")], settings)
        self.ports = {name: free_port("tcp") for name in ("public", "localhost", "remote")}
        inner = {8080: self.service.port, 8090: public}
        outer = {443: self.ports["public"], 8008: self.ports["localhost"], 8443: self.ports["remote"]}
        sites = "".join(f"include {self._site(name, inner, outer)}; " for name in SITES)
        self._conf = folder / "nginx.conf"
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
        )
        self._conf.write_text(
            f"daemon off; pid {folder}/pid; worker_processes 1; error_log stderr warn; events {{}}\n"
            f"http {{ access_log off; {temporary}{sites}}}\n"
        )
        command = ["nginx", "-p", str(folder), "-c", str(self._conf), "-e", "stderr"]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0 and "[warn]" not in checked.stderr, checked.stderr
        nginx = Child("nginx", command, folder / "nginx.out")
        wait_until(lambda: self._listens(nginx), 10, "nginx listens")

    def _certificates(self):
        """One for nginx, one for a switch, and one for a stranger of an authority that nobody knows."""
        new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
        self._openssl(*new, "-x509", "-days", "1", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
                      "-keyout", "privkey.pem", "-out", "fullchain.pem")
        # As the README makes them; and once more, for strangers.
        readme = (REPOSITORY / "README.md").read_text()
        commands = next(block for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL) if "-out pbx-b.pem" in block)
        self._openssl("sh", "-ec", commands)
        self._openssl("sh", "-ec", commands.replace("switches", "strangers").replace("pbx-b", "stranger"))

    def _openssl(self, *command):
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def _site(self, name, inner, outer):
        text = (REPOSITORY / "nginx" / name).read_text()
        for was, put in [
            (f"/etc/letsencrypt/live/{HOST}", str(self.folder)),
            ("/etc/nginx/jackfield-switches.pem", str(self.folder / "jackfield-switches.pem")),
            ("/var/log/nginx", str(self.folder)),
        ]:
            text = text.replace(was, put)
        for was, port in inner.items():
            text = text.replace(f"http://127.0.0.1:{was};", f"http://127.0.0.1:{port};")
        for was, port in outer.items():
            text = re.sub(rf"listen (127\.0\.0\.1:)?{was}\b", f"listen 127.0.0.1:{port}", text)
            # The other protocol, where this machine has it.
            other = f"listen [::1]:{port}" if self.has_ipv6() else "#"
            text = re.sub(rf"listen \[::\]:{was}\b", other, text)
        site = self.folder / name
        site.write_text(text)
        return site

    def _listens(self, nginx):
        assert nginx.code() is None, nginx.printed()
        try:
            for port in self.ports.values():
                socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    @staticmethod
    def has_ipv6():
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
            return True
        except OSError:
            return False

    def public(self, **options):
        return Way(self.ports["public"], {"server_name": HOST, **options})

    def localhost(self):
        return Way(self.ports["localhost"])

    def remote(self, who=None):
        """With the certificate of a switch, of a stranger, or without one."""
        pair = who and (str(self.folder / f"{who}.pem"), str(self.folder / f"{who}.key"))
        return Way(self.ports["remote"], {"server_name": HOST, "certificate": pair})

    def count(self, family):
        """What the service has counted, all labels together."""
        _, metrics = self.service.get("/metrics")
        lines = [line for line in metrics.splitlines() if re.match(rf"{family}[ {{]", line)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def log(self):
        return (self.folder / "jackfield.out").read_text()
