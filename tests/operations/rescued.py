"""A dedicated server as far as playbooks/robot.yml sees it: a real sshd on loopback that boots from its disk or into the
rescue system, behind the firewall at the provider's switch. Its disks and the provider's installer are stand-ins."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from tests.operations.offsite_place import key
from tests.operations.robot import Robot

STANDINS = {
    "lsblk": """
case "$*" in
  *SIZE*) printf 'sda disk 1 32000000000\\nnvme1n1 disk 0 1920383410176\\nnvme0n1 disk 0 1920383410176\\n' ;;
  *) printf '/dev/nvme0n1 \\n/dev/md0 swap\\n/dev/md1 ext3\\n/dev/md2 ext4\\n' ;;
esac
""",
    "mount": """
[ "$1 $2" = "-o ro" ]
case "$3" in
  /dev/md1) mkdir -p "$4/grub" ;;
  /dev/md2) mkdir -p "$4/etc/ssh"; cp {new}.pub "$4/etc/ssh/ssh_host_ed25519_key.pub" ;;
  *) exit 32 ;;
esac
""",
    "umount": 'rm -rf "$1"/*',
    "installimage": """
[ -n "$TERM" ]
echo "$*" > {log}
[ "$1 $2" = "-a -c" ]
cp "$3" {settings}
[ ! -e {broken} ] || {{ echo "no space left on $3" >&2; exit 1; }}
[ "$4 $5" != "-t yes" ] || cp {folder}/keys.rescue {folder}/keys.new
touch {folder}/installed
""",
}


class Server:
    """Reached at 127.0.0.1:`port`, which the firewall of `robot` guards as the server's port 22."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self._sshd = folder, None
        for name in ("old", "rescue", "new", "operator", "stranger"):
            key(folder / name)
        self.log, self.settings, self.broken = folder / "installer", folder / "autosetup", folder / "broken"
        self.installer = folder / "bin/installimage"
        (folder / "bin").mkdir()
        for name, text in STANDINS.items():
            filled = text.format(
                folder=folder, new=folder / "new", log=self.log, settings=self.settings, broken=self.broken
            )
            (folder / "bin" / name).write_text(f"#!/bin/sh -e\n{filled}")
            (folder / "bin" / name).chmod(0o755)
        (folder / "images").mkdir()
        (folder / "images/Ubuntu-2404-noble-amd64-base.tar.zst").touch()
        (folder / "images/Ubuntu-2404-noble-amd64-base.tar.zst.sig").touch()
        shutil.copy(folder / "operator.pub", folder / "keys.old")
        self.public = (folder / "operator.pub").read_text().strip()
        self.host_key = (folder / "rescue.pub").read_text().strip()
        (folder / "robot").mkdir()
        self.robot = Robot(folder / "robot", self.boot)
        self._inner = _free()
        self._switch = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._switch.getsockname()[1])
        self.system = ""
        self._guarding = threading.Thread(target=self._guard)
        self._guarding.start()
        self.boot()

    def boot(self) -> None:
        """From what the provider says is next: the rescue system once, or the disk."""
        told = self.robot.state.rescue
        if told:
            keys = "".join(f"{each['key']['data']}\n" for each in told["authorized_key"])
            (self.folder / "keys.rescue").write_text(keys)
        self.system = "rescue" if told else "new" if (self.folder / "installed").exists() else "old"
        self.stop()
        settings = {
            "Port": self._inner,
            "ListenAddress": "127.0.0.1",
            "HostKey": self.folder / self.system,
            "UsePAM": "no",
        }
        settings |= {"AuthorizedKeysFile": self.folder / f"keys.{self.system}", "PidFile": "none", "StrictModes": "no"}
        settings |= {"PasswordAuthentication": "no", "Subsystem": "sftp internal-sftp", "AllowUsers": getpass.getuser()}
        settings |= {"SetEnv": f"PATH={self.folder}/bin:/usr/bin:/bin:/usr/sbin:/sbin", "PermitRootLogin": "yes"}
        (self.folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where no systemd has made it
        with (self.folder / "log").open("a") as log:
            command = ["/usr/sbin/sshd", "-D", "-e", "-f", str(self.folder / "sshd_config")]
            self._sshd = subprocess.Popen(command, stderr=log)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._inner)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        if self._sshd:
            self._sshd.terminate()
            self._sshd.wait(10)

    def close(self) -> None:
        self.stop()
        self.robot.close()
        self._switch.shutdown(socket.SHUT_RDWR)
        self._guarding.join(10)
        self._switch.close()

    def _guard(self) -> None:
        """The switch: a new connection passes if the firewall lets it in, else it hears nothing."""
        with contextlib.ExitStack() as unheard:
            while True:
                try:
                    outer, _ = self._switch.accept()
                except OSError:
                    return
                if self.robot.lets_in(22):
                    threading.Thread(target=_pass, args=(outer, self._inner), daemon=True).start()
                else:
                    unheard.enter_context(outer)  # silence: neither answered nor refused


def _pass(outer: socket.socket, port: int) -> None:
    with outer, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as inner:
        inner.settimeout(None)
        back = threading.Thread(target=_carry, args=(inner, outer))
        back.start()
        _carry(outer, inner)
        back.join()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
