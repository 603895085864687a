"""One message read behind a basket: what it chooses said in full, without what it takes back or only speaks of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from app.figures.read import Read
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.talk.amounts import named_by_amount
from app.figures.talk.aside import spoken_of
from app.figures.talk.becoming import tells_whole
from app.figures.talk.byprice import named_at_price, named_by_price
from app.figures.talk.checking import Checked, checked
from app.figures.talk.choosing import chosen, named_more, of_each_kind
from app.figures.talk.fortime import for_time
from app.figures.talk.having import had
from app.figures.talk.held import Basket, Parse
from app.figures.talk.inside import Inside, inside
from app.figures.talk.letting import let
from app.figures.talk.modelled import by_two_numbers
from app.figures.talk.narrowing import disclaimed, kinds, only
from app.figures.talk.onemore import doubted, of_one, of_one_more
from app.figures.talk.otherone import other_one
from app.figures.talk.paidover import paid_over
from app.figures.talk.picking import alike
from app.figures.talk.plans import main_offers
from app.figures.talk.referring import counted_it
from app.figures.talk.rejecting import in_words, kept, not_again, plainly, rejections, removes
from app.figures.talk.replacing import replaced, said_rather
from app.figures.wanted import Wanted
from app.figures.words import listed, segments, tokens

_FIRST = "1"
_YEAR = Decimal(12)
_MOST_TIED = 8
_FEW = 3
"""Things that are told apart by «the first» and «the second»."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says, and what it does with what was wanted."""

    text: str
    """All that it says."""
    read: Read
    wanted: Wanted
    spoken: tuple[Named, ...]
    """All that it names, what it takes back or only speaks of too."""
    picked: bool
    """Whether it chooses among what was offered, or puts one thing in the place of another."""
    gone: frozenset[str]
    """Keys of what it takes back,"""
    less: Mapping[str, Decimal]
    """key of what it takes some of back -> how many,"""
    refused: frozenset[str]
    """and keys of all that the names it takes back may mean."""
    offered: tuple[str, ...]
    """Keys of what there was to choose from,"""
    only: frozenset[str]
    """and of what it wants alone."""
    inside: Inside | None = None
    """What it says to be in a kit,"""
    checked: Checked | None = None
    """and what it looks for in the sum."""
    added: bool = False
    """Whether it adds a thing that it tells by its price."""


def read_behind(text: str, before: Basket, catalogue: Catalogue, parse: Parse) -> Reading:
    """Linear in the text."""
    text = _in_full(text, before, catalogue)
    swap = replaced(text, before.items, catalogue)
    read, wanted = _without(parse(swap.text if swap is not None else text), doubted, catalogue, parse)
    amounts = named_by_amount(read, wanted, before, catalogue) if swap is None else None
    if amounts is not None:
        read, wanted = parse(amounts.text)
    priced = named_at_price(read.text, read, wanted, catalogue)
    whole = priced != read.text or tells_whole(read, wanted)
    text = priced if whole else named_more(named_by_price(read, before.keys, catalogue), catalogue)
    if text != read.text:
        read, wanted = parse(text)
    read, wanted = of_one(*_without((read, wanted), of_one_more, catalogue, parse), wanted, catalogue)
    text = read.text
    offered = before.offered or _told_apart(before, catalogue) or _alike(before, catalogue)
    full = _called(text, before, offered, wanted, catalogue)
    picked = full != text or swap is not None
    if full != text:
        read, wanted = parse(full)
        text = read.text
    spoken, said = wanted.named, text
    within = inside(text, wanted, before, catalogue)
    apart = within.parts if within is not None else ()
    gone, less, spans = _taken_back(text, wanted, before, apart, catalogue)
    gone |= {swap.gone} if swap is not None else set()
    alone = only(text, wanted, before, catalogue) - gone
    refused = gone | {key for m in wanted.named if (m.start, m.end) in spans for key in m.tied}
    # What he chooses he does not only speak of.
    aside = [] if picked or alone else list(spoken_of(text, wanted, catalogue))
    aside += [span for span in had(text, wanted, catalogue) if span not in aside]
    looked = checked(text, wanted, before, apart) if not gone else None
    if looked is not None:
        aside = [span for span in aside if not any(span[0] <= start < span[1] for start, _ in looked.spans)]
    if amounts is not None:
        told = [m.start for m in wanted.named if m.key in amounts.keys]
        aside = [span for span in aside if not any(span[0] <= start < span[1] for start in told)]
    if within is not None:
        aside += within.spans
        gone |= {key for key in within.keys if within.blamed and key in before.keys}
    if spans := [*spans, *aside]:
        named = any(mention.own and mention.unique for mention in wanted.named)
        read, wanted = parse(kept(text, spans))
        wanted = wanted.own_only if named else wanted
    wanted = not_again(wanted, gone)
    gone, less = (gone, less) if gone or less or wanted.keys else _it(text, wanted, before)
    wanted = for_time(read, _timed(read, wanted, before, catalogue), before, catalogue)
    if amounts is not None:
        wanted = replace(wanted, asks=wanted.asks | {"sum"}, claimed=amounts.claimed)
    if looked is not None:
        wanted = replace(wanted, asks=(wanted.asks - {"included"}) | {"sum"})
    return Reading(
        said,
        read,
        wanted,
        spoken,
        picked,
        frozenset(gone),
        less,
        frozenset(refused),
        tuple(offered),
        alone,
        within,
        looked,
        amounts is not None,
    )


def _called(text: str, before: Basket, offered: Sequence[str], wanted: Wanted, catalogue: Catalogue) -> str:
    """The text with full names for what it calls by its place, its number, or what it is like."""
    full = other_one(text, before, wanted, catalogue)
    if full != text:
        return full
    return chosen(text, offered, wanted.named, catalogue, known=_known(before), near=alike(before, catalogue))


def _known(before: Basket) -> list[list[str]]:
    """Keys of what is wanted and has been told which it is, and of what was taken back."""
    return [[i.key for i in before.items if not i.open], [i.key for i in before.gone]]


def _in_full(text: str, before: Basket, catalogue: Catalogue) -> str:
    """The text with full names for what it says otherwise."""
    text = in_words(plainly(text), lambda said: _names_held(said, before, catalogue))
    text = counted_it(let(by_two_numbers(text, catalogue), catalogue), before, catalogue)
    return of_each_kind(said_rather(text, catalogue), before.offered, catalogue)


def _without(
    said: tuple[Read, Wanted],
    aside: Callable[[Read, Wanted, Catalogue], list[tuple[int, int]]],
    catalogue: Catalogue,
    parse: Parse,
) -> tuple[Read, Wanted]:
    """The message without what is no part of what it asks."""
    spans = aside(*said, catalogue)
    return parse(kept(said[0].text, spans)) if spans else said


def _timed(read: Read, wanted: Wanted, before: Basket, catalogue: Catalogue) -> Wanted:
    """Without a length of time that is that of instalments, or of the first payment."""
    if "price" in wanted.asks and paid_over(read, wanted, before.focus, catalogue):
        wanted = replace(wanted, asks=wanted.asks | {"instalment"})
    parted = "instalment" in wanted.asks or (before.parts and "price" in wanted.asks)
    if parted and _of_parts(wanted, catalogue):
        wanted = replace(wanted, months=None)
    if _first_month(wanted) and _first_year(wanted):
        wanted = replace(wanted, months=_YEAR, asks=wanted.asks | {"sum"})
    elif _first_month(wanted):
        wanted = replace(wanted, months=None, asks=wanted.asks | {"sum"})
    return wanted


def _of_parts(wanted: Wanted, catalogue: Catalogue) -> bool:
    """Whether a length of time is that of instalments: «how much a month?», «over 6 months»."""
    if wanted.months == 1:
        return not any(mention.own for mention in wanted.named)
    return any(figure.amount == wanted.months for figure in catalogue.instalments)


def _names_held(said: str, before: Basket, catalogue: Catalogue) -> bool:
    held = {key for item in before.items for key in (item.key, *item.open)}
    return any(not held.isdisjoint((mention.key, *mention.tied)) for mention in catalogue.named(said))


def _first_month(wanted: Wanted) -> bool:
    """«For the first month»: what is paid first, whatever the time that it is paid for."""
    words = wanted.words
    if wanted.months is not None and wanted.months > 1 and wanted.asks & {"discount", "cheapest", "saving"}:
        return False  # «cheaper for a year at once?»
    at_once = any(listed("at_once").get(word) is not None for word in words) and any(map(_pays, words))
    if at_once and (wanted.months is None or wanted.months < _YEAR):
        return True  # but who pays a year at once pays all of it first
    firsts = (listed("ordinals").get(a) == _FIRST for a, b in pairwise(words) if listed("spans").get(b) or _pays(b))
    return any(firsts)


def _first_year(wanted: Wanted) -> bool:
    words = wanted.words
    return any(listed("ordinals").get(a) == _FIRST and listed("spans").get(b) == str(_YEAR) for a, b in pairwise(words))


def _pays(word: str) -> bool:
    return listed("payments").get(word) is not None


def _told_apart(before: Basket, catalogue: Catalogue) -> tuple[str, ...]:
    """The two or three of one kind that a message has just named beside each other, in its order."""
    heads = {catalogue.head(key) for key in before.focus}
    return before.focus if len(heads) == 1 and 1 < len(before.focus) <= _FEW else ()


def _alike(before: Basket, catalogue: Catalogue) -> tuple[str, ...]:
    """Things like the one spoken of last: «the 80, not the 58»; no «second» of plans that nobody listed."""
    if len(before.focus) != 1 or catalogue.get(before.focus[0]) in main_offers(catalogue):
        return ()
    head = catalogue.head(before.focus[0])
    return tuple(offer.key for offer in catalogue.offers if catalogue.head(offer.key) == head)[:_MOST_TIED]


def _taken_back(
    text: str, wanted: Wanted, before: Basket, apart: Sequence[tuple[int, int]], catalogue: Catalogue
) -> tuple[frozenset[str], Mapping[str, Decimal], list[tuple[int, int]]]:
    """(keys that go, keys -> how many of them go, places of the mentions). `apart`: places that take nothing back."""
    gone: set[str] = set()
    fewer: dict[str, Decimal] = {}
    spans: list[tuple[int, int]] = []
    held = {item.key: item.count or Decimal(1) for item in before.items}
    for mention in disclaimed(text, wanted.named, held.keys()):
        spans.append((mention.start, mention.end))
        gone |= {key for key in (mention.key, *mention.tied) if key in held}
    all_ = kinds(text, wanted.named, held.keys(), catalogue)
    for rejection in rejections(text, all_):
        spans.append((all_[rejection.place].start, all_[rejection.place].end))
        gone |= set(all_[rejection.place].tied)
    for rejection in rejections(text, wanted.named, held.keys()):
        mention = wanted.named[rejection.place]
        if any(start <= mention.start < end for start, end in apart):
            continue
        spans.append((mention.start, mention.end))
        keys = [mention.key] if mention.key is not None else [key for key in mention.tied if key in held]
        if rejection.owned and _of_another_kind(text, mention, before, catalogue):
            continue
        some = wanted.counts.get(rejection.place)
        for key in keys:
            if not rejection.wholly and some is not None and some < held.get(key, Decimal(1)):
                fewer[key] = some
            else:
                gone.add(key)
    return frozenset(gone), fewer, spans


def _of_another_kind(text: str, mention: Named, before: Basket, catalogue: Catalogue) -> bool:
    """«I have a printer at home»: of all printers, where only receipt printers are wanted, it takes none back."""
    said = next((n for n in catalogue.named(text[mention.start : mention.end])), None)
    if said is None or said.key is not None:
        return False
    wanted = {key for item in before.items for key in (item.key, *item.open)}
    return bool(set(said.tied) & wanted) and not set(said.tied) <= wanted


def _it(text: str, wanted: Wanted, before: Basket) -> tuple[frozenset[str], Mapping[str, Decimal]]:
    """«Take it away», «take one away», of what was spoken of last."""
    found = tokens(text)
    many = [item.key for item in before.items if (item.count or 1) > 1] if wanted.bare else []
    last = tuple(many[-1:]) or before.focus[-1:] or before.keys[-1:]
    if not last or not any(removes(token) for token in found):
        return frozenset(), {}
    for first, end in segments(text, found):
        part = found[first:end]
        if any(removes(token) for token in part):
            count = next((item.count for item in before.items if item.key == last[0]), None) or Decimal(1)
            number = wanted.bare[0] if wanted.bare else None
            if number is not None and number < count:
                return frozenset(), {last[0]: number}
            if number is not None or any(listed("it").get(token.folded) for token in part):
                return frozenset(last), {}
    return frozenset(), {}
