"""A file system whose power can be cut: what was not on it at that moment is lost, as on a real disk.

An ext4 in a file. `cut` ends it with the kernel's own call for that, which writes nothing back, not even its journal;
`mend` mounts it again, as a server does after the power has come back. It commits rarely and flushes nothing for a
rename, so that whoever forgot an fsync loses what he wrote.
"""

import fcntl
import os
import struct
import subprocess
import time
from pathlib import Path

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_WITHOUT_THE_LOG = 2
_OPTIONS = "commit=60,noauto_da_alloc"


class Disk:
    """`folder` is where it is mounted. Needs root and loop devices."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image, self.folder = image, folder

    def make(self, size: str = "12G") -> None:
        self.image.parent.mkdir(parents=True, exist_ok=True)
        self.image.unlink(missing_ok=True)
        _run("truncate", f"--size={size}", str(self.image))
        _run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()

    def mount(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        device = _run("losetup", "--find", "--show", str(self.image))
        _run("mount", "-t", "ext4", "-o", _OPTIONS, device, str(self.folder))
        _run("losetup", "--detach", device)  # it goes when nobody has it mounted any more

    def cut(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _WITHOUT_THE_LOG))
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """Waits for those who are still leaving it."""
        for _ in range(100):
            if subprocess.run(["umount", str(self.folder)], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        _run("umount", str(self.folder))

    def mend(self) -> None:
        self.unmount()
        self.mount()

    def remove(self) -> None:
        self.unmount()
        self.image.unlink()
        self.folder.rmdir()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()
