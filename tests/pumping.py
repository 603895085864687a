"""Tries a regular expression on texts made to be slow for it.

A pattern is slow when its time grows faster than the text: n characters that cost n². Two ways lead there, and both are
tried: backtracking inside one match, and a match that looks far ahead from each of n beginnings.
"""

import re
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

with warnings.catch_warnings():  # of regexploit 1.0, on import
    warnings.filterwarnings("ignore", r"module 'sre_(parse|constants|compile)' is deprecated", DeprecationWarning)
    from regexploit.ast.sre import SreOpParser
    from regexploit.redos import find

parse = re._parser.parse  # type: ignore[attr-defined]

SHORT, LONG = 2_000, 8_000
"""Characters: a message of a customer has 8,000 at most."""
GROWTH = 6.0
"""Of the time from SHORT to LONG: 4 is linear, 16 is quadratic."""
QUICK = 0.002
"""Seconds that are nothing, whatever their growth."""
_ENDLESS = 0.05
"""Seconds for SHORT or less that need no second measurement."""


def judged(pattern: re.Pattern[str]) -> str:
    """What regexploit says against a pattern; empty where it has nothing."""
    try:
        flaws = [flaw for flaw in find(_Parser().parse_sre(pattern.pattern, pattern.flags)) if flaw.starriness > 2]
    except RecursionError:
        return "too deep to be judged"
    return f"x{flaws[0].starriness}: {flaws[0].example()}" if flaws else ""


class _Parser(SreOpParser):  # type: ignore[misc]
    """Also what Python 3.11 added: taken as its backtracking twin, which is worse and never better."""

    def from_POSSESSIVE_REPEAT(self, data: Any) -> Any:  # noqa: N802
        return self.from_MAX_REPEAT(data)

    def from_ATOMIC_GROUP(self, data: Any) -> Any:  # noqa: N802
        return self.sequence_or_singleton(data)


@dataclass(frozen=True)
class Slow:
    """The worst text of a pattern: seconds at LONG, how often those at SHORT, and what it is made of."""

    seconds: float
    growth: float
    text: str

    @property
    def bad(self) -> bool:
        return self.seconds > QUICK and self.growth > GROWTH


GENERIC = (" ", "\n", "\t\n", "\r\n", "1", "1 ", '"', "'", "«", ".", ". ", ",", "-", "_", "*", "(", "[", "<", "|", "#", "/", "\\",
           "@", "=", "?", "а", "а ", "қ", "a", "a ", "A", "a.", "a@")  # fmt: skip
_ENDS = ("", "\x00", "ж!", "x", "7", "\n")


def slowest(pattern: re.Pattern[str], ways: frozenset[str] = frozenset({""})) -> Slow:
    """The text of those derived from a pattern (and of the usual ones) on which it is slowest for its growth."""
    worst = Slow(0.0, 0.0, "")
    for make, name in texts(pattern):
        slow = _tried(pattern, make, ways, name)
        if (slow.bad, slow.seconds) > (worst.bad, worst.seconds):
            worst = slow
        if worst.bad:
            break
    return worst


def _tried(pattern: re.Pattern[str], make: Callable[[int], str], ways: frozenset[str], name: str) -> Slow:
    for few in (24, SHORT // 16, SHORT // 4, SHORT):  # an exponential or cubic pattern would not come back from LONG
        if (spent := _time(pattern, make(few), ways)) > _ENDLESS:
            return Slow(spent, float("inf"), name)
        if few == SHORT and spent < QUICK / 16:  # not even growing with the square would it be anything at LONG
            return Slow(spent, 0.0, name)
    spent = _time(pattern, make(LONG), ways)
    if spent <= QUICK:
        return Slow(spent, 0.0, name)
    slow = Slow(spent, spent / max(1e-9, _time(pattern, make(SHORT), ways)), name)
    for tries in (2, 4, 8):  # near the bound: a busy machine is not a slow pattern
        if not slow.bad or (slow.seconds > _ENDLESS and slow.growth > 2 * GROWTH):
            break
        spent = min(_time(pattern, make(LONG), ways) for _ in range(tries))
        slow = Slow(spent, spent / max(1e-9, min(_time(pattern, make(SHORT), ways) for _ in range(tries))), name)
    return slow


def _time(pattern: re.Pattern[str], text: str, ways: frozenset[str]) -> float:
    begun = time.process_time()
    for way in ways:
        if way:
            getattr(pattern, way)(text)
        else:
            for _ in pattern.finditer(text):
                pass
    return time.process_time() - begun


def texts(pattern: re.Pattern[str]) -> Iterator[tuple[Callable[[int], str], str]]:
    """Makers of texts of n characters, each with what it is made of."""

    def maker(head: str, unit: str, end: str) -> tuple[Callable[[int], str], str]:
        return (
            lambda n: head + unit * (max(0, n - len(head) - len(end)) // len(unit)) + end,
            f"{head!r} + {unit!r}*n + {end!r}",
        )

    tree = parse(pattern.pattern, pattern.flags)
    made: set[tuple[str, str, str]] = {(head, unit, "ж!") for unit in GENERIC for head in ("", "ж")}
    for head, units in _pumps(list(tree), [""]):
        for unit in units:
            made |= {(head, unit, end) for end in _ENDS} | {("", head + unit, "\x00"), ("", unit, "\x00")}
        if head:
            made |= {("", head, "\x00"), ("", head + " ", "\x00"), ("", head + " " + units[0] + " ", "\x00")}
    for head, unit, end in sorted(made):
        yield maker(head, unit, end)


def _pumps(ops: list[Any], heads: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(what leads to a repeated part, texts that the part matches), for every repeated part."""
    heads = list(heads)
    for op, value in ops:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = value
            units = [unit for unit in _samples(list(inner)) if unit][:3]
            if int(most) > 8 and units:
                yield heads[0], [*units, "".join(units)] if len(units) > 1 else units
            yield from _pumps(list(inner), heads)
            heads = [head + (units[0] * max(int(least), 0) if units else "") for head in heads]
            continue
        for inner in _inside(name, value):
            yield from _pumps(inner, heads)
        heads = [head + (_samples([(op, value)]) or [""])[0] for head in heads]


def _inside(name: str, value: Any) -> list[list[Any]]:
    if name == "SUBPATTERN":
        return [list(value[3])]
    if name == "BRANCH":
        return [list(branch) for branch in value[1]]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [list(value[1])]
    return [list(value)] if name == "ATOMIC_GROUP" else []


def _samples(ops: list[Any]) -> list[str]:
    """A few texts that a sequence matches, the first of them the plainest."""
    result = [""]
    for op, value in ops:
        name = str(op)
        if name == "LITERAL":
            options = [chr(value)]
        elif name in ("NOT_LITERAL", "ANY"):
            options = [c for c in "а1 " if name == "ANY" or c != chr(value)]
        elif name == "IN":
            options = _members(value)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, _, inner = value
            options = [unit * max(int(least), 1) for unit in _samples(list(inner))[:2]]
            options = options if int(least) else [*options, ""]
        elif name == "SUBPATTERN":
            options = _samples(list(value[3]))
        elif name == "ATOMIC_GROUP":
            options = _samples(list(value))
        elif name == "BRANCH":
            options = [text for branch in value[1] for text in _samples(list(branch))[:1]][:4]
        else:
            continue
        result = [one + two for one in result for two in options[:4]][:8] if options else result
    return result


@cache
def _candidates() -> tuple[str, ...]:
    return tuple("аa1 .,-_\"«»\n\tқЖA!?:;()[]<>|/@#*'")


def _members(value: Any) -> list[str]:
    """Characters of a class: one of each sort that it holds."""
    wanted = [c for c in _candidates() if _holds(value, ord(c))]
    rest = [
        chr(item[1] if str(item[0]) == "LITERAL" else item[1][0])
        for item in value
        if str(item[0]) in ("LITERAL", "RANGE")
    ]
    return (wanted or rest)[:4]


def _holds(value: Any, code: int) -> bool:
    negated = bool(value) and str(value[0][0]) == "NEGATE"
    inside = False
    for op, item in value:
        name = str(op)
        if name == "LITERAL":
            inside |= item == code
        elif name == "RANGE":
            inside |= item[0] <= code <= item[1]
        elif name == "CATEGORY":
            inside |= re.fullmatch(_CATEGORIES[str(item)], chr(code)) is not None
    return inside != negated


_CATEGORIES = {"CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
               "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W"}  # fmt: skip
