"""Check `missing`: each asked clause gets what decides it, in any words, or the honest word that it is not known.

What decides is worked out before anybody writes (`Deciding`); here it is only looked for: the figure or the sum by its
value, the yes or no by whether the draft affirms or denies, the rest by its words.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.guardrail.case import Case, Problem
from app.guardrail.complete.words import (
    affirms,
    content,
    courteous,
    denies,
    doubts,
    hands_on,
    own_sentences,
    strange,
    words_of,
)
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.periods import periods_of
from app.guardrail.grounds import Grounds
from app.guardrail.known import KnownWords
from app.guardrail.text.lists import Lists
from app.types import Deciding

_PRICES = frozenset({"price", "sum", "instalment"})
"""Several of them may be of one question that named none of them: then one is enough."""
_OF_MONEY = _PRICES | {"confirmed", "corrected"}
_SHARE = 0.34
"""Of the words of a text that has to be said: in other words it keeps some."""
_SENTENCES = 40
_SHORT = 3
"""Words that say something, up to which a sentence answers only what it names: more of ours are hardly chance."""
_ECHOED = 0.5
"""Of the words of a sentence that has nothing of ours but what the question has."""
_FREE = Lists("app.guardrail.complete", "answers.yaml").row("free")


def unsaid(case: Case) -> tuple[Deciding, ...]:
    """What has to be said and is not: a statement, then what decides, in the order of the questions."""
    context, deciding = case.context, case.context.deciding
    told = [Deciding("statement", context.stated)] if context.stated and not _states(case) else []
    if not deciding:
        return tuple(told)
    prices = [each for each in deciding if each.kind in _PRICES]
    named = [each for each in prices if _is_named(each, prices, case)] if len(prices) > 1 else prices
    wanted = [each for each in deciding if each.kind not in _PRICES or each in named]
    left = [each for each in wanted if not _says(case, each)]
    if prices and not named and not any(_says(case, each) for each in prices):
        left = [*left, prices[0]]
    return (*told, *left)


def missing(case: Case) -> list[Problem]:
    """One for each thing that decides and is not said."""
    length = len(case.text.raw)
    why = {"statement": "has to be said here, and is not"}
    return [
        Problem("missing", f"{each.said[:60]!r}: {why.get(each.kind, 'decides, and is not said')}", 0, length)
        for each in unsaid(case)
    ]


def unanswered(case: Case) -> list[Problem]:
    """Nothing of what was asked, where no figure decides it."""
    context, length = case.context, len(case.text.raw)
    if not context.asked or context.deciding or not case.text.sentences:
        return []
    if any(_answers(case, *span) for span in case.text.sentences[:_SENTENCES]):
        return []
    return [Problem("missing", "nothing of what was asked is answered", 0, length)]


def tells(case: Case) -> bool:
    """Whether a sentence of its own has something of what is ours in it."""
    grounds = case.grounds
    return any(
        not grounds.readable or any(grounds.facts(word) for word in content(case.text.raw[start:end]))
        for start, end in own_sentences(case)
    )


def _answers(case: Case, start: int, end: int) -> bool:
    """Whether a sentence tells something of ours, or that it is not known."""
    sentence, context, grounds = case.text.raw[start:end], case.context, case.grounds
    if case.is_own(start, end):  # also a word on the customer's mood, which tells nothing of what is asked
        told = "?" not in sentence and len(content(sentence)) > 1
        return told and (not context.passages or not grounds.readable or _of_it(content(sentence), grounds))
    if doubts(sentence) or hands_on(sentence):
        return True
    words = content(sentence)
    if "?" in sentence:  # asks back: about what he asked
        return any(grounds.newest(word) for word in words) and not _is_of_the_course(words, case)
    measured = any(start <= f.start < end and not f.implied for f in case.figures)
    denied = denies(sentence, context.language)
    if not context.passages:
        return denied or measured or any(grounds.facts(word) for word in words)
    return (measured and not denied) or not grounds.readable or _touches(words, sentence, grounds, denied=denied)


def _of_it(words: Sequence[str], grounds: Grounds) -> bool:
    return any(grounds.newest(word) or grounds.used(word) for word in words)


def _is_of_the_course(words: Sequence[str], case: Case) -> bool:
    """Whether a question is a part of one that the dialogue would have put in any case."""
    return any(all(KnownWords.of([own]).holds(word) for word in words) for own in case.context.own if "?" in own)


def _touches(words: Sequence[str], sentence: str, grounds: Grounds, *, denied: bool) -> bool:
    """Whether it is about what was asked: a no by what the sections in use tell, a few words by the question's own.

    More words of which one is ours are hardly chance, and a name answers who, where and which by itself. A word that
    only the question has is said of anything: beside it the others have to be known, at least as many of them.
    """
    if denied and not _of_it(words, grounds):
        return False
    if denied and len(words) <= _SHORT:
        return True
    if len(words) <= _SHORT and not _names_somebody(sentence):
        return any(grounds.newest(word) for word in words)
    if any(grounds.facts(word) and not grounds.newest(word) for word in words):
        return True
    return sum(map(grounds.any, words)) >= _ECHOED * len(words)


def _names_somebody(sentence: str) -> bool:
    """Whether a word behind the first has a capital, or letters beside digits: a name of a place, a person, a model."""
    said = [word.strip('«»"“”().,!') for word in sentence.split()]
    mixed = any(any(map(str.isdigit, word)) and any(map(str.isalpha, word)) for word in said)
    return mixed or any(word[:1].isupper() for word in said[1:])


def _states(case: Case) -> bool:
    if case.context.stated in case.text.raw or any(hands_on(case.text.raw[a:b]) for a, b in case.text.sentences):
        return True
    words = content(case.context.stated)
    said = KnownWords.of([case.text.raw])
    return sum(said.holds(word) for word in words) >= _SHARE * len(words)


def _is_named(each: Deciding, others: list[Deciding], case: Case) -> bool:
    """Whether the newest message has a word of its name that the names of the others have not."""
    if not case.told:
        return False
    heard = KnownWords.of(case.told[-1:])
    rest = KnownWords.of(_name(other) for other in others if other is not each)
    return any(heard.holds(word) and not rest.holds(word) for word in _words_of_name(each))


def _name(each: Deciding) -> str:
    return each.said.partition(":")[0] if ":" in each.said else ""


def _words_of_name(each: Deciding) -> Iterator[str]:
    return iter(content(_name(each)))


def _says(case: Case, each: Deciding) -> bool:
    if each.said in case.text.raw:
        return True
    if each.kind in ("not_known", "not_ours", "unnamed"):
        asks_back = each.kind in ("not_known", "unnamed") and "?" in case.text.raw
        return asks_back or _is_honest(case) or any(f.kind == "money" for f in case.figures)
    if each.kind == "yes_no":
        return _decides(case, each)
    figures = _deciding_figures(case, each)
    if not figures:
        return _shares(case, each)
    if each.kind in _PRICES and (_doubts_another(case) or _prices_it(case, each)):
        return True
    named = not figures.isdisjoint(_measured(case.figures)) and not _of_another_period(case, each)
    return named or (each.kind == "confirmed" and _confirms(case))


def _prices_it(case: Case, each: Deciding) -> bool:
    """Whether the draft names the thing, and another amount of it that the checks of truth let pass.

    Where a sum was asked, that is one which was worked out: a price alone leaves the counting to the customer.
    """
    named = KnownWords.of([case.text.raw])
    if not any(named.holds(word) for word in content(_name(each))):
        return False
    amounts = [f.value for f in case.figures if f.kind == "money"]
    if each.kind != "price":
        return any(amount not in case.prices for amount in amounts)
    return bool(amounts) or any(word.startswith(_FREE) for word in words_of(case.text.raw))


def _of_another_period(case: Case, each: Deciding) -> bool:
    """Of a price: whether the draft names, of several by period, an amount that is not the first, and not that one.

    A year's price alone is no answer to who asked for no year: he reckons by the month, and without «в год» he hears
    it as a month's.
    """
    _, found, _ = case.heard(each.said)
    amounts = [f for f in found if f.kind == "money"]
    if each.kind not in _PRICES or len({f.period for f in amounts}) < 2:
        return False
    values, first = {f.value for f in amounts}, amounts[0].value
    said = [f for f in case.figures if f.kind in ("money", "bare") and f.value in values]
    if not said or any(f.value == first for f in said):
        return False
    return not any(periods_of(case.heard(message)[0]) for message in case.told[-1:])


def _deciding_figures(case: Case, each: Deciding) -> frozenset[tuple[str, Decimal]]:
    """The figures of which one decides: of a sum what comes out, else any that it names."""
    if each.amounts:
        return frozenset(("money", amount) for amount in each.amounts)
    _, found, _ = case.heard(each.said)
    if each.kind in _OF_MONEY:
        found = tuple(f for f in found if f.kind == "money")
        behind = each.said.rfind("=")
        found = tuple(f for f in found if f.start > behind) or found
    return frozenset(_measured(found))


def _measured(figures: tuple[Figure, ...]) -> set[tuple[str, Decimal]]:
    """Kinds and values: a bare number that is as great as a price is one, and a count is a number of anything."""
    return {("money" if f.kind == "bare" else f.kind, f.value) for f in figures} | {
        ("count", f.value) for f in figures if f.kind == "bare"
    }


def _confirms(case: Case) -> bool:
    return any(affirms(case.text.raw[a:b]) and len(content(case.text.raw[a:b])) > 1 for a, b in case.text.sentences)


def _decides(case: Case, each: Deciding) -> bool:
    """Whether the draft says the yes or the no that it is, beside what it is of."""
    language = case.context.language
    said = [case.text.raw[a:b] for a, b in own_sentences(case) if "?" not in case.text.raw[a:b]]
    of = KnownWords.of([each.said, *case.told[-1:]])
    about = [sentence for sentence in said if any(of.holds(word) for word in content(sentence))]
    if each.value:
        return any(affirms(sentence) or not denies(sentence, language) for sentence in about)
    return any(denies(sentence, language) or doubts(sentence) for sentence in about)


def _shares(case: Case, each: Deciding) -> bool:
    words = content(each.said)
    said = KnownWords.of([case.text.raw])
    return sum(said.holds(word) for word in words) >= _SHARE * len(words)


def _doubts_another(case: Case) -> bool:
    """Whether what is known is of something near what was asked: then the honest word is an answer too."""
    known = case.context.known
    if known is None or not case.told or not strange(case.told[-1], known):
        return False
    return any(doubts(sentence) for sentence in _sentences(case))


def _sentences(case: Case) -> Iterator[str]:
    return (case.text.raw[a:b] for a, b in case.text.sentences[:_SENTENCES])


def _is_honest(case: Case) -> bool:
    return any(doubts(s) or denies(s, case.context.language) or courteous(s) for s in _sentences(case))
