"""The clock of one process, which can be made to jump; the machine's stays as it is."""

import glob

LIBRARIES = "/usr/lib*/*/faketime/libfaketimeMT.so.1"


class Clock:
    """Offsets are in days. What counts from the start of the machine goes on as it did, as with a real jump."""

    def __init__(self, folder):
        found = glob.glob(LIBRARIES) + glob.glob(LIBRARIES.replace("/*/faketime", "/faketime"))
        assert found, "libfaketime is not installed (Debian: apt install faketime)"
        self._file = folder / "clock"
        self.jump(0)
        self.variables = {
            "LD_PRELOAD": found[0],
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, days):
        # Whole at once: the process may be reading it.
        part = self._file.with_suffix(".part")
        part.write_text(f"{days * 86400:+d}\n")
        part.rename(self._file)
