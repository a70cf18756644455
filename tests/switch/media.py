"""The audio side of a phone: RTP with PCMU, sound or silence, and keys as RFC 4733 telephone events.

It speaks to wherever the switch's packets come from, so it needs nothing from the SIP side but its own port. That
makes it a phone that says nothing first, as one with silence suppression does: a SIP profile without a timer of its own
stalls here. Where nobody speaks first, `follow` tells it the switch's port.
"""

import math
import random
import socket
import struct
import threading
import time

from processes import wait_until

KEYS = "0123456789*#"
PCMU, EVENTS = 0, 101
FRAME = 160  # samples in 20 ms
SILENCE = b"\xff" * FRAME


def to_mulaw(sample):
    """One 16-bit sample as G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def from_mulaw(code):
    """How loud one mu-law byte is: the size of its 16-bit sample."""
    code = ~code & 0xFF
    return (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132


LOUDNESS = [from_mulaw(code) for code in range(256)]
AUDIBLE = 1000  # mean size of the samples; the switch's own comfort noise stays below it

# 20 ms of 400 Hz hold eight whole periods, so one frame can be repeated.
TONE = bytes(to_mulaw(int(8000 * math.sin(2 * math.pi * 400 * n / 8000))) for n in range(FRAME))


def is_audible(frame):
    """Sound, as against silence and comfort noise."""
    return sum(LOUDNESS[code] for code in frame) > AUDIBLE * len(frame)


class Audio:
    """A sender and a listener on one local port, from `with` to its end."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self.heard = 0  # audible frames received
        self._remote = None
        self._speaking = False
        self._keys = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._listen, self._talk)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(2)
        self._socket.close()

    def follow(self, port):
        """Speak to this port of the switch, without waiting to be spoken to."""
        self._remote = self._remote or ("127.0.0.1", port)

    def start_speaking(self):
        """Send a tone from now on, instead of silence."""
        self._speaking = True

    def speak(self, seconds):
        """Send a tone for so long."""
        self.start_speaking()
        time.sleep(seconds)
        self._speaking = False

    def press(self, keys, gap=0.15):
        """Press keys one after the other, and return when the last one was sent."""
        for key in keys:
            self._keys.append(KEYS.index(key))
            wait_until(lambda: not self._keys, 5, "the switch sends audio, so that keys have a way to go", 0.01)
            time.sleep(gap)

    def wait_for_sound(self, seconds, frames=5):
        """Fail unless so many frames of sound come in from now on."""
        start = self.heard
        wait_until(lambda: self.heard - start >= frames, seconds, f"{frames} frames of sound", 0.02)

    def wait_for_prompt(self, seconds, quiet=0.8):
        """Wait for a prompt and its end: some sound, then a stretch without any."""
        self.wait_for_sound(seconds)
        last, since, end = self.heard, time.monotonic(), time.monotonic() + seconds
        while time.monotonic() - since < quiet:
            if self.heard != last:
                last, since = self.heard, time.monotonic()
            if since > end:
                raise AssertionError(f"the prompt does not end within {seconds:g} s")
            time.sleep(0.02)

    def _listen(self):
        while not self._ended.is_set():
            try:
                packet, self._remote = self._socket.recvfrom(2048)
            except socket.timeout:
                continue
            except OSError:
                continue
            if len(packet) > 12 and packet[1] & 0x7F == PCMU and is_audible(packet[12:]):
                self.heard += 1

    def _talk(self):
        sequence, stamp, source = random.randrange(1 << 15), random.randrange(1 << 31), random.randrange(1 << 32)
        due = time.monotonic()

        def send(kind, payload, at, marker=False):
            nonlocal sequence
            kind |= 0x80 if marker else 0
            header = struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, at & 0xFFFFFFFF, source)
            sequence += 1
            try:
                self._socket.sendto(header + payload, self._remote)
            except OSError:
                pass

        def pause():
            nonlocal due, stamp
            stamp += FRAME
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))

        while not self._ended.is_set():
            if self._remote and self._keys:
                start = stamp
                for step in range(1, 6):  # 100 ms; the length grows, the time stamp stays
                    send(EVENTS, struct.pack("!BBH", self._keys[0], 10, step * FRAME), start, marker=step == 1)
                    pause()
                for _ in range(3):  # the end of an event is sent three times
                    send(EVENTS, struct.pack("!BBH", self._keys[0], 0x80 | 10, 5 * FRAME), start)
                self._keys.pop(0)
            elif self._remote:
                send(PCMU, TONE if self._speaking else SILENCE, stamp)
            pause()
