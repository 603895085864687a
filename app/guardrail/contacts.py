"""Check `contact`: a link, an address, a telephone or an account is ours only where a text of ours gives it.

The customer's own may be said back as the customer's («ваш номер …, верно?»); nobody is sent there.
"""

from app.guardrail.addresses import MOST, Address, fits, of_section, written
from app.guardrail.case import Case, Problem


def contacts(case: Case) -> list[Problem]:
    """Addresses that no section, no text of the dialogue and no earlier answer gives, in the draft's order."""
    found = case.addresses
    if not found:
        return []
    heard = frozenset(a.value for message in case.context.customer for a in written(message))
    ours = _ours(case)
    said_before = frozenset(a.value for answer in case.context.earlier for a in written(answer)) - heard
    problems = []
    for address in found[:MOST]:
        if case.is_own(address.start, address.end) or fits(address, ours) or fits(address, said_before):
            continue
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
    sentence = case.sentence_at(address.start)
    if sentence in case.turns("directs").sentences:
        return False
    return sentence in case.turns("yours").sentences or sentence in case.turns("quoting").sentences


def _problem(case: Case, address: Address, reason: str) -> Problem:
    return Problem("contact", f"{case.text.raw[address.start : address.end]!r}: {reason}", address.start, address.end)
