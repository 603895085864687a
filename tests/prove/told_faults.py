"""Twelve faults of a serving machine: how each is made and mended, and what a person must be told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.host.callers import Caller
from tests.host.hosts import Host
from tests.prove.told_host import EMBEDDER, HERE, mirror, put
from tests.prove.told_phone import MISSED

Act = Callable[[Host, Caller], Any]
_BACKUPS = "/var/backups/sales-machine"
_MEMORY = "/var/lib/sales-machine/conversations.db"
_KEYS = "/etc/sales-machine/api_keys"
_LIVE = "/etc/letsencrypt/live/machine.test"


@dataclass(frozen=True)
class Fault:
    """`name`: the alert that tells it, as its line begins; `says`: words of the message; `made`: with what, for the table.

    `within_s`: from its beginning to the message, and from its mending to the message that it is over. `meanwhile`:
    the title of a fault that has been told, and lasts, when this one begins.
    """

    title: str
    name: str
    says: tuple[str, ...]
    made: str
    begin: Act
    mend: Act
    within_s: tuple[float, float] = (120, 150)
    meanwhile: str = ""
    reminded: bool = True


def _sh(script: str) -> Act:
    return lambda host, caller: host.sh(script)


def _card(state: str) -> Act:
    return lambda host, caller: put(host, f"{HERE}/card", state)


def _fill(host: Host, caller: Caller) -> None:
    """To nine tenths: a warning of the doctor, and room enough for all that runs."""
    host.sh(
        "fallocate -l $(( $(df --output=avail -B1 /var | tail -1) - $(df --output=size -B1 /var | tail -1) / 10 )) /var/filler"
    )


def _expire(host: Host, caller: Caller) -> None:
    """A certificate of the same name that ends in ten days, where the newest one lies."""
    host.sh(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 10 -subj /CN=machine.test"
        f" -addext subjectAltName=DNS:machine.test -keyout /dev/null -out /root/short.pem"
        f" && cat /root/short.pem > $(readlink -f {_LIVE}/fullchain.pem)"
    )


def _searches(caller: Caller, times: int) -> None:
    for number in range(times):
        caller.turn(f"Сколько стоит тариф Старт, вопрос {number}?", f"7700{number}")


def _search_fails(host: Host, caller: Caller) -> None:
    host.sh(f"touch {HERE}/embedder-fails")
    _searches(caller, 4)


def _search_works(host: Host, caller: Caller) -> None:
    """The model that failed is left alone for half a minute, then the next customer's message shows that it answers."""
    host.sh(f"rm {HERE}/embedder-fails; sleep 31")
    _searches(caller, 2)


def _wrong_model(host: Host, caller: Caller) -> None:
    host.sh(
        f"find /var/lib/ollama/models -path '*manifests*' -type f -exec mv {{}} {HERE}/manifest \\; -fprint {HERE}/manifest.at"
    )


def _right_model(host: Host, caller: Caller) -> None:
    host.sh(f"mv {HERE}/manifest $(cat {HERE}/manifest.at)")


def _backup_fails(host: Host, caller: Caller) -> None:
    """The folder of the backups is a file."""
    host.sh(f"mv {_BACKUPS} {_BACKUPS}.aside && touch {_BACKUPS}; systemctl start sales-machine-backup.service || true")


OLLAMA = "Ollama is stopped"
# Of each row the faults come one after another, and the rows at once.
CHAINS: tuple[tuple[Fault, ...], ...] = (
    (
        Fault("the disk is full", "DoctorFinds disk", ("GiB free", "Do: du -xh"), "real: nine tenths of an ext4 of its own",
              _fill, _sh("rm /var/filler")),
        Fault("the clock follows no time server", "DoctorFinds clock", ("not synchronised", "Do: timedatectl"),
              "stand-in: what `timedatectl` says", _sh(f"echo no > {HERE}/clock"), _sh(f"echo yes > {HERE}/clock")),
        Fault("a second fault during a first: the keys can be read by anybody, while Ollama is stopped",
              "DoctorFinds API keys", ("may be read by any account", "Do: chmod 600"), "real",
              _sh(f"chmod 644 {_KEYS}"), _sh(f"chmod 600 {_KEYS}"), meanwhile=OLLAMA),
        Fault("the certificate ends in ten days", "DoctorFinds certificate", ("valid for", "Do: certbot renew"),
              "real, and mended by the renewal that the message names", _expire,
              _sh("certbot renew --force-renewal --no-random-sleep-on-renew --quiet")),
        Fault("the memory cannot be written", "DoctorFinds data folder", ("may not write", "Do: chmod"),
              "real: the file's rights", _sh(f"chmod 444 {_MEMORY}"), _sh(f"chmod 600 {_MEMORY}")),
        Fault("the search's model fails", "DoctorFinds search", (f"no answer from {EMBEDDER}",),
              "stand-in: an embedder that raises", _search_fails, _search_works),
    ),
    (
        Fault(OLLAMA, "ModelDown", ("does not answer", "ModelDown.md"), "real: its unit is stopped; an emulated model",
              _sh("systemctl stop ollama"), _sh("systemctl start ollama"), (450, 150)),
        # It goes on answering from its memory, so the doctor alone sees it, and Prometheus has six minutes to tell it first.
        Fault("the model is missing", "DoctorFinds model", ("is not there", "Do: ollama pull"),
              "real: its manifest is away; an emulated model", _wrong_model, _right_model, (450, 150)),
        Fault("the card is lost", "GpuDown", ("graphics card", "GpuDown.md"), "stand-in: a fake NVML library",
              _card("err.device=15\n"), _card(""), (240, 150)),
    ),
    (
        Fault("a mirror has lost a disk", "RaidShort", ("mirror", "RaidShort.md"),
              "stand-in: node_exporter's figures of /proc/mdstat", lambda host, _: mirror(host, 1),
              lambda host, _: mirror(host, 2), (240, 150)),
        Fault("the backup fails", "UnitFailed sales-machine-backup.service", ("failed", "Do: sudo journalctl"),
              "real: its folder is a file", _backup_fails,
              _sh(f"rm {_BACKUPS} && mv {_BACKUPS}.aside {_BACKUPS} && systemctl start sales-machine-backup.service")),
    ),
)  # fmt: skip
# Nobody on the server can tell this one, so it comes when all else is over.
LAST = Fault("nothing on the server can tell: Alertmanager is stopped", MISSED, ("no call",),
             "real: its unit is stopped; a service outside that waits for the heartbeat",
             _sh("systemctl stop prometheus-alertmanager"), _sh("systemctl start prometheus-alertmanager"),
             (240, 150), reminded=False)  # fmt: skip
