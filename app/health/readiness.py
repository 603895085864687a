"""Pure combination: what is known of each part -> whether it can serve, why not, and what to do.

A part is `ok`, in `warning` (it serves, somebody should look) or in `error` (a turn would fail or be wrong). The
machine is ready while no part is in error.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.health.nvml_errors import XIDS_OF_PROGRAMS, xid_words
from app.health.readings import GpuReading, GpuTrouble
from app.types import ModelState

Level = Literal["ok", "warning", "error"]
_ORDER: Final[tuple[Level, ...]] = ("ok", "warning", "error")
_GIB: Final = 1 << 30
_SILENT_S: Final = 30
"""A driver that is silent for longer is in error; a shorter silence can be a slow wake-up."""
_TIGHT: Final = 0.97
"""Share of the memory in use from which the next allocation is likely to fail."""


@dataclass(frozen=True, slots=True)
class PartState:
    """How one part is. `fix` is what an operator does or pastes; empty only while the part is ok."""

    name: str
    level: Level
    detail: str
    fix: str = ""

    @property
    def ok(self) -> bool:
        """Whether it can serve: a warning does."""
        return self.level != "error"


def worst(parts: Iterable[PartState]) -> Level:
    """The highest level among `parts`; ok when there are none."""
    return max((part.level for part in parts), key=_ORDER.index, default="ok")


def ready(parts: Iterable[PartState]) -> bool:
    """Whether a turn would succeed."""
    return all(part.ok for part in parts)


def gpu_part(
    latest: GpuReading | GpuTrouble | None, *, hot_c: int, now: float, needed: bool = True, name: str = "gpu"
) -> PartState:
    """The GPU from what the monitor or the probe says; `now` in Unix seconds.

    While it is not `needed` (the backend runs without), trouble is a warning.
    """
    bad: Level = "error" if needed else "warning"
    if latest is None:
        if needed:
            return PartState(name, "error", "no GPU is watched here", "nvidia-smi -L; set gpu.enabled: on")
        return PartState(name, "ok", "none here, none needed")
    if isinstance(latest, GpuTrouble):
        return PartState(name, bad, _with_events(latest.detail, latest.xids), latest.fix)
    if latest.stale is not None:
        level: Level = bad if now - latest.at > _SILENT_S else "warning"
        return PartState(
            name, level, f"{latest.stale.detail}; last seen {now - latest.at:.0f} s ago: {_summary(latest)}",
            latest.stale.fix,
        )  # fmt: skip
    complaints = list(_complaints(latest, hot_c, bad))
    if not complaints:
        return PartState(name, "ok", _summary(latest))
    level, detail, fix = max(complaints, key=lambda each: _ORDER.index(each[0]))
    return PartState(name, level, f"{detail}; {_summary(latest)}", fix)


def _complaints(gpu: GpuReading, hot_c: int, bad: Level) -> Iterator[tuple[Level, str, str]]:
    """What a fresh reading shows, the graver of one level first: level, detail and fix."""
    if gpu.temperature_c is not None and gpu.temperature_c >= hot_c:
        fix = "check fans and airflow; on a rented server open a ticket; until then nvidia-smi -pl WATTS cools it"
        yield bad, f"{gpu.temperature_c} °C, hot from {hot_c} °C", fix
    if gpu.remapped is not None and gpu.remapped.failed:
        yield bad, "the memory has no spare row left for a defect", "have the card replaced"
    if gpu.ecc is not None and gpu.ecc.uncorrected:
        fix = "systemctl restart ollama sales-machine; if the count grows after a reboot, have the card replaced"
        yield "warning", f"{gpu.ecc.uncorrected} memory errors that ECC could not correct", fix
    if gpu.remapped is not None and gpu.remapped.pending:
        yield "warning", "a memory row waits to be remapped", "reboot at a quiet hour"
    if gpu.throttled:
        fix = "nvidia-smi -q -d PERFORMANCE,TEMPERATURE; check fans, airflow and the power supply"
        yield "warning", f"slowed down: {', '.join(gpu.throttled)}", fix
    if critical := tuple(xid for xid in gpu.xids if xid not in XIDS_OF_PROGRAMS):
        yield "warning", _events(critical), "dmesg | grep -i xid; reboot if it comes back"
    if gpu.memory_free < (1 - _TIGHT) * gpu.memory_total:
        holders = ", ".join(str(process.pid) for process in gpu.processes) or "unknown"
        fix = f"nvidia-smi; stop what should not run (processes: {holders}), then systemctl restart ollama"
        yield "warning", "the GPU's memory is nearly full", fix


def _summary(gpu: GpuReading) -> str:
    used, total = (gpu.memory_used + gpu.memory_reserved) / _GIB, gpu.memory_total / _GIB
    figures = [f"{gpu.name}, driver {gpu.driver}", f"{used:.1f} of {total:.1f} GiB"]
    if gpu.temperature_c is not None:
        figures.append(f"{gpu.temperature_c} °C")
    if gpu.power_w is not None:
        limit = "" if gpu.power_limit_w is None else f" of {gpu.power_limit_w:.0f}"
        figures.append(f"{gpu.power_w:.0f}{limit} W")
    return ", ".join(figures)


def _events(xids: tuple[int, ...]) -> str:
    return "; ".join(xid_words(xid) for xid in dict.fromkeys(xids))


def _with_events(detail: str, xids: tuple[int, ...]) -> str:
    return f"{detail} ({_events(xids)})" if xids else detail


_UNLOADED: Final = {
    "failed": ("it cannot be loaded", "journalctl -u ollama -n 50"),
    "cold": ("not loaded yet", "the service loads it at its start: wait, else systemctl restart sales-machine"),
    "loading": ("being loaded", "wait: it takes up to five minutes"),
}


def model_part(model: ModelState, *, cpu_accepted: bool = False, name: str = "model") -> PartState:
    """The model that answers. Loaded with a part of it outside the GPU it is in error, unless `cpu_accepted`."""
    if model.state == "embedded":
        return PartState(name, "ok", model.detail or "embedded, needs no GPU")
    if model.expected_digest and model.digest and _hex(model.digest) != _hex(model.expected_digest):
        detail = f"the model has digest {_hex(model.digest)[:12]}, the settings want {_hex(model.expected_digest)[:12]}"
        return PartState(name, "error", detail, "pull the wanted release, or set llm.digest to the one that was tested")
    if model.state != "warm":
        detail, fix = _UNLOADED[model.state]
        return PartState(name, "error", model.detail or detail, model.fix or fix)
    if model.size_vram != model.size and not cpu_accepted:
        share = 1 - model.size_vram / model.size if model.size else 1.0
        return PartState(
            name,
            "error",
            f"layers run on the CPU: {share:.0%} of {model.size / _GIB:.1f} GiB is not in the GPU's memory",
            "modprobe nvidia-uvm; nvidia-smi shows what else takes VRAM: free it; then systemctl restart ollama",
        )
    return PartState(name, "ok", model.detail or "loaded")


WRITING_FIX: Final = "another model or quantisation (docs/model.md), its chat template, llm.context"


def writing_part(
    resting: bool, looked_at: int, faulty: int, kinds: Mapping[str, int], name: str = "writing"
) -> PartState:
    """What the model writes: how many of its last drafts were not fit to send, by kinds of fault; never texts."""
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items(), key=lambda each: (-each[1], each[0])))
    detail = f"of the last {looked_at} drafts {faulty} were not fit to send" + (f": {told}" if told else "")
    if resting:
        return PartState(name, "warning", f"the model rests; {detail}", f"{WRITING_FIX}; meanwhile facts answer")
    return PartState(name, "ok", detail if looked_at else "no draft yet")


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:").lower()


def search_part(
    device: Literal["cpu", "cuda"] | None,
    models: Sequence[str],
    *,
    card_wanted: bool,
    resting: Sequence[str] = (),
    name: str = "search",
) -> PartState:
    """The search: the `models` that help it and where they run; None: words alone.

    On the processor it answers, at several times the cost: a warning where the settings want the card. Without a model
    of it that keeps failing (`resting` names those) it answers too, and finds less.
    """
    if device is None:
        return PartState(name, "ok", "by words alone")
    detail = f"by meaning too, on {'the card (cuda)' if device == 'cuda' else 'the processor'}: {', '.join(models)}"
    if resting:
        fix = "journalctl -u sales-machine | grep model_left_out says why; systemctl restart sales-machine"
        return PartState(name, "warning", f"no answer from {', '.join(resting)}, so less is found; {detail}", fix)
    if device == "cpu" and card_wanted:
        fix = "set retriever.device: cuda, which says at the start why torch finds no card; nvidia-smi"
        return PartState(name, "warning", detail, fix)
    return PartState(name, "ok", detail)


def database_part(schema: int | None, error: str = "", fix: str = "", *, name: str = "database") -> PartState:
    """The conversation memory: its `schema` while it can be written, else the `error` that says why not."""
    if error or schema is None:
        detail = f"it cannot be used: {error}" if error else "it cannot be written"
        return PartState(name, "error", detail, fix or "df -h; ls -l DATA; machine doctor --data DATA")
    return PartState(name, "ok", f"writable, schema {schema}")


def knowledge_part(
    bots: Mapping[str, tuple[str, int]], troubles: Mapping[str, str] | None = None, *, name: str = "knowledge"
) -> PartState:
    """The knowledge bases: (version, number of sections that can be found) by bot.

    `troubles` by bot says why what was published since is not in use; the version before serves on.
    """
    detail = "; ".join(f"{bot}: version {version}, {sections} sections" for bot, (version, sections) in bots.items())
    empty = [bot for bot, (_, sections) in bots.items() if not sections]
    if empty or not bots:
        fix = "machine kb lint --kb FOLDER; are all its sections expired (valid_until)?"
        return PartState(name, "error", detail or "there is none", fix)
    if stuck := [f"{bot}: {trouble}" for bot, trouble in (troubles or {}).items() if trouble]:
        fix = "machine kb rollback --to FOLDER, or publish a version that machine kb lint finds clean"
        return PartState(name, "warning", f"{'; '.join(stuck)}; still in use: {detail}", fix)
    return PartState(name, "ok", detail)
