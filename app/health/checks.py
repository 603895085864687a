"""The doctor's checks: pure functions from gathered facts to findings, each with a fix to paste."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Final

from app.health.facts import (
    DatabaseFacts,
    DescriptorFacts,
    DiskFacts,
    FileFacts,
    FolderFacts,
    MemoryFacts,
)
from app.health.network import CertificateFacts, Listener, OllamaFacts, ServiceFacts
from app.health.readiness import Level, PartState, model_part, ready

_GIB: Final = 1 << 30
_MIB: Final = 1 << 20
_DAY_S: Final = 86_400
_LOG_BYTES: Final = 64 << 20
"""The log is begun again after 4 MiB unless somebody goes on reading."""
_AHEAD_S: Final = 60
"""A newest turn this far in the future cannot be explained by rounding: the clock was stepped back."""


def run(name: str, check: Callable[[], Iterable[PartState]]) -> tuple[PartState, ...]:
    """The findings of one check; a check that crashes is an error itself, and the others go on."""
    try:
        return tuple(check())
    except Exception as error:
        # whatever it is, the operator must see the other findings too
        detail = f"this check failed: {error or type(error).__name__}"
        return (PartState(name, "error", detail, "run as the service's account or root; else report it with --json"),)


def check_folder(folder: FolderFacts) -> PartState:
    """There, for its owner alone, and everything in it the owner's."""
    name, path = "data folder", quote(str(folder.path))
    if folder.self_ is None:
        fix = f"name the right one with --data, or install -d -m 700 {path} and start the service once"
        return PartState(name, "error", f"{folder.path}: {folder.problem}", fix)
    if folder.problem:
        return PartState(name, "error", f"{folder.path}: {folder.problem}", "run as root or as the service's account")
    if (wrong := _wrong_rights(folder, folder.self_)) is not None:
        return wrong
    if folder.damaged:
        kept = folder.damaged[-1]
        detail = f"{kept.name} still holds customers' words, which neither retention nor forgetting reaches"
        return PartState(name, "warning", detail, f"machine salvage --data {path}, then rm -r {quote(str(kept))}")
    return PartState(name, "ok", f"{folder.path}, for its owner alone, {len(folder.files)} files")


def _wrong_rights(folder: FolderFacts, own: FileFacts) -> PartState | None:
    """What its owner cannot write, or others can read."""
    name, path = "data folder", quote(str(folder.path))
    foreign = [file for file in folder.files if file.uid != own.uid]
    if foreign:
        names = ", ".join(file.path.name for file in foreign)
        fix = f"chown -R --reference={path} {path}"
        return PartState(name, "error", f"{names}: not of the folder's owner, who cannot write them", fix)
    locked = [file for file in (own, *folder.files) if not file.mode & 0o200]
    if locked:
        names = ", ".join(f"{file.path.name} ({file.mode:o})" for file in locked)
        return PartState(name, "error", f"the service may not write what is its own: {names}", f"chmod -R u+rwX {path}")
    open_ = [file for file in (own, *folder.files) if file.mode & 0o077]
    if open_:
        named = ", ".join(f"{file.path.name} ({file.mode:o})" for file in open_)
        level: Level = "error" if any(file.mode & 0o007 for file in open_) else "warning"
        fix = f"chmod 700 {path} && find {path} -maxdepth 1 -type f -exec chmod 600 {{}} +"
        return PartState(name, level, f"customers' words may be read by other accounts: {named}", fix)
    return None


def check_keys(file: FileFacts | None, problem: str, serving: bool) -> PartState:
    """`problem` is why no keys could be read here; a `serving` service got its own, perhaps from systemd."""
    name = "API keys"
    if file is not None and file.mode & 0o007:
        fix = f"chmod 600 {quote(str(file.path))}; make new keys, the old ones were readable"
        return PartState(name, "error", f"{file.path} may be read by any account ({file.mode:o})", fix)
    if problem and serving and file is None:
        return PartState(name, "ok", "none visible here; the running service has its own")
    if problem:
        make = "(umask 077; openssl rand -base64 32 > /etc/sales-machine/api_keys)"
        fix = f"make one and name its file in api.keys_file: {make}"
        return PartState(name, "error", problem, fix)
    return PartState(name, "ok", str(file.path) if file else "from the environment")


def check_database(facts: DatabaseFacts, known: int, service: int | None = None) -> PartState:
    """`known`: the schema of this release. `service`: the process that serves, whose own lock is no trouble."""
    path = quote(str(facts.path))
    if not facts.exists:
        fix = "start the service once, or name the right folder with --data"
        return PartState("database", "warning", f"{facts.path} does not exist yet: nothing was said so far", fix)
    unusable = _unusable(facts, known) or _hindered(facts, service)
    if unusable is not None:
        return unusable
    if not facts.complete:
        fix = f"at a quiet hour: sqlite3 {path} 'PRAGMA quick_check'"
        return PartState("database", "warning", f"schema {facts.schema}; too large to be checked through in time", fix)
    return PartState("database", "ok", f"intact, schema {facts.schema}")


def _unusable(facts: DatabaseFacts, known: int) -> PartState | None:
    """A file that must not be served from."""
    name, path, folder = "database", quote(str(facts.path)), quote(str(facts.path.parent))
    restore = (
        f"systemctl stop sales-machine.socket sales-machine; machine restore BACKUPS --data {folder};"
        f" machine salvage --data {folder}; systemctl start sales-machine.socket sales-machine"
    )
    if facts.problem and facts.writer is None:  # else the lock is what hinders
        return PartState(name, "error", f"it cannot be read: {facts.problem}", f"ls -l {path}*; df -h; else {restore}")
    if facts.complaints:
        return PartState(name, "error", f"it is damaged: {'; '.join(facts.complaints)}", restore)
    if facts.schema > known + 1:
        fix = "start the release that wrote it, or restore a backup of an older schema"
        return PartState(name, "error", f"it has schema {facts.schema}, this release knows {known}", fix)
    return None


def _hindered(facts: DatabaseFacts, service: int | None) -> PartState | None:
    """A sound file that another process keeps from being written, or from being emptied of its log."""
    name = "database"
    if facts.writer is not None and facts.writer.pid != service:
        fix = f"ps -fp {facts.writer.pid}; end it unless it is about to finish: kill {facts.writer.pid}"
        return PartState(name, "error", f"{facts.writer} holds its lock, so no turn can be written", fix)
    if facts.log_bytes <= _LOG_BYTES:
        return None
    detail = f"schema {facts.schema}; its log has grown to {facts.log_bytes / _MIB:.0f} MiB"
    if facts.reader is not None:
        fix = f"ps -fp {facts.reader.pid}; end it: the log is begun again then"
        return PartState(name, "warning", f"{detail}, because {facts.reader} goes on reading", fix)
    fix = f"sqlite3 {quote(str(facts.path))} 'PRAGMA wal_checkpoint(TRUNCATE)'"
    return PartState(name, "warning", detail, fix)


def check_disk(disk: DiskFacts) -> PartState:
    """Bytes and inodes: a warning below 15%, an error below 5% or 1 GiB."""
    fix = f"du -xh {quote(str(disk.path))} | sort -h | tail; journalctl --vacuum-size=500M; apt-get clean"
    if disk.read_only:
        return PartState(
            "disk", "error", f"{disk.path} is mounted read-only", "dmesg | grep -i 'remount\\|i/o error'; mount"
        )
    shares = [disk.free / disk.total if disk.total else 0.0]
    detail = f"{disk.free / _GIB:.1f} of {disk.total / _GIB:.1f} GiB free"
    if disk.inodes:
        shares.append(disk.inodes_free / disk.inodes)
        detail += f", {shares[-1]:.0%} of the inodes"
    least = min(shares)
    if least < 0.05 or disk.free < _GIB:
        return PartState("disk", "error", detail, fix)
    if least < 0.15:
        return PartState("disk", "warning", detail, fix)
    return PartState("disk", "ok", detail)


def check_clock(synchronised: bool | None, newest: float | None, now: float) -> PartState:
    """`newest`: the last turn's time. Turns are ordered and expire by this clock."""
    fix = "timedatectl set-ntp true; timedatectl"
    if newest is not None and newest > now + _AHEAD_S:
        detail = f"the newest turn is {newest - now:.0f} s in the future: the clock was set back"
        return PartState("clock", "error", detail, fix)
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if synchronised is False:
        return PartState("clock", "warning", f"{shown}, not synchronised with a time server", fix)
    return PartState(
        "clock", "ok", f"{shown}, {'synchronised' if synchronised else 'whether synchronised is not known here'}"
    )


def check_service(service: ServiceFacts) -> tuple[PartState, ...]:
    """Alive, and every part of /ready that cannot serve."""
    name = "service"
    log = "systemctl restart sales-machine; journalctl -u sales-machine -n 50"
    if service.problem:
        return (PartState(name, "error", f"{service.url} does not answer: {service.problem}", log),)
    if service.status != 200:
        fix = f"curl -i {quote(service.url + '/health')}; is it the machine that listens there?"
        return (PartState(name, "error", f"{service.url}/health answers with status {service.status}", fix),)
    if service.ready is None:
        fix = "ask on the host itself, past nginx: machine doctor --url http://127.0.0.1:8000"
        return (PartState(name, "warning", f"{service.url} is alive; /ready cannot be asked from here", fix),)
    told = tuple(
        PartState(f"service: {part.name}", part.level, part.detail, part.fix or log)
        for part in service.parts.values()
        if part.level != "ok"
    )
    if not service.ready and ready(told):
        return (PartState("service: ready", "error", "not ready", log), *told)
    if told:
        return told
    return (PartState(name, "ok", f"{service.url} is ready: {', '.join(service.parts)}"),)


def check_ports(found: Sequence[Listener], ports: Sequence[int]) -> PartState:
    """Service and model server belong to loopback alone: outside callers come through nginx."""
    exposed = [each for each in found if not each.loopback]
    if exposed:
        places = ", ".join(f"{_place(each)}{_owner(each)}" for each in exposed)
        fix = (
            "let it listen on 127.0.0.1 (machine serve --host 127.0.0.1; OLLAMA_HOST=127.0.0.1:11434), then restart it"
        )
        return PartState("ports", "error", f"open to the network, past nginx and its rules: {places}", fix)
    if not found:
        return PartState("ports", "ok", f"nobody listens on {', '.join(map(str, ports))}")
    return PartState("ports", "ok", f"loopback only: {', '.join(f'{_place(each)}{_owner(each)}' for each in found)}")


def _place(listener: Listener) -> str:
    host = f"[{listener.address}]" if listener.address.version == 6 else str(listener.address)
    return f"{host}:{listener.port}"


def _owner(listener: Listener) -> str:
    return f" ({listener.program}, process {listener.pid})" if listener.pid else ""


def check_ollama(ollama: OllamaFacts, cpu_accepted: bool) -> tuple[PartState, ...]:
    """The server, and the wanted model on it."""
    if ollama.problem:
        fix = "systemctl restart ollama; journalctl -u ollama -n 50; is llm.host right?"
        return (PartState("ollama", "error", f"{ollama.host}: {ollama.problem}", fix),)
    server = PartState("ollama", "ok", f"{ollama.host}, version {ollama.version}")
    if ollama.state is None:
        there = ", ".join(ollama.known) or "none"
        fix = f"ollama pull {quote(ollama.model)}; on a server that site.yml made: run it with --tags ollama"
        return (server, PartState("model", "error", f"{ollama.model} is not there; there: {there}", fix))
    return (server, model_part(ollama.state, cpu_accepted=cpu_accepted))


def check_uvm(*, needed: bool) -> PartState:
    """The driver is there, CUDA's own module is not: Ollama would take the CPU without a word."""
    fix = "modprobe nvidia-uvm && echo nvidia-uvm > /etc/modules-load.d/nvidia-uvm.conf && systemctl restart ollama"
    return PartState(
        "gpu module", "error" if needed else "warning", "nvidia-uvm is not loaded: models run on the CPU", fix
    )


def check_certificate(certificate: CertificateFacts, now: float) -> PartState:
    """A warning with less than 21 days left, an error with less than 3: renewal begins 30 days before the end."""
    name, fix = (
        "certificate",
        "certbot renew --force-renewal; systemctl list-timers certbot.timer; journalctl -u certbot -n 50",
    )
    if certificate.until is None:
        return PartState(
            name, "error", f"{certificate.source}: {certificate.problem}", f"check its path and owner; else {fix}"
        )
    days = (certificate.until - now) / _DAY_S
    if days < 0:
        return PartState(name, "error", f"{certificate.source} expired {-days:.0f} days ago", fix)
    if certificate.problem:
        return PartState(
            name, "error", f"{certificate.source}: {certificate.problem}", f"check its path and owner; else {fix}"
        )
    level: Level = "error" if days < 3 else "warning" if days < 21 else "ok"
    return PartState(
        name, level, f"{certificate.source} is valid for {days:.0f} more days", "" if level == "ok" else fix
    )


def check_memory(memory: MemoryFacts) -> PartState:
    """The host's own memory: a warning below 10% or 1 GiB, an error below 256 MiB."""
    detail = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB available"
    fix = "ps aux --sort=-rss | head; restart or stop what takes it"
    if memory.available < 256 * _MIB:
        return PartState("memory", "error", detail, fix)
    if memory.available < max(_GIB, memory.total // 10):
        return PartState("memory", "warning", detail, fix)
    return PartState("memory", "ok", detail)


def check_descriptors(facts: DescriptorFacts, of_service: bool) -> PartState:
    """A connection takes one: a warning when 80% are in use or the limit is below 1024, an error from 95%."""
    name = "open files"
    whose = f"process {facts.pid}" if of_service else "this shell; the service's own cannot be seen"
    if facts.limit is None:
        return PartState(name, "ok", f"{facts.used}, unlimited ({whose})")
    detail = f"{facts.used} of {facts.limit} ({whose})"
    fix = "systemctl edit sales-machine: [Service] LimitNOFILE=65536; then systemctl restart sales-machine"
    if facts.used >= 0.95 * facts.limit:
        return PartState(name, "error", detail, fix)
    if facts.used >= 0.8 * facts.limit or facts.limit < 1024:
        return PartState(name, "warning", detail, fix)
    return PartState(name, "ok", detail)


def check_settings(path: Path | None, problem: str, notes: Sequence[str] = ()) -> PartState:
    """`problem`: what the settings loader says, the nearest right name with it. `notes`: what has no effect."""
    shown = str(path) if path else "the defaults and the environment"
    if problem:
        fix = f"correct {shown}; then machine settings shows the effective values"
        return PartState("settings", "error", problem, fix)
    if notes:
        return PartState("settings", "warning", "; ".join(notes), "correct the name, set what is missing, or remove it")
    return PartState("settings", "ok", shown)
