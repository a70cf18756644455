"""SIP digest credentials with MD5 or SHA-256 (RFC 7616 and 8760).

SIPp releases that are still common cannot do SHA-256, and give up when a switch offers it beside MD5. So the suite asks
for a challenge itself, picks the algorithm, and hands SIPp a finished header; the password never leaves this process.
"""

import hashlib
import re
import secrets
import socket

import demo

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

REGISTER = """REGISTER sip:{domain} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{token}
Max-Forwards: 70
From: <sip:{user}@{domain}>;tag={token}
To: <sip:{user}@{domain}>
Call-ID: {token}@127.0.0.1
CSeq: 1 REGISTER
Contact: <sip:{user}@127.0.0.1:{port}>
Expires: 300
Content-Length: 0

"""


def challenges(number):
    """What the switch offers to a REGISTER without credentials: algorithm -> fields of the challenge."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        link.settimeout(1.0)
        fields = {"domain": demo.DOMAIN, "user": number, "port": link.getsockname()[1], "token": secrets.token_hex(8)}
        request = REGISTER.format(**fields).replace("\n", "\r\n").encode()
        for _ in range(5):
            link.sendto(request, ("127.0.0.1", demo.SIP_PORT))
            try:
                return parse_challenges(link.recv(65536).decode("utf-8", "replace"))
            except socket.timeout:
                continue
    raise AssertionError("the switch does not answer a REGISTER")


def parse_challenges(answer):
    """The challenges of a 401 by algorithm."""
    status, *lines = answer.split("\r\n")
    if " 401 " not in status:
        raise AssertionError(f"a REGISTER without credentials was answered {status!r}, not 401")
    offered = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip().lower() == "www-authenticate":
            found = re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', value)
            fields = {key: quoted or plain for key, quoted, plain in found}
            offered[fields.get("algorithm", "MD5").upper()] = fields
    return offered


def credentials(user, password, method, uri, algorithm=None, offered=None):
    """The finished credentials header for one request; without a choice, MD5 where it is offered."""
    offered = offered or challenges(user)
    if algorithm is None:
        algorithm = "MD5" if "MD5" in offered else next(iter(offered))
    if algorithm not in offered:
        raise AssertionError(f"the switch offers {' and '.join(offered)}, not {algorithm}")
    challenge = offered[algorithm]

    def digest(*parts):
        return HASHES[algorithm](":".join(parts).encode()).hexdigest()

    realm, nonce, cnonce, count = challenge["realm"], challenge["nonce"], secrets.token_hex(8), "00000001"
    secret = digest(user, realm, password)
    response = digest(secret, nonce, count, cnonce, "auth", digest(method, uri))
    name = "Authorization" if method == "REGISTER" else "Proxy-Authorization"
    return (
        f'{name}: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
        f'algorithm={algorithm}, cnonce="{cnonce}", qop=auth, nc={count}'
    )
