"""What he wants so far: folded over the messages of a conversation, one after another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.figures.case import quantities
from app.figures.read import Read
from app.figures.shop.catalogue import Catalogue
from app.figures.sums.fitting import price_of
from app.figures.talk.allotting import allotted
from app.figures.talk.aside import told_of
from app.figures.talk.becoming import become, more_of_it
from app.figures.talk.byprice import of_another_price
from app.figures.talk.checking import Checked
from app.figures.talk.having import his_number
from app.figures.talk.held import NOTHING, Basket, Held, Parse
from app.figures.talk.inrows import in_rows
from app.figures.talk.inside import Inside
from app.figures.talk.meeting import remembered
from app.figures.talk.mending import (
    Swap,
    come_back,
    counted_right,
    fewer,
    more_told,
    multiplied,
    only_spoken_of,
    put_right,
    said_anew,
    swapped,
)
from app.figures.talk.ordering import adds_on, in_sets, joins, taken_anew, taken_so_many
from app.figures.talk.plans import calls_main, main_offers
from app.figures.talk.reading import Reading, read_behind
from app.figures.talk.season import for_the_season, instead_of_buying, lasting
from app.figures.talk.setting import set_alone
from app.figures.talk.sharing import Spoken, each_place, of_places, per_item, place_of, renewed, to_each
from app.figures.talk.split import of_split, told_with_places, with_split
from app.figures.talk.spreading import Known, shared, spread
from app.figures.talk.taking import Taking, lists_all, of_contents, taken_in
from app.figures.wanted import Wanted
from app.figures.words import listed, tokens, written

__all__ = ("NOTHING", "Basket", "Heard", "Parse", "heard")

_PIECE = "@piece"
_SPANS = {"@hour": "hour", "@day": "day", "@week": "week"}
_MOST = 12
_MOST_TIED = 8
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """One message behind a basket: what it asks, without what it takes back and with what it chooses said in full."""

    read: Read
    wanted: Wanted
    after: Basket
    picked: bool = False
    """Whether it chose among what was offered."""
    put_right: bool = False
    """Whether it took something back that was wanted, or put a number right."""
    joined: bool = False
    """Whether what it names comes beside what was wanted before."""
    inside: Inside | None = None
    """What it says to be in a kit,"""
    checked: Checked | None = None
    """and what it looks for in the sum."""
    so_many: Held | None = None
    """What it takes so many of, where it names nothing: what was spoken of last."""


def heard(text: str, before: Basket, catalogue: Catalogue, parse: Parse) -> Heard:
    """Linear in the text."""
    it = _read(text, before, catalogue, parse)
    read, gone = it.read, it.gone
    said = become(
        read,
        only_spoken_of(his_number(read, it.wanted, catalogue), before.items),
        dict(before.told),
        _paid(before, catalogue),
    )
    wanted, met = remembered(said, before, catalogue)
    right = swapped(read)
    items, told = _left(it, before, wanted, catalogue)
    if right is not None and not any(word in listed("each") for word in wanted.words):  # «not one for each but two»
        items, told = put_right(items, told, right, read, wanted)
        wanted = counted_right(wanted, right)
    split = allotted(read, wanted, before, catalogue)
    wanted, told = with_split(wanted, told, split, catalogue)
    wanted, told = in_rows(read, wanted, told, catalogue)
    told = more_told(read, wanted, told, dict(before.told), catalogue)
    marks = shared(read, wanted, known := Known(told, place_of(items, told, catalogue)), catalogue)
    wanted = spread(read, in_sets(read.text, wanted, catalogue), known, marks, catalogue)
    spoken = Spoken(it.spoken, before.focus)
    wanted = to_each(read, wanted, items, marks, (spoken, known), catalogue=catalogue)
    counted = {item.key: item.count for item in items}
    wanted, items = multiplied(read, wanted, items, catalogue)
    if (places := of_places(read, wanted, known)) is not None:
        wanted = replace(wanted, quantities={**wanted.quantities, **places})
        told |= places
    if not wanted.counts:
        items = per_item(items, marks, spoken, known, catalogue)
    if each := each_place(it.text, it.spoken, items, known, catalogue):
        items, wanted = each, replace(wanted, counts={})  # the number was ours, and is put right
    if (pieces := wanted.quantities.get(_PIECE)) is not None and not wanted.keys and len(before.focus) == 1:
        items = [replace(item, count=pieces, per=None) if item.key == before.focus[0] else item for item in items]
    so_many = None if marks else _so_many(it, before, (read, wanted), items, catalogue, right=right, told=told)
    own = {key for key in wanted.keys if key not in gone}
    refused = (it.refused - own) | of_another_price(read, wanted, catalogue)
    beside = joins(read.text, wanted) or it.checked is not None or it.added
    adding = adds_on(read.text, wanted)  # it comes beside, whatever it chooses
    lists = lists_all(wanted, own, it.checked) and not (joins(read.text, wanted) or it.added)
    anew = lists or bool(it.only)
    plan = _plan(read, wanted, before, refused, catalogue, anew=anew)
    goes = Taking(
        own,
        refused,
        it.picked,
        beside=beside and (adding or not it.picked),
        anew=anew,
        adds=adding and bool(before.items),
        far=[n for n in told_of(read.text, wanted) if n not in told_with_places(wanted, catalogue)],
        # A word that is no part of its name calls a thing that is wanted already.
        called=it.only | {n.tied[0] for n in catalogue.named(read.text) if lists and len(n.tied) == 1},
    )
    items = taken_anew(items, so_many)
    items = of_split(list(taken_in(items, wanted, goes, catalogue)), items, split, catalogue)
    with_them = come_back(items, before.gone, wanted, read.text)
    back = {item.key for item in with_them if item.taken} - {item.key for item in items if item.taken}
    items = renewed(with_them, told)
    focus = (
        wanted.keys or tuple(k for k in before.focus if k not in gone) or tuple(i.key for i in items[-1:] if not i.open)
    )
    after = Basket(
        tuple(items[-_MOST:]),
        ()
        if anew
        else before.offered
        if of_contents(wanted)
        else _offered(wanted, own if beside else own | _in_kits(items, own, catalogue), before, catalogue),
        tuple(told.items()),
        wanted.months or before.months,
        (before.rejected | gone) - own - {item.key for item in items},
        focus,
        (frozenset(item.key for item in before.meant) - gone) | back,
        tuple({**{u: row for u, row in before.shares if u not in wanted.quantities}, **wanted.shares}.items()),
        before.parts or "instalment" in wanted.asks,
        before.ordered or any(token.raw in written("placing_order") for token in tokens(read.text)),
        () if any(catalogue.get(i.key) in main_offers(catalogue) for i in items) else plan,
        tuple(item for item in (*before.gone, *before.items) if item.key not in {i.key for i in items})[-_MOST:],
        _without_plan(it, wanted, before, catalogue),
        lasting(text, before),
        split.split if split is not None else (),
        met,
        wanted.ages,
    )
    picked = it.picked or any(key in before.offered for key in own)
    mended = bool((gone | it.less.keys()) & set(before.keys)) or bool(it.only) or right is not None or bool(back)
    mended |= any(i.key in counted and counted[i.key] != i.count and i.key not in own for i in items) or bool(each)
    mended |= said_anew(before, wanted) or (split is not None and bool(before.items) and split.split != before.split)
    joined = picked or beside or any(word in listed("recounting") for word in wanted.words)
    return Heard(read, wanted, after, picked, mended, joined, it.inside, it.checked, so_many)


def _read(text: str, before: Basket, catalogue: Catalogue, parse: Parse) -> Reading:
    """The message, with what is let in the place of what he will not buy, and for his season."""
    lets = instead_of_buying(text, before, catalogue)
    it = read_behind(lets, before, catalogue, parse)
    it = it if lets == text else replace(it, picked=True, gone=it.gone | set(before.focus))
    return replace(it, wanted=for_the_season(lets, it.wanted, before, catalogue))


def _paid(before: Basket, catalogue: Catalogue) -> frozenset[str]:
    """The unit that all that was spoken of last is paid by, else the one told of that it is bounded by; none where it
    is paid by the piece."""
    offers = [offer for key in before.focus if (offer := catalogue.get(key)) is not None]
    units = {price.unit or _PIECE for offer in offers for price in offer.prices}
    own = frozenset(unit for unit in units if len(units) == 1 and not unit.startswith("@"))
    told = {unit for unit, _ in before.told if not unit.startswith("@")}
    limits = {limit.unit for offer in offers for limit in offer.limits}
    return own if own & told or len(told) != 1 else frozenset(told & limits)


def _so_many(
    it: Reading, before: Basket, said: tuple[Read, Wanted], items: Sequence[Held], catalogue: Catalogue,
    *, right: Swap | None, told: Mapping[str, Decimal],
) -> Held | None:  # fmt: skip
    """What it takes so many of, where it names nothing. `right`: the number that it puts right for another."""
    last = before.offered if len(before.offered) > 1 else before.focus
    count = next((item.count for item in items if item.key in last), None)
    more = more_of_it(*said) if count is not None and len(last) == 1 else None
    sum_ = count + more if count is not None and more is not None else Decimal(0)
    number = sum_ if sum_ > 0 else set_alone(*said, told, count)
    near = last if number is not None or len(it.offered) < _SEVERAL else it.offered
    return taken_so_many(said[1], right.right if right is not None else None, items, near, catalogue, set_=number)


def _left(it: Reading, before: Basket, wanted: Wanted, catalogue: Catalogue) -> tuple[list[Held], dict[str, Decimal]]:
    """What is left of the items, and what was told, without what a message takes back."""
    items = [left for item in before.items if item.key not in it.gone and (left := fewer(item, it.less)) is not None]
    told = {unit: n for unit, n in before.told if not _of_gone(unit, it.gone, catalogue)}
    lasting = {u for u in wanted.quantities if u != _PIECE and (u not in _SPANS or _spanned(wanted, u, catalogue))}
    return items, told | {unit: n for unit, n in quantities(wanted, told).items() if unit in lasting}


def _spanned(wanted: Wanted, unit: str, catalogue: Catalogue) -> bool:
    """Whether a short length of time is what something that the message names is priced by, and not only told."""
    offers = [offer for key in wanted.keys if (offer := catalogue.get(key)) is not None]
    return any(price.unit == unit or price.fact.period == _SPANS[unit] for offer in offers for price in offer.prices)


def _without_plan(it: Reading, wanted: Wanted, before: Basket, catalogue: Catalogue) -> bool:
    """Whether none of the main offers is wanted: said now, or before and no other word since."""
    plans = {offer.key for offer in main_offers(catalogue)}
    if not plans or not plans.isdisjoint(wanted.keys) or calls_main(it.read.text, wanted, catalogue):
        return False
    return before.without_plan or plans <= it.refused


def _in_kits(items: Sequence[Held], own: set[str], catalogue: Catalogue) -> frozenset[str]:
    """What is in the kits that are wanted now: it is not left to choose any more."""
    held = [i.key for i in items if i.taken and i.key in own and i.key in catalogue.contents]
    return frozenset(key for kit in held for key in catalogue.contents[kit].keys)


def _offered(wanted: Wanted, own: set[str], before: Basket, catalogue: Catalogue) -> tuple[str, ...]:
    for mention in reversed(wanted.named):
        if mention.own and mention.key is None and 1 < len(mention.tied) <= _MOST_TIED and not own & set(mention.tied):
            offers = [offer for key in mention.tied if (offer := catalogue.get(key)) is not None]
            return tuple(offer.key for offer in sorted(offers, key=price_of))  # in the order that they are said in
    return () if own & set(before.offered) else before.offered


def _of_gone(unit: str, gone: frozenset[str], catalogue: Catalogue) -> bool:
    """Whether a unit was counted for what goes: without one more register there are no more registers than included."""
    offers = [offer for key in gone if (offer := catalogue.get(key)) is not None and offer.extra]
    return any(price.unit == unit for offer in offers for price in offer.prices)


def _plan(
    read: Read, wanted: Wanted, before: Basket, refused: frozenset[str], catalogue: Catalogue, *, anew: bool
) -> tuple[str, ...]:
    """Keys of the main offers, where one of them is called for in a sum, or was before and has not been taken back."""
    plans = tuple(offer.key for offer in main_offers(catalogue))
    if "sum" in wanted.asks and calls_main(read.text, wanted, catalogue):
        return plans
    return () if anew or not refused.isdisjoint(plans) else before.plan
