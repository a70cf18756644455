"""A verto client: JSON-RPC over a WebSocket, as much of it as logging in and calling need."""

import json
import time
import uuid

import demo
from websocket import WebSocket

REFUSED = -32601  # the JSON-RPC error of a method that the session may not use
OWN = object()

# Less than a browser offers, no encryption above all, but the switch takes it, and the call can be answered.
OFFER = "".join(
    line + "\r\n"
    for line in """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40404 RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=sendrecv""".splitlines()
)


class VertoClient:
    """One browser's connection to the switch's verto profile; `session` None is for one that names none."""

    def __init__(self, port=demo.VERTO_PORT, timeout=10.0, session=OWN):
        self.session = str(uuid.uuid4()) if session is OWN else session
        self.said = []  # what the switch has said by itself, and nobody has heard yet
        self._last_id = 0
        self._socket = WebSocket(port, "verto", timeout)
        self.address = self._socket.address

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def vanish(self):
        """Be gone without a goodbye, as a browser whose network is."""
        self._socket.vanish()

    def login(self, user, password, domain=demo.DOMAIN, parameters=None, variables=None):
        """Log in and return the reply: it holds either `result` or `error`."""
        login = f"{user}@{domain}" if domain else user
        return self.call(
            "login", login=login, passwd=password, loginParams=parameters or {}, userVariables=variables or {}
        )

    def invite(self, number):
        """Call a number; the call's id, and the reply."""
        call = str(uuid.uuid4())
        dialog = {"callID": call, "destination_number": number, "caller_id_name": "", "caller_id_number": ""}
        return call, self.call("verto.invite", sdp=OFFER, dialogParams=dialog)

    def bye(self, call):
        """End a call; the reply."""
        return self.call("verto.bye", dialogParams={"callID": call})

    def call(self, method, **params):
        """One request, and its reply; what the switch says in between is kept in `said`."""
        self._last_id += 1
        if self.session is not None:
            params["sessid"] = self.session
        self._socket.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": self._last_id}))
        while True:
            message = json.loads(self._socket.receive())
            if message.get("id") == self._last_id and ("result" in message or "error" in message):
                return message
            self.said.append(message)

    def hear(self, method, seconds):
        """What the switch says by this method within some seconds, as its parameters; None if it says nothing."""
        end = time.monotonic() + seconds
        while True:
            for message in self.said:
                if message.get("method") == method:
                    self.said.remove(message)
                    return message.get("params", {})
            try:
                self.said.append(json.loads(self._socket.receive(max(0, end - time.monotonic()))))
            except TimeoutError:
                return None

    def is_dropped(self, seconds):
        """Does the switch end the connection within some seconds?"""
        try:
            self.hear("the end", seconds)
        except ConnectionError:
            return True
        return False


def may(reply):
    """Was the method allowed? Any other error is one of the test."""
    if "error" in reply and reply["error"]["code"] != REFUSED:
        raise AssertionError(f"neither served nor refused: {reply}")
    return "result" in reply
