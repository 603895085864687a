"""What a message does with an order: lists goods to be taken, adds to what was wanted, asks what there is in it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import pairwise
from types import MappingProxyType

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.naming import Named
from app.figures.sums.fitting import least_of
from app.figures.talk.held import Held
from app.figures.talk.rejecting import wishes
from app.figures.talk.spreading import by_piece
from app.figures.wanted import Wanted
from app.figures.words import LANGUAGES, chooses, data, folded, listed, tokens, written

_PIECE = "@piece"
_SEVERAL = 2
_BESIDE = 4
"""Words of a list that nothing explains: with more of them it tells a story."""
_APART = 2
"""Words between two words of a phrase."""
_MOST_SETS = 1000
_MOST_TAKEN = 1000
"""Pieces: a greater number is an amount."""
_ELSE = frozenset({"yes_no", "difference", "discount", "instalment", "included", "measure"})


def orders(text: str, wanted: Wanted, catalogue: Catalogue, held: Sequence[str] = ()) -> bool:
    """Whether a clause takes goods, counted or several: who begins an order so asks what it comes to.

    So does who adds to what is `held`, and who says nothing but a name with how many or how long.
    """
    own = [(n, mention) for n, mention in enumerate(wanted.named) if mention.own and meant_by(mention, catalogue)]
    open_ = any(word in listed("open") and word not in listed("counts") for word in wanted.words)
    if not own or open_ or not _ELSE.isdisjoint(wanted.asks) or chooses(wanted.words) or len(wanted.rest) > _BESIDE:
        return False
    if (held and adds_on(text, wanted)) or _added_up(text, [mention for _, mention in own]):
        return True
    counted = any(n in wanted.counts for n, _ in own)
    has = any(token.raw in written("owners") for token in tokens(text))
    if not wanted.rest and not has and "?" not in text:
        bare = wanted.months is not None or any(not unit.startswith("@") for unit in wanted.quantities)
        if counted or (bare and any(mention.key is not None for _, mention in own)):
            return True
    takes = wishes(wanted.words)
    goods = any(_goods(mention, catalogue) for _, mention in own)
    return takes and goods and (len(own) >= _SEVERAL or counted)


def _added_up(text: str, own: Sequence[Named]) -> bool:
    """«A + B + C»: a list that is written as a sum asks for it."""
    return any("+" in text[a.end : b.start] for a, b in pairwise(own))


def _goods(mention: Named, catalogue: Catalogue) -> bool:
    """Whether all that a name may mean is bought by the piece."""
    offers = meant_by(mention, catalogue)
    return bool(offers) and all(p.unit == _PIECE and p.fact.period in ("once", None) for o in offers for p in o.prices)


def meant_by(mention: Named, catalogue: Catalogue) -> list[Offer]:
    """What a name means: one product, or all that it may mean alike."""
    keys = (mention.key,) if mention.key is not None else mention.tied
    return [offer for key in keys if (offer := catalogue.get(key)) is not None]


def taken_so_many(
    wanted: Wanted,
    right: Decimal | None,
    items: Sequence[Held],
    near: Sequence[str],
    catalogue: Catalogue,
    *,
    set_: Decimal | None = None,
) -> Held | None:
    """«I take two», said of nothing: so many of what was spoken of last, of several models the cheapest with all open.

    `right`: the number for one that it puts right; `near`: what an unclear name left to choose from, else what
    was spoken of last. `set_`: a number that it sets for that.
    """
    number = set_ if right is None and set_ is not None else _so_many(wanted, right)
    if number is None or any(mention.own or mention.key in near for mention in wanted.named):
        return None
    if right is not None:
        return next((item for item in items if item.open and item.count == number), None)
    keys = tuple(near)
    least = least_of(catalogue, keys) if keys and by_piece(keys, catalogue) else None
    return Held(least.key, number, taken=True, open=keys if len(keys) > 1 else ()) if least is not None else None


def taken_anew(items: Sequence[Held], so_many: Held | None) -> list[Held]:
    """The items with what so many are taken of in the place of what it was."""
    if so_many is None:
        return list(items)
    return [*(item for item in items if item.key not in (so_many.key, *so_many.open)), so_many]


def _so_many(wanted: Wanted, right: Decimal | None) -> Decimal | None:
    """The only number that such a message takes."""
    if right is not None:
        return right if not wanted.asks & _ELSE and len(wanted.rest) <= _BESIDE else None
    alone = {unit for unit in wanted.quantities if unit != _PIECE}
    if alone or wanted.foreign or wanted.months is not None or not _ELSE.isdisjoint(wanted.asks):
        return None
    if not wishes(wanted.words) or len(wanted.rest) > _BESIDE:
        return None
    numbers = [*wanted.bare, *(n for unit, n in wanted.quantities.items() if unit == _PIECE)]
    told = numbers[0] if len(numbers) == 1 else None
    return told if told is not None and 0 < told <= _MOST_TAKEN and told == told.to_integral_value() else None


def recaps(words: Sequence[str]) -> bool:
    """Whether folded words ask what is in the order so far. Linear in the words."""
    said = frozenset(words)
    return any(said.issuperset(phrase) and _stands(phrase, words) for phrase in _recaps())


def _stands(phrase: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words of a phrase stand in their order, with few between."""
    return any(_goes_on(phrase[1:], words, n) for n, word in enumerate(words) if word == phrase[0])


def _goes_on(rest: Sequence[str], words: Sequence[str], place: int) -> bool:
    for wanted in rest:
        near = words[place + 1 : place + 2 + _APART]
        if wanted not in near:
            return False
        place = place + 1 + near.index(wanted)
    return True


@cache
def _recaps() -> tuple[tuple[str, ...], ...]:
    return tuple(folded(phrase) for language in LANGUAGES for phrase in data(language)["recap"])


def adds_on(text: str, wanted: Wanted) -> bool:
    """Whether a text adds what it names to what was wanted: by a word for that, or by «plus» before all names."""
    if any(listed("adding").get(word) is not None for word in wanted.words):
        return True
    first = next((mention.start for mention in wanted.named if mention.own), None)
    plus = frozenset(listed("adds").words_of("adds"))
    return first is not None and any(t.folded in plus and t.end <= first for t in tokens(text))


def joins(text: str, wanted: Wanted) -> bool:
    """Whether what a message names comes beside what was wanted before.

    «Together» and «plus» between two names join these two, and nothing that was said earlier.
    """
    if any(listed("adding").get(word) is not None for word in wanted.words):
        return True
    own = [mention for mention in wanted.named if mention.own]
    joining = [token for token in tokens(text) if token.folded in listed("together")]
    if len(own) < _SEVERAL:
        return bool(joining)
    ends = (own[0].start, own[-1].end)
    outer = (t for t in joining if not ends[0] <= t.start < ends[1])
    return any(t.folded not in listed("totals") and t.raw not in written("forall") for t in outer)


def in_sets(text: str, wanted: Wanted, catalogue: Catalogue) -> Wanted:
    """«Two sets of printer and scanner»: so many of each that has no number of its own."""
    goods = [n for n, mention in enumerate(wanted.named) if mention.own and _goods(mention, catalogue)]
    found = tokens(text)
    named = [(m.start, m.end) for m in wanted.named if m.own]
    sets = {t.start for t in found if t.folded in listed("sets") and not any(a <= t.start < b for a, b in named)}
    number = next((a for a, b in pairwise(found) if b.start in sets and a.number), None)
    if number is None or len(goods) < _SEVERAL or not 0 < int(number.raw[:4]) <= _MOST_SETS:
        return wanted
    own = dict.fromkeys(goods, Decimal(number.raw)) | dict(wanted.counts)
    return replace(wanted, counts=MappingProxyType(own))
