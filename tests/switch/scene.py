"""What runs together for some tests: it is started in its order, ended in the reverse one, and leaves no passwords."""

import shutil
import tempfile
from pathlib import Path

from processes import stop_all

keep = False  # whether folders are kept


class Scene:
    """Processes in a folder of their own that only its owner can read. `start` starts them."""

    name = None  # of the folder

    def __init__(self, *args):
        self._stops = []
        self.folder = Path(tempfile.mkdtemp(prefix=f"jackfield-{self.name}-"))
        try:
            self.start(*args)
        except BaseException:
            self.close()
            raise

    def stops(self, stop):
        """What `close` is to do, before all that it was told earlier."""
        self._stops.append(stop)

    def close(self):
        """Stop all, the last first, and remove the folder: it holds passwords."""
        while self._stops:
            self._stops.pop()()
        stop_all()
        remove(self.folder)


def remove(folder):
    """Remove a folder of passwords and logs, or say where it is if it is to be kept."""
    if keep:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
