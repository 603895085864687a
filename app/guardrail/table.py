"""The checks of a draft, one row each, in the order in which they speak: whoever adds a check adds its row here."""

from collections.abc import Callable
from dataclasses import dataclass

from app.guardrail.case import Case, Problem
from app.guardrail.checks.borne import borne
from app.guardrail.checks.bounded import bounded
from app.guardrail.checks.bounds import size
from app.guardrail.checks.compared import compared
from app.guardrail.checks.conceded import conceded
from app.guardrail.checks.contacts import channels, contacts
from app.guardrail.checks.contradicted import contradicted
from app.guardrail.checks.counts import counts
from app.guardrail.checks.entailed import entailed
from app.guardrail.checks.exclusive import exclusive
from app.guardrail.checks.founded import founded
from app.guardrail.checks.lacking import lacking
from app.guardrail.checks.language import brand, language
from app.guardrail.checks.leaks import empty, leak, repeat
from app.guardrail.checks.limited import limited
from app.guardrail.checks.money.agreement import agreement
from app.guardrail.checks.money.amounts import amounts
from app.guardrail.checks.money.foreign import foreign
from app.guardrail.checks.money.signs import signs
from app.guardrail.checks.numbered import numbered
from app.guardrail.checks.percents import percents
from app.guardrail.checks.persons import persons
from app.guardrail.checks.placed import placed
from app.guardrail.checks.privileged import privileged
from app.guardrail.checks.promises.acts import acts
from app.guardrail.checks.promises.claims import claims
from app.guardrail.checks.promises.deeds import deeds
from app.guardrail.checks.promises.free import free
from app.guardrail.checks.promises.gifts import gifts
from app.guardrail.checks.retelling import retelling
from app.guardrail.checks.settled import settled
from app.guardrail.checks.spared import spared
from app.guardrail.checks.terms import terms
from app.guardrail.checks.tongues import tongues
from app.guardrail.complete.agreed import agreed
from app.guardrail.complete.borne import unborne
from app.guardrail.complete.leftovers import leftovers
from app.guardrail.complete.said import missing, unanswered
from app.guardrail.complete.speech import bare, echo, role


@dataclass(frozen=True, slots=True)
class Check:
    """`find` gives what is wrong, under one of `names`: those of `Finding.check`, which several rows may share."""

    names: tuple[str, ...]
    find: Callable[[Case], list[Problem]]
    holds: str
    """What a draft that passes it is."""
    alone: bool = False
    """What it finds is all that is said of a draft; it speaks before those that are not."""
    quotable: bool = False
    """A figure: right where a section says the same word for word, and none where it is the digits of an address."""
    answers: bool = False
    """It asks whether the draft is a seller's answer, not whether it is true."""


TABLE: tuple[Check, ...] = (
    Check(("empty",), empty, "something is left to say", alone=True),
    Check(("size",), size, "not longer than a message, nor fuller of figures and names than an answer", alone=True),
    Check(
        ("amount", "currency"), amounts, "an amount is the price of what it is said of, or a right sum", quotable=True
    ),
    Check(("amount",), agreement, "no price of the customer's is agreed to", quotable=True),
    Check(("amount",), signs, "money is written in figures", quotable=True),
    Check(("currency",), foreign, "no price stands in a currency that nothing costs here"),
    Check(("percent",), percents, "a percentage is known, for this subject, from this count on", quotable=True),
    Check(("free",), free, "what is called free, included or cheaper is so in a section", quotable=True),
    Check(("free",), gifts, "a gift, a free month or a refund is one that a section gives", quotable=True),
    Check(("term",), terms, "durations, deadlines, times and dates are given for this subject", quotable=True),
    Check(("count",), counts, "limits and quantities are this product's, or the customer's", quotable=True),
    Check(("contact",), contacts, "links, addresses, telephones and accounts are ours, or told as the customer's"),
    Check(("contact",), channels, "nobody is sent to a messenger or to pay a person"),
    Check(("act",), acts, "nothing is said to be done that was not, nothing is promised"),
    Check(("act",), deeds, "no deed is told by its object, no growth promised"),
    Check(("claim",), claims, "a name, and what a yes is said to, stand in the knowledge"),
    Check(("claim",), placed, "a place of ours is where the knowledge has one"),
    Check(("contradicted",), contradicted, "no section says the opposite of the same thing"),
    Check(("contradicted",), privileged, "what is kept for some is not said of all, nor of another plan"),
    Check(("contradicted",), numbered, "a name has a number that a section gives it"),
    Check(("contradicted",), exclusive, "what is only here, or done by the customer, is not said otherwise"),
    Check(("contradicted",), settled, "who pays, when, what is kept and in which season is as a section has it"),
    Check(("contradicted",), conceded, "nothing holds in spite of what a section excepts"),
    Check(("contradicted",), limited, "what is only for some, or for all, is not said otherwise"),
    Check(("contradicted",), persons, "what one person does is not said of another"),
    Check(("contradicted",), spared, "what a section asks for is not said to be needless"),
    Check(("contradicted",), bounded, "what is given back is so within the time that a section gives it for"),
    Check(("contradicted",), lacking, "nothing is there that a section in another language has not"),
    Check(("contradicted",), tongues, "nobody speaks a language that the section leaves out"),
    Check(("founded",), founded, "what a sentence says stands together somewhere in the knowledge"),
    Check(("compared",), compared, "nobody else is run down"),
    Check(
        ("borne",), borne, "the words of a sentence stand in the knowledge or in the conversation, where that is asked"
    ),
    Check(("entailed",), entailed, "what is known says each sentence, where a model judged that"),
    Check(("brand",), brand, "Latin names keep their letters"),
    Check(("leak",), leak, "instructions, formats and templates stay inside"),
    Check(("leak",), retelling, "the instructions are not retold"),
    Check(("repeat",), repeat, "not the same answer twice"),
    Check(("bare",), bare, "more than a yes, a name or a number", answers=True),
    Check(("missing",), missing, "what decides each asked clause is said", answers=True),
    Check(("missing",), unanswered, "something is said of what was asked, or that it is not known", answers=True),
    Check(("agreed",), agreed, "a yes names what it is of, and that is ours", answers=True),
    Check(("unborne",), unborne, "each sentence rests on something, or is a courtesy", answers=True),
    Check(("role",), role, "the seller speaks", answers=True),
    Check(("echo",), echo, "more than the customer's words, or the course's, said back", answers=True),
    Check(("leftover",), leftovers, "nothing of a template or of the form that it was written in", answers=True),
    Check(("language",), language, "the customer's language and script", answers=True),
)

CHECKS: tuple[str, ...] = tuple(dict.fromkeys(name for check in TABLE for name in check.names))
"""Names of all checks, as they stand in `Finding.check`."""

QUOTABLE: frozenset[str] = frozenset(name for check in TABLE if check.quotable for name in check.names)
"""Checks whose findings a quotation answers."""


ALONE: frozenset[str] = frozenset(name for check in TABLE if check.alone for name in check.names)
"""Checks beside whose finding nothing else is said of a draft."""


def problems_of(case: Case) -> list[Problem]:
    """What is not true in a draft, in the order of the checks."""
    for check in TABLE:
        if check.alone and (found := check.find(case)):
            return found
    return [problem for check in TABLE if not check.alone and not check.answers for problem in check.find(case)]


def lacks_of(case: Case) -> list[Problem]:
    """Why a draft is no answer, in the order of the checks."""
    return [problem for check in TABLE if check.answers for problem in check.find(case)]
