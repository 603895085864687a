"""What is asked about prices themselves: whether one is paid once, how far two are apart, which one is the main one."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.figures.case import Case
from app.figures.decided import Decided, Different, MainPrices, Paid, Term
from app.figures.shop.catalogue import Offer
from app.figures.shop.main import says_nothing
from app.figures.talk.held import NOTHING, Basket
from app.figures.words import Token, asked, fold, listed, segments, tokens, written

_MOST = 2
_BRIEF = 3
_FAR = 4
"""Words between «by how much» and «dearer»."""
_ONE = "1"
_PRICES = frozenset({"price", "sum", "cheapest", "saving", "instalment", "discount"})


def paid_how(case: Case) -> list[Decided]:
    """«Once or every month?», of what is named or was spoken of."""
    if not once_or_again(case.wanted.words) or (case.wanted.counts and "sum" in case.wanted.asks):
        return []
    known = [offer for offer in case.meant if any(price.fact.period is not None for price in offer.prices)]
    return [Paid(offer, offer.prices) for offer in known[:_MOST]]


def once_or_again(words: Sequence[str]) -> bool:
    """Whether folded words ask if something is paid once; «one time» in two words too."""
    once = any(listed("onetime").get(word) is not None for word in words)
    once = once or any(
        listed("one").get(a) is not None and listed("times").get(b) is not None for a, b in pairwise(words)
    )
    again = any(listed("again").get(word) is not None for word in words)
    again = again or any(_every(a, b) or _every(b, a) for a, b in pairwise(words))
    if not (once or again):
        return False
    refers = any(listed("it").get(word) is not None or word in listed("these") for word in words)
    asks = any(word in listed("alternatives") for word in words)
    return (once and (again or asks or refers or len(words) <= _BRIEF)) or (
        again and refers and "price" not in asked(words)
    )


def _every(word: str, other: str) -> bool:
    """«Every», of the time that something is paid for."""
    return listed("every").get(word) is not None and listed("spans").get(other) == _ONE


def differences(case: Case, basket: Basket = NOTHING) -> Iterator[Decided]:
    """How far the prices of two are apart, for what was told; and what they include, where no price is asked."""
    dearer = any(word in listed("dearer") for word in case.wanted.words) and len(case.named) + len(case.tied) > 1
    why = any(word in listed("whys") for word in case.wanted.words)
    asks = "difference" in case.wanted.asks or dearer or by_how_much(case.wanted.words)
    if not asks or case.wanted.foreign or (why and not case.named):
        return
    offers = _two(case)
    offers = offers if len(offers) == _MOST else _with_the_last(case, basket)
    if len(offers) != _MOST:
        return
    sums = [case.sum((offer,)) for offer in offers]
    totals = [made.single for made in sums if made.known]
    if len(totals) != _MOST or totals[0] is None or totals[1] is None:
        return
    if (totals[0].currency, totals[0].period, totals[0].months) != (
        totals[1].currency, totals[1].period, totals[1].months,
    ):  # fmt: skip
        return
    yield Different(sums[0], sums[1])
    money = any(w in listed("moneys") for w in case.wanted.words)
    if not money and not case.wanted.asks & {"price", "sum", "cheapest"}:
        yield from (Term(offer.limits) for offer in offers if offer.limits)


def by_how_much(words: Sequence[str]) -> bool:
    """«By how much is it cheaper?»"""
    names = ("comparative", "dearer", "bymuch")
    near = [n for n, word in enumerate(words) if any(word in listed(name) for name in names)]
    hows = [n for n, word in enumerate(words) if word in listed("byhow") or _how(words, n)]
    led = {how for how in hows if how >= _MOST and words[how - _MOST] in listed("byhow")}  # «by how much is X dearer?»
    return any(0 < n - how <= (_FAR if how in led else _MOST) for n in near for how in hows)


def _how(words: Sequence[str], place: int) -> bool:
    return (
        place > 0
        and words[place] in listed("counts")
        and (words[place - 1] in listed("onto") or words[place - 1] == fold("how"))
    )


def _with_the_last(case: Case, basket: Basket) -> tuple[Offer, ...]:
    """«The difference with Rost?»: what is named, with the thing of its kind that was spoken of last."""
    if len(case.named) != 1 or case.tied[1:]:
        return ()
    own = case.named[0]
    spoken = [case.catalogue.get(item.key) for item in (*basket.gone, *basket.items)]
    head = case.catalogue.head(own.key)
    alike = [o for o in spoken if o is not None and o != own and case.catalogue.head(o.key) == head]
    return (own, alike[-1]) if alike else ()


def _two(case: Case) -> tuple[Offer, ...]:
    if len(case.named) > 1 or (case.named and case.tied):
        return case.named[:_MOST] if len(case.named) == _MOST else ()
    if case.tied:
        return case.tied if len(case.tied) == _MOST else ()
    if case.named:
        others = [offer for offer in case.focus if offer not in case.named]
        return (*case.named, *others[-1:])
    return tuple(case.focus) if len(case.focus) == _MOST else ()


def main_prices(case: Case) -> list[Decided]:
    """The main offer, where a price is asked of nothing else that is sold."""
    main, catalogue = case.catalogue.main, case.catalogue
    if main is None or case.named or (case.focus and not _called(case)) or not plainly_asked(case):
        return []
    offers = tuple(offer for name in main.names if (offer := catalogue.named_so(name)) is not None)
    return [MainPrices(offers, main.sections)] if offers else []


def _called(case: Case) -> bool:
    main = case.catalogue.main
    return main is not None and any(main.called.get(word) is not None for word in case.wanted.words)


def plainly_asked(case: Case) -> bool:
    """Whether a clause asks a price of the main offer or of nothing: «how much is the program», «what does it cost»."""
    main = case.catalogue.main
    text = case.read.text
    found = tokens(text)
    unclear = [(n.start, n.end) for n in case.wanted.named if n.own]
    parts = [piece for part in segments(text, found) for piece in _pieces(found[part[0] : part[1]])]
    if not any(asked([token.folded for token in part]) & _PRICES for part in parts):
        return True  # who calls knows that a price is asked
    asks_else = any(_asks_of_something(part, case) for part in parts)
    for part in parts:
        words = [token.folded for token in part]
        if not asked(words) & _PRICES:
            continue
        if any(word in listed("whys") for word in words):
            continue
        if any(start < part[-1].end and part[0].start < end for start, end in unclear):
            continue
        own = [w for w in words if not says_nothing(w) and (case.catalogue.units.of(w) or "@").startswith("@")]
        called = [w for w in own if main is not None and main.called.get(w) is not None]
        if len(called) == len(own) and (called or not asks_else):
            return True
    return False


def _pieces(part: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """A clause, at each word that joins cut in two."""
    begun = 0
    for place, token in enumerate(part):
        if token.raw in written("joining") and place > begun:
            yield part[begun:place]
            begun = place + 1
    if begun < len(part):
        yield part[begun:]


def _asks_of_something(part: Sequence[Token], case: Case) -> bool:
    """Whether a clause without a price asks something: a bare «and how much» behind it is of that."""
    words = [token.folded for token in part]
    edge = (*words[:1], *words[-1:])  # «is», within a clause, only tells
    asks = any(word in listed("open") for word in words) or any("yes_no" in asked((word,)) for word in edge)
    content = [w for w in words if not says_nothing(w) and (case.catalogue.units.of(w) or "@").startswith("@")]
    return asks and bool(content) and not asked(words) & _PRICES
