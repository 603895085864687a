"""Check `amount`, beside amounts.py: a bare agreement to a price or discount that only the customer named.

«Да, договорённость в силе» names no figure, and still sells «Рост» at what the message before it says.
"""

from decimal import Decimal

from app.guardrail.case import Case, Problem
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "agreement.yaml")
_OF_PRICE = _LISTS.row("of_price")
_GIVES = _LISTS.row("gives")

_LONG = 12
"""Words of a sentence that only agrees, at most."""


def agreement(case: Case) -> list[Problem]:
    """The sentence that agrees to a figure of the newest message, none of ours, if the draft names none either."""
    if given := _given(case):
        return given
    agreeing = [n for n in range(len(case.text.sentences)) if _agrees(case, n)]
    if not agreeing or not case.told or not _claimed(case):
        return []
    if any(_is_ours(case, f.kind, f.value) for f in case.figures if f.kind in ("money", "percent", "bare")):
        return []
    if any(case.turns(name).all for name in ("refusal", "denial_behind")) and not case.turns("idle_offer").all:
        return []
    for number in agreeing:
        start, end = case.text.sentences[number]
        if not case.is_own(start, end):
            detail = "this agrees to a figure of the customer's that no section gives: say ours"
            return [Problem("amount", f"{case.text.raw[start:end]!r}: {detail}", start, end)]
    return []


def _given(case: Case) -> list[Problem]:
    """«за 10 тысяч отдадим»: the word behind a price of the customer's is no thing that it counts."""
    refused = case.turns("refusal").sentences
    for f in case.figures:
        gives = f.kind == "count" and f.value >= _BARE and (f.unit or "").startswith(_GIVES)
        if gives and f.value not in case.prices and f.sentence not in refused:
            return [Problem("amount", f"{f.text!r}: no such price in the knowledge base sections used", f.start, f.end)]
    return []


def _claimed(case: Case) -> bool:
    """Whether the newest message asks for a price or discount that is none of ours."""
    text, figures, _ = case.heard(case.told[-1])
    own = case.spent(case.told[-1])
    return any(
        f.kind == "money" or ((f.kind == "percent" or (f.kind == "bare" and f.value >= _BARE)) and _priced(text.folded))
        for f in figures
        if f.value not in own and not _is_ours(case, f.kind, f.value)
    )


_BARE = Decimal(100)


def _priced(message: str) -> bool:
    return any(word in message for word in _OF_PRICE)


def _is_ours(case: Case, kind: str, value: Decimal) -> bool:
    if kind == "percent":
        return value in case.context.discounts or any(
            k.kind == "percent" and k.value == value for k in case.knowledge.known
        )
    return value in case.prices


def _agrees(case: Case, sentence: int) -> bool:
    tokens = case.sentence_tokens[sentence]
    if len([t for t in tokens if t.kind == "w"]) > _LONG or case.sentence_text(sentence).rstrip().endswith("?"):
        return False
    if any(sentence in case.turns(name).sentences for name in ("handed_on", "turns_to")):
        return False
    return any(sentence in case.turns(name).sentences for name in ("assent", "bargain", "stands"))
