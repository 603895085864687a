"""What comes into the basket with a message: what it takes, what it asks the price of, and how many of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.figures.shop.catalogue import Catalogue
from app.figures.sums.fitting import bounded, least_of
from app.figures.talk.checking import Checked
from app.figures.talk.held import Held
from app.figures.talk.ordering import meant_by
from app.figures.talk.rejecting import wishes
from app.figures.wanted import Wanted
from app.figures.words import listed, same

_MOST_TIED = 8
_FEW = 2
"""Words beside a name that nothing explains: with more of them it is about something else."""
_WHOLE = 3
"""Names of a list that leaves nothing out."""
_PRICED = frozenset({"price", "sum", "cheapest", "saving", "instalment", "difference"})


@dataclass(frozen=True, slots=True)
class Taking:
    """How what a message names goes with what was wanted. `own`: keys of what it names beyond doubt."""

    own: set[str]
    refused: frozenset[str]
    """Keys of what it does not want."""
    picked: bool
    """Whether it chooses among what was offered,"""
    beside: bool
    """adds to what was wanted,"""
    anew: bool
    """or lists all that is wanted now."""
    far: Sequence[int]
    """Places of the names that it neither takes nor prices."""
    called: frozenset[str] | set[str] = frozenset()
    """Keys of what it calls by any word."""
    adds: bool = False
    """Whether it adds something to an order."""


def taken_in(items: Sequence[Held], wanted: Wanted, goes: Taking, catalogue: Catalogue) -> Iterator[Held]:
    """The items with what a message prices or takes; of one kind the later, unless it comes beside."""
    items = [_settled(item, wanted, goes.own) for item in items]
    takes = goes.picked or goes.adds or wishes(wanted.words) or bool(wanted.counts) or "sum" in wanted.asks
    new = _new(wanted, goes, catalogue, takes=takes)
    if "difference" in wanted.asks and not goes.picked and not goes.adds:
        held = {catalogue.head(item.key) for item in items}
        new = {key: each for key, each in new.items() if catalogue.head(key) not in held}  # it is only held against it
    settled = {key for key, held in new.items() if not held.open}
    heads = {catalogue.head(key) for key in settled}
    plans = {catalogue.head(key) for key in new if (offer := catalogue.get(key)) is not None and bounded(offer)}
    counts, pers = wanted.counted, wanted.counted_per
    # Who adds to what he asked the price of takes that too.
    adds = goes.beside and takes and any(listed("adding").get(word) is not None for word in wanted.words)
    kits = [catalogue.contents[key].keys for key, held in new.items() if held.taken and key in catalogue.contents]
    inside = frozenset[str]().union(*kits) if not goes.beside else frozenset[str]()
    for item in items:
        if item.key not in new and not inside.isdisjoint((item.key, *item.open)) and (item.open or not item.taken):
            continue  # what he asked the price of comes with the kit
        if goes.anew and item.key not in new and item.key not in goes.called and settled.isdisjoint(item.open):
            continue
        head = catalogue.head(item.key)
        again = new.pop(item.key, None)
        if again is None and (chosen_ := settled & new.keys() & set(item.open)):
            again = new.pop(min(chosen_))  # of what the name might mean he has named one
            known = _counted(item, again)
            yield Held(again.key, known.count, taken=True, per=known.per)
        elif again is not None:
            known = _counted(item, again)
            yield Held(item.key, known.count, item.taken or again.taken, again.open and item.open, known.per)
        elif not (head in plans or (head in heads and not goes.beside and (takes or not item.taken))):
            kept = replace(item, count=counts[item.key], per=pers.get(item.key)) if item.key in counts else item
            yield replace(kept, taken=item.taken or adds)
    yield from new.values()


def _settled(item: Held, wanted: Wanted, own: set[str]) -> Held:
    """The item, or the one thing that its name might mean and that a message calls by its own."""
    named = {m.key for m in wanted.named if m.own and m.key in own} & set(item.open)
    key = min(named) if len(named) == 1 else None
    return replace(item, key=key, open=()) if key is not None else item


def lists_all(wanted: Wanted, own: set[str], looked: Checked | None) -> bool:
    """Whether a message lists all that is wanted: three things or more, and asks what they come to or takes them.

    What it only looks for in the sum is no part of the list.
    """
    spans = looked.spans if looked is not None else ()
    named = [m for m in wanted.named if m.own and (m.key is None or m.key in own) and (m.start, m.end) not in spans]
    words = wanted.words
    only = any(token in listed("only") or token in listed("recounting") for token in words)
    whole = "sum" in wanted.asks or wishes(words) or only
    return len(named) >= _WHOLE and whole and "yes_no" not in wanted.asks


def _counted(item: Held, again: Held) -> Held:
    """Of the two the one that says how many: the number that is known already changes nothing."""
    told = again.count is not None and (again.count != item.count or again.per is not None)
    return again if told else item


def _called(head: str, wanted: Wanted) -> bool:
    """Whether a message says what kind of thing it is: who needs a receipt twice needs no receipt printer."""
    return any(same(head, word) for word in wanted.words)


def of_contents(wanted: Wanted) -> bool:
    """Whether a message asks only what is included in something: «is the scanner in it?»."""
    return "included" in wanted.asks and not wanted.asks & _PRICED and not wanted.counts


def _new(wanted: Wanted, goes: Taking, catalogue: Catalogue, *, takes: bool) -> dict[str, Held]:
    """What a message prices or takes; of an unclear name the cheapest, with all that it may mean."""
    brief = len(wanted.rest) <= _FEW and "yes_no" not in wanted.asks
    if not (takes or brief or wanted.asks & _PRICED or wanted.alone):
        return {}
    new: dict[str, Held] = {}
    own, refused = goes.own, goes.refused
    far = () if goes.picked or "sum" in wanted.asks else goes.far
    counts, pers = wanted.counted, wanted.counted_per
    asks = bool(wanted.asks & _PRICED) or bool(counts)
    contents = of_contents(wanted) and not wishes(wanted.words)
    for place, mention in enumerate(wanted.named):
        key = mention.key
        if place in far and place not in wanted.counts:
            continue
        if contents and not any(map(bounded, meant_by(mention, catalogue))):
            continue  # «is the scanner in it?» orders none
        if key is not None:
            offer = catalogue.get(key)
            if key in own and (mention.own or wanted.asks & _PRICED) and offer is not None:
                asked_free = bool(offer.free_from) and any(listed("freewords").get(w) is not None for w in wanted.words)
                new[key] = Held(key, counts.get(key), takes and not asked_free, per=pers.get(key))
        elif mention.own and 1 < len(mention.tied) <= _MOST_TIED and not (own | refused) & set(mention.tied):
            least = least_of(catalogue, mention.tied)
            if least is not None and not bounded(least) and (asks or _called(catalogue.head(least.key), wanted)):
                open_ = () if "cheapest" in wanted.asks else mention.tied
                held = Held(least.key, counts.get(least.key), takes, open_, pers.get(least.key))
                new.setdefault(least.key, held)
    return new
