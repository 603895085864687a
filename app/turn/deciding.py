"""What decides a message: prices, sums, a yes or no, straight from the shop's facts. Made once, for all who speak.

The composer says it, the prompt shows it, the guardrail lets it pass.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.composing.covering import costs
from app.figures.compared import Compared, Either, Instead, Outgrown, Versus
from app.figures.comparing import by_how_much, once_or_again
from app.figures.decided import (
    Confirmed,
    Corrected,
    Decided,
    Different,
    InTotal,
    MainPrices,
    NotKnown,
    NotOurs,
    Paid,
    PriceKnown,
    Recommended,
    Summed,
    Term,
    YesNo,
)
from app.figures.deciding import decide
from app.figures.instalments import Beside, InParts, TooLittle
from app.figures.read import Read
from app.figures.ruled import Cheaper, NothingOrdered, PerUnit, Ruled, WhichOf
from app.figures.talk.aside import unexplained
from app.figures.talk.basket import Basket, Heard, heard
from app.figures.talk.ordering import orders, recaps
from app.figures.talk.placing import placed
from app.figures.wanted import Wanted
from app.figures.words import chooses, tokens, written
from app.knowledge.context import names_nothing
from app.knowledge.retriever import Retriever
from app.language.numerals import numbers
from app.turn.adding import added_up
from app.turn.asking import asking, asks_whether_it_will_do, of_prices_of
from app.turn.recalled import LONGEST, as_heard, in_its_words, parser, recalled, without
from app.types import Ask, Deciding, Snapshot, Step

_KINDS: Mapping[type[object], str] = {
    Cheaper: "sum", WhichOf: "sum", Compared: "sum", Either: "confirmed", Instead: "sum", InTotal: "sum", Versus: "sum",
    Outgrown: "sum",
    PerUnit: "term", Ruled: "term",
    PriceKnown: "price", MainPrices: "price", Paid: "term", Different: "sum", Summed: "sum", Recommended: "advised",
    Confirmed: "confirmed", Corrected: "corrected", NotOurs: "not_ours", YesNo: "yes_no", Term: "term",
    InParts: "instalment", TooLittle: "instalment", Beside: "instalment", NotKnown: "not_known",
}  # fmt: skip
_PLACES = frozenset({"purchase", "contact_given"})
"""Reasons with which an order is placed."""
_PRICED = frozenset({"price", "discount_request", "comparison", "purchase", "objection_price", "project"})
"""Intents that ask for a price, or are about one."""
_SUMS = frozenset({"sum", "price", "cheapest"})
"""What a clause asks of figures, by its own words."""
_ASKED = frozenset({"feature", "payment", "booking"})
"""Intents that a yes or no may answer."""
_RECKONED = frozenset({"sum", "confirmed", "corrected", "instalment", "advised"})
"""What is more than a fact as it stands."""
_UNASKED = frozenset({"price", "sum", "not_known", "instalment"})
"""What nobody else wants to hear."""
_NO_BUYER = frozenset(
    {"emergency", "trouble", "paid", "supplier", "applicant", "abuse", "auto_reply", "opt_out", "medical", "legal"}
)
_OF_WORTH = "objection_price"
"""The reason of who doubts that it is worth its price: he has heard the prices, and wants to know what for."""
_JUDGED = (Confirmed, Corrected, Either, Compared)
"""A sum of his with what comes out."""
_LEAVES = "objection_think"
"""The reason of who goes away to think: he hears a sum where he asks for one."""
_BRIEF = 6
"""Words."""
_FEW = 1000
"""The most that a number without a noun counts: a greater one is an amount."""
_ASIDE = 3
"""Words beside a correction that nothing explains: with more of them it is about something else."""
_TAKEN_OUT = "   "
"""Stands where a thing was taken out of a question: «do I need my own ...?» is no longer what was asked."""
_MOST = 6


def his_words(step: Step, ask: Ask) -> str:
    """What of a message is reckoned with: without what he rejects, but with a number that he puts right."""
    right = step.counted and "\n" not in ask.text and any(numbers(each) or _buys(each) for each in step.without)
    return ask.text if right else step.counted or ask.text


def _buys(words: str) -> bool:
    """Whether it is to buy that he rejects: he may have it for a time."""
    return any(token.raw in written("buys") for token in tokens(words))


def read_ahead(step: Step, ask: Ask, found: Retriever) -> None:
    """Reads the figures of a message for what_decides behind it: the same work, a stretch of its own."""
    if step.reason != _OF_WORTH and not _no_buyers(step):
        parser(found)(in_its_words(his_words(step, ask)[:LONGEST], found))


def what_decides(
    text: str,
    step: Step,
    snapshot: Snapshot,
    found: Retriever,
    today: date,
    *,
    counted: Mapping[str, str],
    sums: bool = True,
) -> tuple[Deciding, ...]:
    """What decides the message; empty where nothing is certain, or where it is no buyer's.

    `counted`: what he said there is so much of, by the names of the dialogue's slots. Without `sums` only what the
    facts say as they stand: nothing is reckoned, and no sum of his is judged.
    """
    if step.reason == _OF_WORTH or _no_buyers(step):
        return ()
    # Who has just asked for a price and says a number in a few words asks for it of so many.
    brief = snapshot.state.priced and len(text.split()) <= _BRIEF
    open_ = step.reason == "price_told" or brief
    priced = step.reason == "price_told" or not _PRICED.isdisjoint(step.intents)
    counts = open_ or priced or any(character.isdigit() for character in text[:LONGEST])
    all_ = recalled(snapshot, found, counted)
    before, as_written = without(all_, step.without, found), text[:LONGEST]
    text = in_its_words(as_written, found)
    known = as_heard(before, text, counted, found)
    now = heard(text, known, found.catalogue, parser(found))
    read, asked, basket = now.read, now.wanted, now.after
    order, ours = _order(step, now, found) if sums else (), bool(snapshot.history) and _is_ours(step, asked, all_)
    recap = recaps(asked.words)
    if recap and not asked.named and len(asked.rest) <= _ASIDE and not any(i.taken for i in basket.items):
        return (Deciding("term", NothingOrdered().say(step.language)),)
    put_right = now.put_right or (now.picked and snapshot.state.priced) or (before.keys != all_.keys and not ours)
    anew = put_right or any(dict(before.told).get(unit, n) != n for unit, n in known.told)
    put_right = anew and bool(basket.items) and len(unexplained(read.text, asked)) <= _ASIDE
    of_prices = of_prices_of(asked) or once_or_again(asked.words) or by_how_much(asked.words)
    answers = bool(_ASKED.intersection(step.intents)) or chooses(asked.words) or now.inside is not None
    suits, recap = asks_whether_it_will_do(asked), recap and bool(basket.items)
    lists = recap or now.so_many is not None or orders(read.text, asked, found.catalogue, all_.keys)
    leaves = step.reason == _LEAVES and not (asked.keys or asked.quantities or asked.asks & _SUMS)
    if leaves or (ours and not asked.asks) or not (counts or put_right or of_prices or answers or lists or suits):
        return order
    asked = asking(asked, step, found, lists=lists)
    priced = priced or of_prices or suits or not _SUMS.isdisjoint(asked.asks)
    told = dict(basket.told)
    told_now = any(not asked.dated(n.start) for n in read.numbers) or bool(asked.quantities) or asked.months is not None
    if step.reason == "price_told" and not (told_now or put_right):
        return order  # he tells something else
    few = (
        open_
        and len(asked.bare) == 1
        and asked.bare[0] <= _FEW
        and not asked.bare[0] % 1
        and not asked.quantities
        and not put_right
    )
    if few and len(told) == 1:
        told = dict.fromkeys(told, asked.bare[0])  # «and for two?», of what he counted before
    elif few and not asked.keys and len(basket.focus) == 1:
        read, asked = _of_these(read, asked, basket.focus[0], found)
    whole = not (open_ and told_now) or put_right or "sum" in asked.asks
    if put_right or (open_ and told_now):
        priced, asked = True, replace(asked, asks=asked.asks | {"price", "sum"})
    decided = decide(
        read,
        found.catalogue,
        found.statements,
        told=told,
        focus=basket.focus,
        language=step.language,
        asked=asked,
        basket=basket,
        joined=(now.joined and not ours) or put_right or recap,
        whole=whole,
        so_many=now.so_many,
        within=now.inside,
        looked=now.checked,
    )
    priced = priced or any(isinstance(each, Compared) for each in decided)
    if sums and not any(isinstance(each, _JUDGED) for each in decided) and read.numbers:
        added = added_up(read, asked, snapshot.history, found.catalogue, step.language)
        if added is not None:
            return (replace(added, said=found.names.said(added.said, step.language)),)
    if text != as_written:  # a term that he names in another language is asked about: its section answers
        decided = tuple(e for e in decided if not (isinstance(e, Term) and all(f.kind == "term" for f in e.figures)))
    over = frozenset(section.id for section in found.sections if section.valid_until and section.valid_until < today)
    untold = step.language == "en" and found.translates
    decided = tuple(e for e in decided if not (isinstance(e, YesNo) and (untold or _is_cut(e.of, text))))
    wished = (each for each in _wanted(decided, step, over, priced=priced) if sums or each.kind not in _RECKONED)
    said = _in_his_language((each for each in wished if not _placed(each, step, snapshot)), step, found)
    return said if any(each.kind in _RECKONED for each in said) else (*order, *said)[:_MOST]


def _in_his_language(wished: Iterable[Deciding], step: Step, found: Retriever) -> tuple[Deciding, ...]:
    return tuple(replace(each, said=found.names.said(each.said, step.language)) for each in wished)[:_MOST]


def _is_cut(question: str, text: str) -> bool:
    """Whether a thing was taken out of a question as it stands in a message, whatever blanks he typed himself."""
    return _TAKEN_OUT in question and question not in text


def _order(step: Step, now: Heard, found: Retriever) -> tuple[Deciding, ...]:
    """The order said again, where a message places it or brings the contact to it."""
    if step.reason not in _PLACES or not now.after.ordered or now.so_many is not None:
        return ()
    made = placed(now.after, found.catalogue, step.language)
    if made is None:
        return ()
    amounts = tuple(total.amount for total in made.sum.totals)
    return (
        Deciding("ordered", found.names.said(made.say(step.language), step.language), made.sections, amounts=amounts),
    )


def _no_buyers(step: Step) -> bool:
    return not _NO_BUYER.isdisjoint((*step.intents, step.reason or "")) or step.action in ("refuse", "close")


def _is_ours(step: Step, asked: Wanted, basket: Basket) -> bool:
    """«I asked about delivery and not the plan» puts our answer right, and no order of his."""
    corrects = "correction" in step.intents and bool(step.without and asked.keys)
    return corrects and not any(item.taken for item in basket.items)


def _placed(each: Deciding, step: Step, snapshot: Snapshot) -> bool:
    """Whether he orders and asks nothing, and it only says again what he was told, or a yes or no."""
    if step.action != "handover" or step.query is not None:
        return False
    return each.kind == "yes_no" or any(each.said in exchange.answer for exchange in snapshot.history)


def wanted_of(each: Deciding, step: Step) -> bool:
    """Whether an answer has to say it: a price is beside the point where something else was asked than a price."""
    priced = step.reason == "price_told" or step.reason in _PRICED or "price" in step.intents
    return priced or each.kind not in _UNASKED


def _of_these(read: Read, asked: Wanted, key: str, found: Retriever) -> tuple[Read, Wanted]:
    """«And two of these?»: the number counts what was spoken of, as if its name stood behind it."""
    offer = found.catalogue.get(key)
    number = next((n for n in read.numbers if n.value == asked.bare[0]), None)
    if offer is None or number is None:
        return read, asked
    counted = f"{read.text[: number.start]}{number.value} {offer.name}{read.text[number.end :]}"
    return parser(found)(counted)


def _wanted(decided: Sequence[Decided], step: Step, over: frozenset[str], *, priced: bool) -> Iterator[Deciding]:
    # The shop's main prices answer who asks for a price of nothing; beside something else it is the price of that,
    # unless its question stands for itself: «how much a month? and may I pay by card?».
    own = any(costs(query) and names_nothing(query) for query in step.queries)
    beside = len(decided) > 1 or (len(step.queries) > 1 and not own) or "discount_request" in step.intents
    asked = not _PRICED.isdisjoint((*step.intents, step.reason or "")) or step.reason == "price_told"
    for each in decided:
        if isinstance(each, MainPrices) and (beside or not asked):
            continue
        kind = _KINDS[type(each)]
        if isinstance(each, PerUnit) and each.value is not None:
            kind = "yes_no"
        unasked = not priced or (kind == "not_known" and step.reason == "price_told")
        if (kind in _UNASKED and unasked) or not over.isdisjoint(each.sections):
            continue
        if isinstance(each, Term) and not any(figure.sentence(step.language) for figure in each.figures):
            continue  # «Warranty: 12 (month)» is no answer; the section in whatever language is
        value = each.value if isinstance(each, YesNo | PerUnit) else None
        said, amounts = each.say(step.language).strip(), _comes_out(each)
        yield Deciding(kind, said, tuple(each.sections), value, amounts)  # type: ignore[arg-type]


def _comes_out(each: Decided) -> tuple[Decimal, ...]:
    """Of a sum: its totals."""
    if isinstance(each, Cheaper | Instead | Versus | WhichOf):
        return tuple(total.amount for made in each.sums for total in made.totals)
    if isinstance(each, InTotal):
        return _comes_out(each.sum)
    return (
        tuple(total.amount for total in each.sum.totals)
        if isinstance(each, Summed | Confirmed | Corrected | Recommended | Either | Compared | Outgrown)
        else ()
    )
