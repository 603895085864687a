"""Which side a clause takes where there are two: who pays, before or afterwards, kept or not, in what months."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from app.guardrail.statements.clauses import Clause, key
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "sides.yaml")
_PAY, _ACCOUNT = _LISTS.row("pay"), _LISTS.words("account")
_UPON, _WE_TAKE = _LISTS.pair("upon"), _LISTS.words("we_take")
_PROVIDE, _FOR = _LISTS.row("provide"), _LISTS.word("for")
_WE, _THEY = _LISTS.words("we"), _LISTS.row("they")
_YOU = _LISTS.words("you")
_WE_DO, _YOU_DO, _OWN = _LISTS.row("we_do"), _LISTS.row("you_do"), _LISTS.words("own")
_OURS, _YOURS, _FREE = _LISTS.words("ours"), _LISTS.words("yours"), _LISTS.row("free")
_BEFORE, _AFTER = _LISTS.row("before"), _LISTS.row("after")
_UNTIL, _SUMS = _LISTS.word("until"), _LISTS.row("sums")
_PAPER, _PLEDGE, _KEEP = _LISTS.row("paper"), _LISTS.row("pledge"), _LISTS.row("keep")
_STAYS, _SHOWN, _ONLY = _LISTS.row("stays"), _LISTS.row("shown"), _LISTS.words("only")
_WITH_YOU = frozenset(tuple(pair.split()) for pair in _LISTS.row("with_you"))
_AT_HOME, _BACK, _AS = _LISTS.words("at_home"), _LISTS.row("back"), _LISTS.words("as")
_WHOLE = {"paper": _LISTS.words("paper_whole"), "pledge": frozenset[str]()}
_NEEDED = _LISTS.row("needed")
_YEAR = tuple(tuple(pair.split()) for pair in _LISTS.row("year"))
_MONTHS = tuple(_LISTS.rows("months").items())
_SEASONS = tuple((tuple(map(int, name.split("-"))), row) for name, row in _LISTS.rows("seasons").items())
_PRONOUNS = _LISTS.words("pronouns")
_SHUT, _NOT = _LISTS.words("shut"), _LISTS.words("not")
_ALL = frozenset(range(1, 13))
_NEAR = 2
"""Words before a season among which «только» is said of it."""

SIDED = tuple({*_PAY, *_PROVIDE, *_THEY, *_BACK, *_BEFORE, *_AFTER, *_KEEP, *_STAYS, *_SHOWN, *_NEEDED, *_PLEDGE,
               *_PAPER, *_SHUT, *(each for _, row in (*_MONTHS, *_SEASONS) for each in row),
               *(word for pair in _YEAR for word in pair), *_LISTS.row("besides")})  # fmt: skip
"""Beginnings of the words by which a side is told."""
US = frozenset(map(key, _WE))
"""Keys of what we are called."""


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
    lone: bool = False
    """«Без залога», «с ней залог не нужен»: told of somebody who needs none."""


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
def sides(clause: Clause, paid: bool = False) -> tuple[Side, ...]:
    """Those that a clause takes. `paid`: its sentence tells of paying («дневной — вперёд»)."""
    text = clause.text
    when = () if clause.denies or clause.bare else _when(text, paid)
    return (*_payer(clause, text), *when, *_kept(clause, text), *_season(clause, text))


def pays(parts: Sequence[Clause]) -> bool:
    """Whether a sentence tells of paying."""
    return any(_starting(clause.text, _PAY) for clause in parts)


def _starting(text: Sequence[str], beginnings: tuple[str, ...]) -> str:
    return next((word for word in text if word.startswith(beginnings)), "")


def _payer(clause: Clause, text: Sequence[str]) -> Iterator[Side]:
    paid, free = _starting(text, (*_PAY, *_PROVIDE)), _starting(text, _FREE)
    account = next((word for word in text if word in _ACCOUNT), "")
    at = text.index(paid) if paid else 0
    unpaid = clause.denies and at > 0 and text[at - 1] in _NOT
    upon = _UPON in pairwise(text)  # «берём на себя»
    account, whose = account or (_UPON[1] if upon else ""), upon or bool((_OURS | _YOURS | _OWN).intersection(text))
    if (clause.denies and not unpaid) or not (paid or free or (account and whose)):
        return
    does = tuple(word for word in text if bool(account or free) or word.startswith((*_PAY, *_PROVIDE)))
    we = not _WE.isdisjoint(text) or any(word.endswith(_WE_DO) for word in does)
    we = we or (upon and not _WE_TAKE.isdisjoint(text))
    they = not _YOU.isdisjoint(text) or any(
        word.endswith(_YOU_DO) and word.startswith((*_PAY, *_PROVIDE)) for word in does
    )
    they = they or any(word.startswith(_THEY) and text[n - 1 : n] != (_FOR,) for n, word in enumerate(text))
    if account:
        we, they = we or not _OURS.isdisjoint(text), they or not _YOURS.isdisjoint(text)
    if we is not they:
        yield Side("payer", paid or free or account, value=we is not unpaid)


def _when(text: Sequence[str], paid: bool) -> Iterator[Side]:
    pays_here = bool(_starting(text, _PAY))
    if not (paid or pays_here):
        return
    before, after = _starting(text, _BEFORE), _starting(text, _AFTER)
    until = next((n for n, word in enumerate(text[:-1]) if word == _UNTIL), -1)
    if pays_here and until >= 0 and not text[until + 1].startswith(_SUMS):
        before = before or _UNTIL
    if bool(before) is not bool(after):
        yield Side("when", before or after, value=bool(before))


def _kept(clause: Clause, text: Sequence[str]) -> Iterator[Side]:
    for axis, beginnings in (("paper", _PAPER), ("pledge", _PLEDGE)):
        at = next((n for n, word in enumerate(text) if word.startswith(beginnings) or word in _WHOLE[axis]), -1)
        if at < 0:
            continue
        back = bool(_starting(text, _BACK))
        if back:
            yield Side("back", text[at], value=not clause.denies)
        if back and not clause.denies:
            yield Side(axis, text[at], value=True)  # what is given back was kept
        elif (value := _is_kept(clause, text, axis, at)) is not None:
            yield Side(axis, text[at], value=value, lone=clause.refers or any(w.bare for w in clause.words))


def _is_kept(clause: Clause, text: Sequence[str], axis: str, at: int) -> bool | None:
    """Whether what stands at a place is kept; None where that is not said."""
    keeps, stays = bool(_starting(text, _KEEP)), bool(_starting(text, _STAYS))
    if any(each.bare and fold(each.text) == text[at] for each in clause.words):
        return False
    if clause.denies:
        behind = text[at - 1] in _AS  # «телефоны в залог не берём»: of the telephones
        return False if (keeps or _starting(text, _NEEDED)) and not behind else None
    if axis == "paper" and (_shown(text) or (stays and _with_you(text))):
        return False
    return True if keeps or stays else None


def _with_you(text: Sequence[str]) -> bool:
    return not _AT_HOME.isdisjoint(text) or any(pair in _WITH_YOU for pair in pairwise(text))


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
