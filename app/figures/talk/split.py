"""What becomes of a message and an order where main offers are for some of the places each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.shop.catalogue import Catalogue
from app.figures.talk.allotting import Allotted
from app.figures.talk.held import Held
from app.figures.talk.plans import main_offers, place_of_main
from app.figures.talk.spreading import by_piece
from app.figures.wanted import Wanted

_ASKS = frozenset({"price", "cheapest", "saving", "discount"})
_SEVERAL = 2


def with_split(
    wanted: Wanted, told: Mapping[str, Decimal], made: Allotted | None, catalogue: Catalogue
) -> tuple[Wanted, dict[str, Decimal]]:
    """The message and what was told, with the places that there are: a number of some of them is none of all."""
    if made is None or not made.anew or made.places is None:
        return wanted, dict(told)
    places = made.places
    before = told.get(made.unit)
    if made.unit not in wanted.quantities and before is not None and not made.replaces:
        places = max(places, before)
    plans = {offer.key for offer in main_offers(catalogue)}
    counts = {n: count for n, count in wanted.counts.items() if wanted.named[n].key not in plans}
    counts = _in_each_part(wanted, counts, made, catalogue)
    used = [n for _, n in made.split]
    bare = [n for n in wanted.bare if n not in used and n != 1]
    asks = wanted.asks | {"sum"} if not wanted.asks.isdisjoint(_ASKS) else wanted.asks
    wanted = replace(
        wanted,
        quantities=MappingProxyType({**wanted.quantities, made.unit: places}),
        counts=MappingProxyType(counts),
        bare=tuple(bare),
        asks=asks,
    )
    return wanted, {**told, made.unit: places}


def _in_each_part(
    wanted: Wanted, counts: Mapping[int, Decimal], made: Allotted, catalogue: Catalogue
) -> dict[int, Decimal]:
    """«The first shop takes a scanner, the second a scanner too»: what is said of several is wanted for each."""
    found = dict(counts)
    rows: dict[str, dict[int, Decimal]] = {}
    for place, mention in enumerate(wanted.named):
        keys = (mention.key,) if mention.key is not None else mention.tied
        part = next((n for n, (start, end) in enumerate(made.parts) if start <= mention.start < end), None)
        if part is not None and mention.own and keys and by_piece(keys, catalogue):
            row = rows.setdefault(" ".join(sorted(keys)), {})
            row[part] = max(row.get(part, Decimal(0)), found.get(place, Decimal(1)))
    for place, mention in enumerate(wanted.named):
        keys = (mention.key,) if mention.key is not None else mention.tied
        row = rows.get(" ".join(sorted(keys)), {}) if keys else {}
        if len(row) >= _SEVERAL:
            found[place] = sum(row.values(), Decimal(0))
    return found


def of_split(items: Sequence[Held], earlier: Sequence[Held], made: Allotted | None, catalogue: Catalogue) -> list[Held]:
    """The items, with all the main offers that are for some places, and no other."""
    if made is None or not made.split:
        return list(items)
    plans = {offer.key for offer in main_offers(catalogue)}
    held = {item.key: item for item in (*earlier, *items) if item.key in plans}
    taken = any(item.taken for item in held.values())
    first = next((n for n, item in enumerate(items) if item.key in plans), len(items))
    others = [item for item in items if item.key not in plans]
    own = [replace(held.get(key) or Held(key), count=None, taken=taken) for key, _ in made.split]
    return [*others[:first], *own, *others[first:]]


def told_with_places(wanted: Wanted, catalogue: Catalogue) -> list[int]:
    """Place in `named` of the only main offer that a message names with how many places have it: he wants it for them,
    though he asks for nothing in that sentence."""
    plans = {offer.key for offer in main_offers(catalogue)}
    places = [n for n, mention in enumerate(wanted.named) if mention.own and mention.key in plans]
    return places if len(places) == 1 and place_of_main(catalogue) in wanted.quantities else []
