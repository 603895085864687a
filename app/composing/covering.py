"""Which of a message's questions an answer covers: what it leaves out is looked for, or said to be left out."""

from collections.abc import Sequence

from app.composing.fitting import counted, folded, numbered, same, wanted_things
from app.figures.words import asked_by, chooses, fold, listed
from app.language.numerals import numbers
from app.language.words import questions
from app.types import Deciding, Language, Passage

_PRICED = frozenset({"price", "sum", "confirmed", "corrected", "instalment"})
_CLAIMED = frozenset({"confirmed", "corrected"})
"""His own sum: what else he says of numbers beside it is how he came to it."""
_AMOUNT = 1000
"""What is less counts something."""
_NO = 2
"""Words between a no and what it denies."""
_COUNTED = 1
"""Words beside a number that say what it counts."""
_COVERED = 0.5
"""Share of a question's words from which what is said is about it."""
_FEW = 2
"""Words of a question, each of which says what it is about."""
MEANT = 0.4
"""Probability of a passage from which it is said as the answer: then nobody hears beside it that we do not know."""
_SURE = 0.5
"""Probability from which a section answers the question that found it, whatever words it has for it."""
_TOUCHED = 0.3
"""The same for a question of a price where prices are said: their names are other words for the same things."""


def reckoned(question: str, deciding: Sequence[Deciding]) -> bool:
    """Whether what the facts decide answers one of several questions."""
    if not deciding:
        return False
    words = folded(" ".join(each.said for each in deciding))
    kinds = {each.kind for each in deciding}
    counts = _counts(question) or _of_so_many(question, deciding) or _of_payment(question)
    if counts and not kinds.isdisjoint(_PRICED):
        return True
    asks_for = {kind for word in folded(question) for kind in asked_by(fold(word))}
    saved = not kinds.isdisjoint(_PRICED) and "saving" in asks_for  # it says what is saved, where anything is
    if saved or ("discount" in asks_for and any("discount" in asked_by(fold(word)) for word in words)):
        return True
    if "advised" in kinds and chooses([fold(word) for word in folded(question)]):
        return True  # the one that fits has been named
    if not kinds.isdisjoint(_CLAIMED) and any(number.value >= _AMOUNT for number in numbers(question)):
        return True
    # A price says nothing of what else is asked of its thing.
    return in_stock(question, words) and _of_its_kind(question, words) and _priced(question, words, deciding)


def _priced(question: str, words: Sequence[str], deciding: Sequence[Deciding]) -> bool:
    """Whether the `words` of what is decided hold what a question is about, or the price that it asks for."""
    kinds = {each.kind for each in deciding}
    share = _share(question, words)
    priced = costs(question) and any(each.kind in _PRICED for each in deciding)
    claimed = costs(question) and any(each.kind in _CLAIMED for each in deciding)
    named = priced or (
        not kinds.isdisjoint(_PRICED) and any("price" in asked_by(fold(word)) for word in folded(question))
    )
    return share >= (_TOUCHED if named else _COVERED) or claimed or (priced and not wanted(question))


def _counts(question: str) -> bool:
    """Whether it only asks for a sum, or for one of so many: «count again», «and for three shops?»."""
    words = wanted(question)
    sums = [word for word in words if "sum" in asked_by(fold(word)) or fold(word) in listed("recounting")]
    said = {word for number in numbers(question) for word in folded(question[number.start : number.end])}
    asked = bool(sums) and (len(sums) == len(words) or costs(question))
    return asked or (bool(said) and len(set(words) - said) <= _COUNTED)


def _of_payment(question: str) -> bool:
    """Whether it only asks what is to be paid."""
    asks_price = not questions()["costs"].isdisjoint(folded(question))
    return asks_price and set(wanted(question)) <= questions()["payable"]


def _of_so_many(question: str, deciding: Sequence[Deciding]) -> bool:
    """Whether it asks how much so many come to, and a sum is of so many."""
    told = {number.value for number in numbers(question)}
    sums = (each for each in deciding if each.kind in _PRICED and "\u00d7" in each.said)
    asks = any("price" in asked_by(fold(word)) for word in folded(question))
    return asks and bool(told) and any(told <= {number.value for number in numbers(each.said)} for each in sums)


def left_out(
    asked: Sequence[str],
    deciding: Sequence[Deciding],
    passages: Sequence[Passage],
    found: Sequence[Passage],
    language: Language,
) -> tuple[str, ...]:
    """The questions that nothing of what is said answers; none where nothing is said at all.

    `passages` are said; `found` were looked up, each with the number of its question. A question is answered by a
    section that surely tells of it, by one in another language, whose words tell nothing, and by what is reckoned from
    the very section that it finds.
    """
    answers = [*(each.said for each in deciding), *(_words(passage) for passage in passages)]
    if not asked or not answers:
        return ()
    held = [folded(answer) for answer in answers]
    said = [word for words in held for word in words]
    own = {section for each in deciding for section in each.sections}
    said_so = [p for p in passages if _sure(p, language, MEANT)]
    sure = {p.ranks.get(which) for p in said_so for which in ("question", "also")}
    sure |= {p.ranks.get("question") for p in found if _sure(p, language) and p.section.id in own}
    asking = [
        question
        for number, question in enumerate(asked, 1)
        if asks(question) and not (number in sure and in_stock(question, said)) and not reckoned(question, deciding)
    ]
    if any(fact.kind == "term" for passage in passages for fact in passage.section.facts):
        asking = [question for question in asking if not _of_length(question)]
    return tuple(each for each in asking if not any(_covers(each, words) for words in held))


def _covers(question: str, said: Sequence[str]) -> bool:
    """Whether one thing that is said holds most words of a question, and the word that it turns on."""
    least = 1.0 if len(wanted(question)) <= _FEW else _COVERED  # «how long» alone is of many things
    return _share(question, said) >= least and in_stock(question, said) and _of_its_kind(question, said)


def stocked(question: str) -> str | None:
    """The word with which it asks whether a thing is there to be had today."""
    words, lists = folded(question), questions()
    least = lists["stock"] | (frozenset() if lists["has"].isdisjoint(words) else lists["stored"])
    place = next((place for place, word in enumerate(words) if word in least), None)
    if place is None or not lists["denied"].isdisjoint(words[max(0, place - _NO) : place]):
        return None  # what is not in stock is asked of his own goods
    return words[place]


def in_stock(question: str, said: Sequence[str]) -> bool:
    """Whether what is said speaks of stock, where that is asked of."""
    word, stock = stocked(question), questions()["stock"]
    if word in stock:  # cash has another form of that word
        return not stock.isdisjoint(said)
    return word is None or any(same(word, other) for other in said)


def _of_its_kind(question: str, said: Sequence[str]) -> bool:
    """Whether what is said names what a "which" asks for: «what colour is it?» beside a price."""
    if costs(question):
        return True
    return all(any(same(each[0], word) for word in said) for each in wanted_things(folded(question)))


def _sure(passage: Passage, language: Language, least: float = _SURE) -> bool:
    return passage.section.language != language or (passage.answers or 0.0) >= least


def costs(question: str) -> bool:
    """Whether it asks what something costs, and not how many of something there are."""
    words, lists = folded(question), questions()
    found = lists["costs"].intersection(words)
    return bool(found - lists["counts"]) or (bool(found) and counted(words) is None)


def asks(question: str) -> bool:
    """Whether words of it ask, or its mark."""
    return "?" in question or not questions()["asks"].isdisjoint(folded(question))


def _of_length(question: str) -> bool:
    """Whether it only asks how long something takes, that is named elsewhere."""
    lists = questions()
    words = [word for word in wanted(question) if word not in lists["refers"] | lists["leans"]]
    return bool(words) and lists["lasting"].issuperset(words)


def of_measure(question: str) -> bool:
    """Whether it asks how long or how often."""
    many = counted(folded(question))
    return many is not None and fold(many) in listed("measures")


def measured(question: str, said: Sequence[Passage]) -> bool:
    """Whether it only asks how long or how often, and what is said before tells so of its own thing: «and how many
    days?» behind a question of deliveries."""
    words = folded(question)
    many = counted(words)
    if many is None or fold(many) not in listed("measures") or any(word != many for word in wanted(question)):
        return False
    texts = (passage.section.text for passage in said if numbered(passage.section.text))
    return any(same(fold(many), fold(word)) for text in texts for word in folded(text))


def _words(passage: Passage) -> str:
    section = passage.section
    return " ".join((section.title, section.text, *section.questions, *section.keywords))


def wanted(question: str) -> list[str]:
    """The words that say what a question is about."""
    small = questions()["empty"] | questions()["asks"] | questions()["costs"]
    return [word for word in folded(question) if word not in small]


def _share(question: str, words: Sequence[str]) -> float:
    about = wanted(question)
    return sum(any(same(word, other) for other in words) for word in about) / len(about) if about else 1.0
