"""A small disk in memory, to be filled. In a mount namespace of the suite's own nobody else sees it."""

import subprocess
import sys
import unittest

_disks = []


def close_disks():
    """Those of a test that was broken off."""
    for disk in list(_disks):
        disk.close()


class Disk:
    """So many MiB, in a folder."""

    def __init__(self, folder, mebibytes):
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=711", "jackfield-faults", str(folder)]
        done = subprocess.run(mount, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            why = f"no disk can be filled, because none can be mounted: {done.stdout}"
            print(f"\nSKIP  SKIP  SKIP: {why}", file=sys.stderr)
            raise unittest.SkipTest("needs to mount a tmpfs, as root can")
        _disks.append(self)

    def fill(self):
        """Until nothing more fits."""
        with open(self._ballast, "ab", buffering=0) as ballast:
            for size in (1 << 20, 4096, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError:
                    pass

    def clear(self):
        """There is room again."""
        self._ballast.unlink(missing_ok=True)

    def close(self):
        if self not in _disks:
            return
        _disks.remove(self)
        # Lazily: what still runs there may end after it.
        subprocess.run(["umount", "--lazy", str(self.folder)], stderr=subprocess.DEVNULL)
