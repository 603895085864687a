"""Which side a clause takes where there are two: who pays, before or afterwards, kept or not, in what months."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.guardrail.statements.clauses import Clause
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "sides.yaml")
_PAY, _ACCOUNT = _LISTS.row("pay"), _LISTS.words("account")
_WE, _THEY = _LISTS.words("we"), _LISTS.row("they")
_YOU = _LISTS.words("you")
_WE_DO, _YOU_DO, _OWN = _LISTS.row("we_do"), _LISTS.row("you_do"), _LISTS.words("own")
_OURS, _YOURS, _FREE = _LISTS.words("ours"), _LISTS.words("yours"), _LISTS.row("free")
_BEFORE, _AFTER = _LISTS.row("before"), _LISTS.row("after")
_UNTIL, _SUMS = _LISTS.word("until"), _LISTS.row("sums")
_PAPER, _PLEDGE, _KEEP = _LISTS.row("paper"), _LISTS.row("pledge"), _LISTS.row("keep")
_WITH_YOU, _STAYS, _SHOWN, _ONLY = (
    _LISTS.words("with_you"),
    _LISTS.row("stays"),
    _LISTS.row("shown"),
    _LISTS.words("only"),
)
_NEEDED = _LISTS.row("needed")
_YEAR = tuple(tuple(pair.split()) for pair in _LISTS.row("year"))
_MONTHS = tuple(_LISTS.rows("months").items())
_SEASONS = tuple((tuple(map(int, name.split("-"))), row) for name, row in _LISTS.rows("seasons").items())
_PRONOUNS = _LISTS.words("pronouns")
_SHUT, _NOT = _LISTS.words("shut"), _LISTS.words("not")
_ALL = frozenset(range(1, 13))
_NEAR = 2
"""Words before a season among which «только» is said of it."""

SIDED = tuple({*_PAY, *_THEY, *_BEFORE, *_AFTER, *_KEEP, *_STAYS, *_SHOWN, *_NEEDED, *_PLEDGE, *_PAPER, *_SHUT,
               *(each for _, row in (*_MONTHS, *_SEASONS) for each in row),
               *(word for pair in _YEAR for word in pair), *_LISTS.row("besides")})  # fmt: skip
"""Beginnings of the words by which a side is told."""


@dataclass(frozen=True, slots=True)
class Side:
    axis: str
    word: str
    """By which it is told."""
    value: bool = False
    """We pay; it is paid before; it is kept."""
    months: frozenset[int] = frozenset()
    only: bool = False
    """In no other months."""


def refers(clause: Clause) -> bool:
    """Whether a pronoun stands for what a clause is of."""
    return clause.refers or not _PRONOUNS.isdisjoint(clause.text)


def opposed(one: Side, other: Side) -> bool:
    """Whether two sides of one axis cannot both be so; `other` is what a section says."""
    if one.axis != "season":
        return one.value is not other.value
    if other.months == _ALL:
        return one.only
    if one.months == _ALL:
        return other.only
    return (one.only or other.only) and one.months.isdisjoint(other.months)


@lru_cache(maxsize=4096)
def sides(clause: Clause) -> tuple[Side, ...]:
    """Those that a clause takes."""
    text = clause.text
    return tuple((*_payer(clause, text), *_when(clause, text), *_kept(clause, text), *_season(clause, text)))


def _starting(text: Sequence[str], beginnings: tuple[str, ...]) -> str:
    return next((word for word in text if word.startswith(beginnings)), "")


def _payer(clause: Clause, text: Sequence[str]) -> Iterator[Side]:
    account = not _ACCOUNT.isdisjoint(text)
    paid, free = _starting(text, _PAY), _starting(text, _FREE)
    at = text.index(paid) if paid else 0
    unpaid = clause.denies and at > 0 and text[at - 1] in _NOT
    if (clause.denies and not unpaid) or not (account or paid or free):
        return
    does = account or bool(free)
    we = not _WE.isdisjoint(text) or any(word.startswith(_PAY) and word.endswith(_WE_DO) for word in text)
    we = we or (does and any(word.endswith(_WE_DO) and not word.startswith(_PAY) for word in text))
    we = we or (account and not _OURS.isdisjoint(text))
    they = not _YOU.isdisjoint(text) or bool(_starting(text, _THEY)) or (account and not _YOURS.isdisjoint(text))
    they = they or any(word.startswith(_PAY) and word.endswith(_YOU_DO) for word in text)
    if account and _OWN.isdisjoint(text) and not (_OURS | _YOURS).intersection(text) and not paid:
        return
    if we is not they:
        yield Side("payer", paid or free or next(word for word in text if word in _ACCOUNT), value=we is not unpaid)


def _when(clause: Clause, text: Sequence[str]) -> Iterator[Side]:
    paid = _starting(text, _PAY)
    before, after = _starting(text, _BEFORE), _starting(text, _AFTER)
    if not paid or clause.denies or clause.bare:
        return
    until = next((n for n, word in enumerate(text[:-1]) if word == _UNTIL), -1)
    if until >= 0 and not text[until + 1].startswith(_SUMS):
        before = before or _UNTIL
    if bool(before) is not bool(after):
        yield Side("when", before or after, value=bool(before))


def _kept(clause: Clause, text: Sequence[str]) -> Iterator[Side]:
    for axis, beginnings in (("paper", _PAPER), ("pledge", _PLEDGE)):
        word = _starting(text, beginnings)
        if not word:
            continue
        bare = any(each.bare and fold(each.text).startswith(beginnings) for each in clause.words)
        stays = bool(_starting(text, _STAYS))
        keeps = bool(_starting(text, _KEEP))
        if bare or (clause.denies and (keeps or _starting(text, _NEEDED))):
            yield Side(axis, word, value=False)
        elif axis == "paper" and ((stays and not _WITH_YOU.isdisjoint(text)) or _shown(text)):
            yield Side(axis, word, value=False)
        elif not clause.denies and (keeps or stays):
            yield Side(axis, word, value=True)


def _shown(text: Sequence[str]) -> bool:
    return not _ONLY.isdisjoint(text) and bool(_starting(text, _SHOWN))


def _season(clause: Clause, text: Sequence[str]) -> Iterator[Side]:
    for pair in _YEAR:
        if any(all(map(str.startswith, text[n : n + len(pair)], pair)) for n in range(len(text) - len(pair) + 1)):
            if not clause.denies:
                yield Side("season", pair[0], months=_ALL)
            return
    shut = not _SHUT.isdisjoint(text) or (clause.denies and not any(word.bare for word in clause.words))
    if clause.denies and not shut:
        return
    named = [(n, int(month)) for n, word in enumerate(text) for month, row in _MONTHS if word.startswith(row)]
    if len(named) > 1:
        first, last = named[0][1], named[-1][1]
        months = range(first, last + 1) if first <= last else (*range(first, 13), *range(1, last + 1))
        yield _in_months(text[named[0][0]], frozenset(months), shut=shut, only=True)
        return
    for n, word in enumerate(text):
        for named_so, row in _SEASONS:
            if word.startswith(row):
                around = (*text[max(0, n - _NEAR) : n], *(text[-1:] if n + _NEAR == len(text) else ()))
                yield _in_months(word, frozenset(named_so), shut=shut, only=not _ONLY.isdisjoint(around))
                return


def _in_months(word: str, months: frozenset[int], *, shut: bool, only: bool) -> Side:
    """What is not to be had in some months is to be had in the others alone."""
    return Side("season", word, months=_ALL - months if shut else months, only=shut or only)


def timed(clause: Clause) -> bool:
    """Whether a clause names a part of the year: what it denies is denied of that part."""
    return any(side.axis == "season" for side in sides(clause))
