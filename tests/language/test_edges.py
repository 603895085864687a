"""Numbers, money, lengths of time and times at their edges, in three languages; when, by the moment it is read at."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.language.durations import durations
from app.language.money import money
from app.language.numerals import numbers
from app.language.times import times
from tests.thrift import parsed

ROWS = parsed(Path(__file__).with_name("edges.yaml").read_text("utf-8"))
FIGURES = ROWS.pop("figures")
TIMES = [(at, row) for at, rows in ROWS.items() for row in rows]


def short(low: Decimal, high: Decimal | None, *rest: str | None) -> str:
    span = "..".join(f"{round(each, 4).normalize():f}" for each in (low, high) if each is not None)
    return " ".join((span, *(each for each in rest if each and each not in ("cardinal", "exact"))))


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: row["text"])
def test_figures(row: dict[str, object]) -> None:
    text = str(row["text"])
    read = {
        "numbers": [f"{text[n.start : n.end]} = {short(n.value, n.high, n.kind, n.bound)}" for n in numbers(text)],
        "money": [
            f"{text[m.start : m.end]} = {short(m.amount, m.high, m.currency or '?', m.bound)}" for m in money(text)
        ],
        "durations": [
            f"{text[d.start : d.end]} = {short(d.seconds, d.high, 's,', d.unit, d.bound)}" for d in durations(text)
        ],
    }
    assert {name: found for name, found in read.items() if found} == {k: v for k, v in row.items() if k != "text"}


@pytest.mark.parametrize(("at", "row"), TIMES, ids=lambda each: each if isinstance(each, str) else each["text"])
def test_when(at: str, row: dict[str, object]) -> None:
    text, moment = str(row["text"]), datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Asia/Almaty"))
    found = times(text, moment)
    assert [
        f"{text[t.start : t.end]} = {t.from_:%Y-%m-%d %H:%M} .. {t.to:%Y-%m-%d %H:%M} {t.grain}" for t in found
    ] == row["times"]
