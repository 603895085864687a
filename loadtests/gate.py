"""The gate: a run's figures against its budget."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from loadtests.check import Consistency
from loadtests.plan import Plan
from loadtests.record import Record
from loadtests.watch import Sample, slope

BUDGET = Path(__file__).with_name("budget.yml")
_AT_ONCE_S = 0.3
_SAME_S = 0.05  # two messages this near may reach the service in either order
_AT_LEAST = ("accepted_of_model", "least_answers")  # every other figure is at most its limit


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure and its limit. `found` None: it could not be measured, which does not pass."""

    name: str
    found: float | None
    limit: float
    ok: bool


def load_budget(shape: str, path: Path = BUDGET) -> dict[str, float]:
    """The limits for a shape. Raises OSError, or ValueError where the file is none."""
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
        return {**values["budget"], **values["forms"].get(shape, {})}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no budget: {error!r}") from error


def checkable(budget: Mapping[str, float], consistency: Consistency) -> dict[str, float]:
    """The limits without those of what this way of checking cannot tell, so that nobody reads them as kept."""
    return {name: limit for name, limit in budget.items() if name not in consistency.untold}


def judge(figures: Mapping[str, float | None], budget: Mapping[str, float]) -> list[Finding]:
    """One finding for every limit, in the budget's order."""
    return [_finding(name, figures.get(name), limit) for name, limit in budget.items()]


def _finding(name: str, found: float | None, limit: float) -> Finding:
    ok = found is not None and (found >= limit if name in _AT_LEAST else found <= limit)
    return Finding(name, found, limit, ok)


def figures(
    records: Sequence[Record], samples: Sequence[Sample], consistency: Consistency, plan: Plan, model_per_minute: float
) -> dict[str, float | None]:
    """Everything the budget limits, and what explains it. Seconds and minutes are the model's."""
    arrivals = [each for each in records if each.arrival]
    answers = [each for each in arrivals if each.answered]
    took = sorted(each.took_s * plan.speed for each in answers)
    second = [each for each in behind_another(records) if each.status == 429]
    refusals = sorted(each.took_s * 1000 for each in records if each.status == 429)
    statuses = Counter(each.status for each in records)
    minutes = _minutes(arrivals, plan)
    asked = sum(each.kind != "hangup" for each in arrivals)
    offered = len(arrivals) / minutes
    in_time = sum(seconds <= 30 for seconds in took) / minutes
    return {
        "messages": len(arrivals),
        "answers": len(answers),
        "repeated": len(records) - len(arrivals),
        "hung_up": sum(each.kind == "hangup" for each in arrivals),
        "model_minutes": minutes,
        "offered_per_minute": offered,
        "accepted_per_minute": in_time,
        "model_per_minute": model_per_minute,
        "accepted_p50_s": quantile(took, 0.5),
        "accepted_p95_s": quantile(took, 0.95),
        "accepted_p99_s": quantile(took, 0.99),
        "refusals": statuses[429],
        "refusal_p50_ms": quantile(refusals, 0.5),
        "refusal_p99_ms": quantile(refusals, 0.99),
        "second_refused_late": sum(each.took_s > _AT_ONCE_S for each in second) / max(1, len(arrivals)),
        "server_errors": sum(n for code, n in statuses.items() if (code >= 500 and code != 503) or code == -1),
        "bad_statuses": sum(n for code, n in statuses.items() if code not in (200, 429, 0, -1) and code < 500)
        + sum(each.status == 200 and not each.answered for each in records),
        "unavailable": statuses[503],
        "unavailable_share": statuses[503] / max(1, asked),
        "refused_share": statuses[429] / max(1, asked),
        "accepted_of_model": in_time / max(1e-9, min(offered, model_per_minute)),
        "least_answers": len(answers),
        "lost": consistency.lost,
        "doubled": consistency.doubled,
        "ghosts": consistency.ghosts,
        "damaged": consistency.damaged,
        **growth(samples),
    }


def behind_another(records: Sequence[Record]) -> list[Record]:
    """Messages that came while another of their conversation had no answer yet: they wait for that one first."""
    conversations: dict[tuple[str, str], list[Record]] = {}
    for each in records:
        conversations.setdefault((each.session, each.user), []).append(each)
    return [
        each
        for group in conversations.values()
        for each in group
        if any(
            other is not each and other.at <= each.at + _SAME_S and other.at + other.took_s > each.at for other in group
        )
    ]


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted `values` lie; 0.0 for none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def growth(samples: Sequence[Sample]) -> dict[str, float | None]:
    """Rise of the process's memory and files per thousand turns, after the first third, by least squares.

    The beginning is left out: caches fill, and Python keeps what it once took. None without a process to look at, or
    without turns between two looks.
    """
    seen = [each for each in samples[len(samples) // 3 :] if each.rss is not None and each.files is not None]
    if len({each.turns for each in seen}) < 2:
        return {"memory_kib_per_1000_turns": None, "files_per_1000_turns": None}
    return {
        "memory_kib_per_1000_turns": slope((each.turns / 1000, (each.rss or 0) / 1024) for each in seen),
        "files_per_1000_turns": slope((each.turns / 1000, each.files or 0) for each in seen),
    }


def sizes(samples: Sequence[Sample]) -> dict[str, float]:
    """Tokens of a model call as the service counted them: prompt, fresh (in no cache), answer. Empty without calls."""
    if len(samples) < 2:
        return {}
    first, last = samples[0], samples[-1]
    calls = last.calls - first.calls
    if calls <= 0:
        return {}
    return {kind: (last.tokens[kind] - first.tokens.get(kind, 0.0)) / calls for kind in last.tokens}


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [{"name": each.name, "found": each.found, "limit": each.limit, "ok": each.ok} for each in findings]


def _minutes(arrivals: Sequence[Record], plan: Plan) -> float:
    """Model minutes in which messages came: the plan's, or those of a run that dialogues ended."""
    if not plan.dialogues:
        return plan.minutes
    moments = [each.at for each in arrivals]
    return max(1e-9, (max(moments) - min(moments)) * plan.speed / 60) if moments else 1e-9
