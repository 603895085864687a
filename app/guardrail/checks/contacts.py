"""Check `contact`: a link, an address, a telephone or an account is ours only where a text of ours gives it.

The customer's own may be said back as the customer's («ваш номер …, верно?»); nobody is sent there.
"""

from functools import lru_cache

from app.guardrail.addresses import MOST, Address, fits, of_section, written
from app.guardrail.case import Case, Problem
from app.guardrail.text.folding import fold
from app.guardrail.text.phrases import phrases, rows
from app.guardrail.text.words import read
from app.types import Section


def contacts(case: Case) -> list[Problem]:
    """Addresses that no section, no text of the dialogue and no earlier answer gives, in the draft's order."""
    found = case.addresses
    if not found:
        return []
    ours = _ours(case)
    heard: frozenset[str] | None = None
    problems = []
    for address in found[:MOST]:
        if case.is_own(address.start, address.end) or fits(address, ours):
            continue
        if heard is None:
            heard = frozenset(a.value for message in case.context.customer for a in written(message))
        if not fits(address, heard):
            problems.append(_problem(case, address, "no section and no text of ours gives this address"))
        elif not _told_as_theirs(case, address):
            problems.append(_problem(case, address, "this is the customer's: say so, or leave it out"))
    if len(found) > MOST:
        problems.append(_problem(case, found[MOST], "too many addresses for one answer"))
    return problems


def _ours(case: Case) -> frozenset[str]:
    """What the sections in use, the whole knowledge base, the system text and the dialogue's own texts give."""
    used = (a for passage in case.context.passages for a in of_section(passage.section))
    own = (a for text in (*case.context.own, case.context.system) for a in written(text))
    return case.context.contacts.union((a.value for a in used), (a.value for a in own))


def _told_as_theirs(case: Case, address: Address) -> bool:
    """Whether it is only said back, or warned against: not a place that anybody is sent to, or that is called ours."""
    sentence = case.sentence_at(address.start)
    if _warned(case, sentence):
        return True
    if sentence in case.turns("directs").sentences or sentence in case.turns("vouches").sentences:
        return False
    return sentence in case.turns("yours").sentences or sentence in case.turns("quoting").sentences


def _warned(case: Case, sentence: int) -> bool:
    """«Такой страницы у нас нет, не платите там»: denied, and whatever directs is denied too."""
    no = {turn.clause for turn in (*case.turns("refusal").of(sentence), *case.turns("denial").of(sentence))}
    no -= case.turns("idle_denial").clauses | case.turns("idle_offer").clauses
    said = (*case.turns("directs").of(sentence), *case.turns("vouches").of(sentence))
    return bool(no) and all(turn.clause in no for turn in said)


def channels(case: Case) -> list[Problem]:
    """Somebody is sent to a messenger, or to pay by a transfer to a person, and no section says so."""
    for number, turn in enumerate(case.turns("channels").all):
        seen = number < MOST  # one more is refused, whatever it says
        if seen and (case.is_own(turn.start, turn.end) or turn.clause in case.turns("denial").clauses):
            continue
        named = _named(case.text.folded[turn.start : turn.end])
        if not seen or not any(named & _channels(passage.section) for passage in case.context.passages):
            detail = f"{case.text.raw[turn.start : turn.end]!r}: no section sends anybody there"
            return [Problem("contact", detail, turn.start, turn.end)]
    return []


def _named(said: str) -> frozenset[int]:
    """The channels of a piece of text, by their places in the list."""
    said_words = said.split()
    return frozenset(
        number for number, row in enumerate(rows("channels")) if any(word.startswith(row) for word in said_words)
    )


@lru_cache(maxsize=4096)
def _channels(section: Section) -> frozenset[int]:
    """The channels that a section sends to, or names beside a number or an address of ours."""
    text = read(section.text, section.language)
    if of_section(section):
        return _named(text.folded) | _named(fold(section.title))
    found = phrases().find(text)["channels"].all
    return frozenset().union(*(_named(text.folded[turn.start : turn.end]) for turn in found))


def _problem(case: Case, address: Address, reason: str) -> Problem:
    return Problem("contact", f"{case.text.raw[address.start : address.end]!r}: {reason}", address.start, address.end)
