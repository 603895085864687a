"""A sales flow as written: `flows/*.yaml` -> `Flow`.

A flow holds what differs between sales methods: the stages, what each wants to know, how it asks, and where it leads.
What all methods share (greeting, answers, objections, handover) is `rules/replies.py`.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, get_args

from app.dialogue.flow import trades
from app.dialogue.flow.lint import lint
from app.dialogue.flow.model import (
    ByLanguage,
    Condition,
    Flow,
    Goals,
    SlotSpec,
    Stage,
    Switch,
    Transition,
)
from app.dialogue.kinds import Kind
from app.dialogue.resources import LANGUAGES, load_yaml
from app.errors import ConfigError
from app.types import Language

_CONDITIONS = ("known", "unknown", "exhausted", "equals", "at_least", "intents")


def parse(data: Mapping[str, Any], source: str) -> Flow:
    """A flow from its YAML mapping. Raises ConfigError that names `source`, the place and the fix."""
    try:
        stages = [_stage(row, source) for row in data["stages"]]
        names = [stage.name for stage in stages]
        if len(set(names)) < len(names):
            raise ConfigError(f"{source}: two stages have one name; rename one of {names}")
        return Flow(
            name=str(data["name"]),
            title=str(data.get("title", data["name"])),
            first=names[0],
            slots={name: _slot(name, row or {}, source) for name, row in data["slots"].items()},
            stages={stage.name: stage for stage in stages},
            anywhere=_transitions(data.get("anywhere", ()), f"{source}: anywhere"),
            switch=tuple(
                Switch(str(row["flow"]), _condition(row["when"], f"{source}: switch")) for row in data.get("switch", ())
            ),
            goals=_goals(data.get("goals")),
            value=_texts(data.get("value", {}), f"{source}: value"),
            trade=_trade(data.get("trade", ""), source),
        )
    except KeyError as error:
        raise ConfigError(f"{source}: {error.args[0]!r} is missing; add it") from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ConfigError(f"{source}: not shaped like a flow ({error}); compare with spin_selling.yaml") from error


def _trade(value: object, source: str) -> str:
    trade = str(value)
    if trade and trade not in trades.names():
        known = ", ".join(sorted(trades.names()))
        raise ConfigError(f"{source}: trade {trade!r} is unknown; use one of {known}, or leave the line out")
    return trade


def _slot(name: str, row: Mapping[str, Any], source: str) -> SlotSpec:
    if row["kind"] not in get_args(Kind):
        raise ConfigError(
            f"{source}: slot {name!r}: kind {row['kind']!r} is unknown; use one of {', '.join(get_args(Kind))}"
        )
    satisfied_by = tuple(row.get("satisfied_by", ()))
    return SlotSpec(
        row["kind"],
        satisfied_by,
        bool(row.get("volunteered")),
        bool(row.get("accepts_yes")),
        subject=bool(row.get("subject")),
        each_time=bool(row.get("each_time")),
        parting=str(row.get("parting", "declined")),
        ack=str(row.get("ack", "")),
    )


def _stage(row: Mapping[str, Any], source: str) -> Stage:
    name = str(row["name"])
    place = f"{source}: stage {name!r}"
    return Stage(
        name=name,
        goal=str(row.get("goal", "")),
        slots=tuple(row.get("slots", ())),
        questions={slot: _texts(texts, f"{place}: {slot}") for slot, texts in row.get("questions", {}).items()},
        statement=_texts(row.get("statement", {}), place),
        query=_texts(row.get("query", {}), place),
        transitions=_transitions(row.get("transitions", ()), place),
        final=bool(row.get("final")),
        allowed=_condition(row.get("allowed", {}), place),
        weight=int(row.get("weight", 0)),
    )


def _transitions(rows: Any, place: str) -> tuple[Transition, ...]:
    return tuple(Transition(str(row["to"]), _condition(row.get("when", {}), place)) for row in rows)


def _condition(row: Mapping[str, Any], place: str) -> Condition:
    unknown = set(row) - set(_CONDITIONS)
    if unknown:
        raise ConfigError(f"{place}: the condition {sorted(unknown)} does not exist; use {', '.join(_CONDITIONS)}")
    when = dict(row)
    equals = {str(slot): str(value) for slot, value in when.pop("equals", {}).items()}
    at_least = {str(slot): int(value) for slot, value in when.pop("at_least", {}).items()}
    return Condition(equals=equals, at_least=at_least, **{key: tuple(value) for key, value in when.items()})


def _goals(row: Mapping[str, Any] | None) -> Goals | None:
    if row is None:
        return None
    return Goals(str(row["closing"]), int(row.get("turns", 14)), int(row.get("refusals", 3)))


def _texts(row: Mapping[Any, Any], place: str) -> ByLanguage:
    texts: dict[Language, tuple[str, ...]] = {}
    for language, value in row.items():
        if language not in LANGUAGES:
            raise ConfigError(f"{place}: the language {language!r} is unknown; use one of {', '.join(LANGUAGES)}")
        texts[language] = (value,) if isinstance(value, str) else tuple(str(item) for item in value)
    return texts


def load_flows() -> dict[str, Flow]:
    """Every flow of the package, linted; read once per process. Raises ConfigError with all findings."""
    return dict(_flows())


@lru_cache(maxsize=1)
def _flows() -> Mapping[str, Flow]:
    flows: dict[str, Flow] = {}
    for file in sorted(files("app.dialogue").joinpath("flows").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            flow = parse(load_yaml("flows", file.name), f"flows/{file.name}")
            flows[flow.name] = flow
    findings = [finding for flow in flows.values() for finding in lint(flow, flows)]
    if findings:
        raise ConfigError("\n".join(findings))
    return flows
