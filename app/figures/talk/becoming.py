"""How many there are then: «four more, so twelve», «наймём ещё троих», «тағы екеуін аламын»."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, Read, exact
from app.figures.talk.setting import set_alone
from app.figures.wanted import Wanted
from app.figures.words import Token, asked_by, collective, common, listed, tokens, written

_NEAR = 2
"""Words between a number and the word that says that there are so many then."""
_MOST = 1000
_BREAKS = frozenset(".!?;\n")
_MARKS = frozenset(".!?;,:\n")


@dataclass(frozen=True, slots=True)
class _Added:
    value: Decimal
    """So many more, below nothing so many fewer."""
    free: bool
    """Whether no noun stands behind the number."""


def become(read: Read, wanted: Wanted, told: Mapping[str, Decimal], paid: Collection[str] = ()) -> Wanted:
    """The message with the whole number of a unit of which it tells how many there are more.

    `told`: key of a unit -> how many there were; `paid`: the units that all that was spoken of last is paid by. Without
    a unit it is the one that so many more make so many of, else the one that is paid by. Linear.
    """
    found = tokens(read.text)
    added = list(_added(read, found))
    if wanted.percent is not None or any(abs(each.value) > _MOST for each in added):
        return wanted
    if not added and len(paid) == 1:
        return _next(read, found, wanted, told, min(paid)) or _set_anew(read, wanted, told, min(paid))
    if len(added) != 1:
        return wanted
    more = added[0].value
    unit, before = _of_unit(wanted, told, paid if added[0].free else (), added[0])
    total = _total(read, found, wanted, more)
    if unit is None and total is not None:
        units = [u for u, n in told.items() if n + more == total and not u.startswith("@")]
        unit = units[0] if len(units) == 1 else None
    if unit is None or (any(mention.own for mention in wanted.named) and more not in wanted.bare):
        return wanted
    whole = total if total is not None else (before or Decimal(0)) + more
    if (total is None and (before is None or before == more)) or whole <= 0:
        return wanted  # said again, or told for the first time
    bare = tuple(n for n in wanted.bare if n not in (abs(more), total))
    return replace(wanted, foreign=(), quantities=MappingProxyType({**wanted.quantities, unit: whole}), bare=bare)


def _of_unit(
    wanted: Wanted, told: Mapping[str, Decimal], paid: Collection[str], added: _Added
) -> tuple[str | None, Decimal | None]:
    """The unit of which there are so many more, and how many there were."""
    more = added.value
    own = [unit for unit in wanted.quantities if not unit.startswith("@") and unit not in wanted.each]
    units = [unit for unit in own if wanted.quantities[unit] == more and abs(more) not in wanted.bare]
    if len(units) == 1:
        return units[0], told.get(units[0])
    if len(own) == 1 and added.free and wanted.bare == (abs(more),):
        return own[0], wanted.quantities[own[0]]  # «we have 3 tills and want two more»
    units = [unit for unit in told if unit in paid] if not own and _alone(wanted, abs(more)) else []
    return (units[0], told[units[0]]) if len(units) == 1 else (None, None)


def _next(read: Read, found: Sequence[Token], wanted: Wanted, told: Mapping[str, Decimal], unit: str) -> Wanted | None:
    """«Soon we open a third»: one more than there were, beside a word for that."""
    if any(mention.own for mention in wanted.named) or wanted.quantities:
        return None
    for number in read.numbers[:MOST_READ]:
        first, last = place_of(found, number.start), place_of(found, number.end)
        near = [*found[max(0, first - 1) : first], *found[last : last + 1]]
        ordinal = getattr(number, "kind", None) == "ordinal" and number.value == told.get(unit, Decimal(0)) + 1
        if ordinal and any(token.raw in written("growing") for token in near):
            return replace(wanted, quantities=MappingProxyType({unit: number.value}), bare=(), foreign=())
    return None


def _set_anew(read: Read, wanted: Wanted, told: Mapping[str, Decimal], unit: str) -> Wanted:
    """«No, two will do», of so many units that what was spoken of is paid by."""
    before = told.get(unit, Decimal(1))
    number = set_alone(read, wanted, told, before) if before > 1 else None
    if number is None or number == before:
        return wanted
    return replace(wanted, quantities=MappingProxyType({unit: number}), bare=())


def _alone(wanted: Wanted, more: Decimal) -> bool:
    """Whether it is the only number, and counts no thing: a verb may stand behind it."""
    verb = len(wanted.foreign) == 1 and wanted.foreign[0].lower() in written("growing")
    one = more == 1 and not wanted.foreign  # «one» in a word is no number
    return wanted.bare == (more,) or (not wanted.bare and (verb or one) and not wanted.counts)


def _added(read: Read, found: Sequence[Token]) -> Iterator[_Added]:
    """The numbers right beside a word for more of it, or before one for less."""
    numbered: set[int] = set()
    for number in [n for n in read.numbers[:MOST_READ] if exact(n)]:
        first, last = place_of(found, number.start), place_of(found, number.end)
        numbered.add(number.start)
        if last == first + 1 and found[first].folded in collective():
            continue
        if _more(read.text, found, first - 1, first) or _more(read.text, found, last, last - 1):
            yield _Added(number.value, _free(read.text, found, last))
        elif _more(read.text, found, first - 1, first, "oneless"):
            yield _Added(-number.value, _free(read.text, found, last))
    for place, token in enumerate(found):
        one = listed("one").get(token.folded) is not None and token.start not in numbered
        if (one or token.folded in collective()) and _more(read.text, found, place - 1, place):
            yield _Added(collective().get(token.folded, Decimal(1)), _free(read.text, found, place + 1))
        elif one and _more(read.text, found, place - 1, place, "oneless"):
            yield _Added(Decimal(-1), _free(read.text, found, place + 1))


def _free(text: str, found: Sequence[Token], place: int) -> bool:
    behind = found[place] if place < len(found) else None
    if behind is None or not _MARKS.isdisjoint(text[found[place - 1].end : behind.start]):
        return True
    takes = any(listed(name).get(behind.folded) is not None for name in ("taking", "adding"))
    does = any(behind.raw in written(name) for name in ("growing", "becoming"))
    return takes or does or bool(asked_by(behind.folded))


def more_of_it(read: Read, wanted: Wanted) -> Decimal | None:
    """How many more of what was spoken of last, where nothing is named or counted beside: «and one more»."""
    if any(mention.own for mention in wanted.named) or wanted.units or wanted.percent is not None:
        return None
    added = list(_added(read, tokens(read.text)))
    counted = {unit for unit in wanted.quantities if unit != "@piece"}
    if len(added) != 1 or not added[0].free or counted or not _alone(wanted, abs(added[0].value)):
        return None
    return added[0].value


def tells_whole(read: Read, wanted: Wanted) -> bool:
    """Whether it says how many there are then, beside how many more."""
    found = tokens(read.text)
    added = list(_added(read, found))
    return len(added) == 1 and _total(read, found, wanted, added[0].value) is not None


def _more(text: str, found: Sequence[Token], place: int, number: int, name: str = "onemore") -> bool:
    if not 0 <= place < len(found) or found[place].folded not in listed(name):
        return False
    one, other = sorted((place, number))
    return not text[found[one].end : found[other].start].strip()


def _total(read: Read, found: Sequence[Token], wanted: Wanted, more: Decimal) -> Decimal | None:
    """The other number of the message, beside a word that says that there are so many then."""
    held = {*wanted.bare, *wanted.quantities.values()}
    numbers = [(n.value, n.start, n.end) for n in read.numbers[:MOST_READ] if exact(n) and n.value in held]
    numbers += [(collective()[t.folded], t.start, t.end) for t in found if t.folded in collective()]
    for value, start, end in numbers:
        if value <= more:
            continue
        first, last = place_of(found, start), place_of(found, end)
        ahead, behind = list(found[max(0, first - _NEAR) : first]), list(found[last : last + _NEAR])
        near = [t for n, t in enumerate(reversed(ahead)) if not n or ahead[-1].folded in common()]
        near += [t for n, t in enumerate(behind) if not n or behind[0].folded in common() or wanted.units]
        if any(t.raw in written("becoming") and _joined(read.text, t, start, end) for t in near):
            return value
    return None


def _joined(text: str, token: Token, start: int, end: int) -> bool:
    between = text[token.end : start] if token.end <= start else text[end : token.start]
    return _BREAKS.isdisjoint(between)
