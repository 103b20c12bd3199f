"""Where tests keep their files: in memory, if the machine has a place for that.

What a test writes is thrown away, so waiting for a disk proves nothing. The calls that
ask for durability are made all the same.
"""

import pathlib
import shutil

PLACE = pathlib.Path("/dev/shm")
ENOUGH = 4 * 1024**3  # bytes; what containers get by default is too little


def temporary_folder() -> str:
    """Gives the folder for temporary files, short enough for sockets below it."""
    if PLACE.is_mount() and shutil.disk_usage(PLACE).free >= ENOUGH:
        return str(PLACE)
    return "/tmp"
