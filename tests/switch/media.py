"""The audio side of a phone: RTP with PCMU, sound or silence, and keys as RFC 4733 telephone events.

It speaks to wherever the switch's packets come from, so it needs nothing from the SIP side but its own port.
"""

import math
import random
import socket
import struct
import threading
import time

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


# One second of 400 Hz: each 20 ms of it hold eight whole periods, so frames can be repeated.
TONE = bytes(to_mulaw(int(8000 * math.sin(2 * math.pi * 400 * n / 8000))) for n in range(FRAME))


class Audio:
    """A sender and a listener on one local port, from `with` to its end."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self.heard = 0  # frames received that were not silence
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

    def speak(self, seconds):
        """Send a tone for so long, instead of silence."""
        self._speaking = True
        time.sleep(seconds)
        self._speaking = False

    def press(self, keys, gap=0.15):
        """Press keys one after the other, and return when the last one was sent."""
        for key in keys:
            self._keys.append(KEYS.index(key))
            while self._keys and not self._ended.is_set():
                time.sleep(0.01)
            time.sleep(gap)

    def wait_for_sound(self, seconds, frames=5):
        """True once so many frames of sound came in that were not there before."""
        start, end = self.heard, time.monotonic() + seconds
        while time.monotonic() < end:
            if self.heard - start >= frames:
                return True
            time.sleep(0.02)
        return False

    def _listen(self):
        while not self._ended.is_set():
            try:
                packet, self._remote = self._socket.recvfrom(2048)
            except socket.timeout:
                continue
            except OSError:
                continue
            if len(packet) > 12 and packet[1] & 0x7F == PCMU and len(set(packet[12:])) > 2:
                self.heard += 1

    def _talk(self):
        sequence, stamp, source = random.randrange(1 << 15), random.randrange(1 << 31), random.randrange(1 << 32)
        due = time.monotonic()

        def send(kind, payload, at, marker=False):
            nonlocal sequence
            header = struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), sequence & 0xFFFF, at & 0xFFFFFFFF, source)
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
