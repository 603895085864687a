"""Capacity: how many turns a minute one card carries in time, per answer length and places."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.capacity.queueing import Card, Load, simulate
from app.errors import ConfigError


def load_card(path: Path | None) -> Card:
    """The card of a JSON file as `python -m loadtests.measure` writes it; None: the estimate of a GEX44.

    What could not be measured, by its `extras.missing`, is as estimated. Raises ConfigError when it cannot be read or
    makes no sense.
    """
    if path is None:
        return Card()
    try:
        values = json.loads(path.read_text("utf-8"))
        extras = values.get("extras") or {}
        retrieval, usual = extras.get("retrieval_s"), Card()
        missing = extras.get("missing") or {}
        values = {name: getattr(usual, name) for name in missing if hasattr(usual, name)} | values
        return Card(
            decode_tps=float(values["decode_tps"]),
            prefill_tps=float(values["prefill_tps"]),
            gain=tuple(map(float, values["eff"] if "eff" in values or "decode_tps" not in missing else usual.gain)),
            retrieval_s=usual.retrieval_s if retrieval is None else float(retrieval),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is no card's profile: {error!r}; write one: python -m loadtests.measure") from error


def highest_rate(card: Card, load: Load) -> float:
    """Turns a minute, to 1%, with p95 <= 30 s and p99 <= 45 s when nobody is refused; 0.0: not even one alone."""
    low, high = 0.0, 60 / (load.fresh / card.prefill_tps + load.answer / card.together(load.slots))
    while high - low > 0.01 * high:
        middle = (low + high) / 2
        if high < 0.05:
            return 0.0
        tried = replace(load, per_minute=middle, admission=False)
        low, high = (middle, high) if simulate(card, tried).in_time else (low, middle)
    return low


def dialogues_a_day(per_minute: float, *, turns: float, peak: float) -> int:
    """Dialogues of `turns` answers, when the busiest hour of a day brings `peak` (0..1) of its messages."""
    return int(per_minute * 60 / peak / turns)


def table(
    card: Card, *, fresh: int, answers: Sequence[int], slots: Sequence[int], turns: float, peak: float, seed: int = 1
) -> list[dict[str, float]]:
    """One row for every answer length and number of slots; see docs/load.md for its columns."""
    rows = []
    for answer in answers:
        for places in slots:
            load = Load(1.0, fresh, answer, places, seed=seed)
            rate = highest_rate(card, load)
            open_end = simulate(card, replace(load, per_minute=max(rate, 0.01), admission=False))
            admitted = simulate(card, replace(load, per_minute=max(rate, 0.01)))
            flood = simulate(card, replace(load, per_minute=4 * max(rate, 0.01)))
            rows.append(
                {
                    "answer_tokens": answer,
                    "slots": places,
                    "per_minute": round(rate, 1),
                    "p95_s": round(open_end.p95_s, 1),
                    "p99_s": round(open_end.p99_s, 1),
                    "refused_share": round(admitted.refused / admitted.arrived, 3),
                    "flood_per_minute": round(flood.per_minute, 1),
                    "flood_p99_s": round(flood.p99_s, 1),
                    "dialogues_a_day": dialogues_a_day(rate, turns=turns, peak=peak),
                }
            )
    return rows
