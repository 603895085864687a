"""Check `contradicted`: no sentence says the opposite of what a section says of the same thing.

The whole knowledge is searched for each clause of a draft. Where a section denies what the clause affirms («наличные не
принимаем») or affirms what it denies, and none says it as the draft does, the clause is refused.
"""

from collections.abc import Iterator
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.checks.pairs import paired
from app.guardrail.checks.sides import timed
from app.guardrail.claimed import Claimed, affirmed, affirms
from app.guardrail.statements.clauses import LIGHT, Clause, clauses
from app.guardrail.statements.knowledge import Leaf, Stated

_SAYS = 0.45
"""Weight from which a word can be what is denied."""
_BESIDE = 0.4
"""Weight of a word by which two clauses are about the same thing."""
_SENTENCE, _TITLE, _PAGE = 0.6, 0.5, 0.4
"""What a word counts that stands not in the clause but beside it, in the title alone, or elsewhere in a section that
was found for the message."""
_HEADED = 0.25
"""Added where the title has a word of the clause: there it is spoken of."""
_SUPPOSED = 0.8
"""Of what a clause only supposes: «когда платят наличными» says little of whether one may."""
_OF_DENIAL = 0.55
"""Share of a denial's words that the draft has: a denial of something else has others."""
_AFFIRMED, _DENIED = 0.3, 0.75
"""Share of a clause's words that stand in a section's sentence of the opposite: who denies says just what is denied."""
_SHARED, _SHARED_KK = 2, 3
"""Words that a denial and what it denies share; a Kazakh stem holds for more words than a Russian one."""
_IN_USE = 0.25
"""Added where the section is one that was found for the message: another that has the word may be of another thing."""
_FIRST = 2
"""Sentences of a draft in which its yes stands: a greeting may come before it."""
_TOLD = 0.55
"""Weight of a word whose denial denies what was asked."""
_MANY = 99
"""More words than clauses share."""
_MONEY = "money"
_MOST = 4


def contradicted(case: Case) -> list[Problem]:
    """The clauses that a section says the opposite of, those of a question that is said yes to among them."""
    granted = _granted(case)
    claims = (*((granted,) if granted is not None else ()), *case.claimed)
    found = (problem for sentence in claims for problem in islice(_opposed(sentence), 1))
    return list(islice((*found, *islice(_wrong_no(case), 1)), _MOST))


def _granted(case: Case) -> Claimed | None:
    """What a draft that begins with a yes says is so: what was asked."""
    said = (place for place in case.text.sentences[:_FIRST] if affirms(case.text.raw[slice(*place)]))
    place = next(said, None)
    if place is None or not case.question or case.is_own(*place):
        return None
    denied = any(clause.denies for clause in clauses(case.question, case.context.language))
    return None if denied else affirmed(case.question, *place, case.context)


def _wrong_no(case: Case) -> Iterator[Problem]:
    """A denial of just what was asked, which a section found for the message says there is."""
    words = {word for part in clauses(case.question, case.context.language) for word in part.keys} - LIGHT
    for said in case.claimed:
        for clause in said.clauses:
            denied = {word.key for word in clause.words if word.denied} & words
            if not clause.lacks or not denied or any(said.weigh(word) < _TOLD for word in denied):
                continue
            for page in said.near:
                if page.section.id not in said.used:
                    continue
                for stated, other in (place for word in denied for place in page.places.get(word, ())):
                    affirms_it = not other.denies and not other.supposes and not any(w.bare for w in other.words)
                    whole = words <= other.keys | page.title and denied <= other.keys
                    names = stated.quoted | page.quoted
                    whole = whole and (not names or not said.quoted or bool(names & said.quoted))
                    if affirms_it and whole and not any(each.denies for each in stated.clauses):
                        yield Problem("contradicted", f"a no: a section says {stated.text!r}", said.start, said.end)


def _opposed(said: Claimed) -> Iterator[Problem]:
    for clause in said.clauses:
        if clause.supposes or (clause.denies and clause.priced) or (said.refuses and not clause.denies):
            continue
        if clause.denies and timed(clause):
            continue  # «зимой не выдаём»: denied of that part of the year, which settled.py looks at
        if _settled(said, clause):
            continue
        if clause.advises:
            continue  # «для ресторана лучше взять другую программу»: nothing is said of what is ours
        for word in clause.words:
            if word.denied is None or word.text in said.quoted:
                continue
            if told := _opposite(said, clause, word.key, word.denied):
                yield Problem("contradicted", f"{word.text!r}: a section says {told!r}", said.start, said.end)


def _settled(said: Claimed, clause: Clause) -> bool:
    """Whether it is about money that is given back, and a section in use gives some back: settled.py knows of which."""
    return any(axis == _MONEY and value for axis, _, value in paired(clause, clause.text)) and any(
        axis == _MONEY and value
        for leaf in said.near
        if leaf.section.id in said.used
        for stated in leaf.sentences
        for each in stated.clauses
        for axis, _, value in paired(each, each.text)
    )


def _opposite(said: Claimed, clause: Clause, word: str, denied: bool) -> str:
    """The sentence that says the opposite; empty where none does, or one says the same."""
    places = list(_places(said, clause, word))
    if all(other.polarity[word] in (None, denied) for _, _, other in places):
        return ""  # mostly: how alike they are need not be known
    same = opposite = 0.0
    told = ""
    there = not denied and any(page.section.id in said.used and c.polarity[word] is False for page, _, c in places)
    for page, stated, other in places:
        if there and word in other.bare and page.section.id not in said.used:
            continue  # «по карте без залога»: where there is one, another section says who needs none
        share = _share(said, clause, (page, stated, other))
        likeness = share + (0.0 if page.title.isdisjoint(clause.keys - {word}) else _HEADED)
        likeness += _IN_USE if page.section.id in said.used else 0.0
        polarity = other.polarity[word]
        if polarity is None or polarity is denied:
            same = max(same, likeness * (_SUPPOSED if polarity is None and not denied else 1.0))
        elif likeness > opposite and _is_about(said, clause, (page, stated, other), word, share):
            opposite, told = likeness, stated.text
    return told if opposite > same else ""


_Place = tuple[Leaf, Stated, Clause]


def _places(said: Claimed, clause: Clause, word: str) -> Iterator[_Place]:
    """Where the sections that bear on a sentence have one of its words."""
    light = said.weights[word] < _SAYS
    for page in said.near:
        if word not in page.said or (light and not clause.keys <= page.said):
            continue
        for stated, other in page.places.get(word, ()):
            if not (other.denies and other.needs and not clause.needs):  # it may be done all the same
                yield page, stated, other


def _share(said: Claimed, clause: Clause | Claimed, place: _Place) -> float:
    """Of the weight of a clause, or of the whole sentence, what a section's clause holds of it."""
    page, stated, other = place
    weights = said.weights
    held = 0.0
    for word in clause.keys:
        if word in other.keys:
            held += weights[word]
        elif word in stated.keys:
            held += weights[word] * _SENTENCE
        elif word in page.title:
            held += weights[word] * _TITLE
        elif page.section.id in said.used and _goes_with(page, word, other):
            held += weights[word] * _PAGE
    return held / (sum(weights[word] for word in clause.keys) or 1.0)


def _goes_with(page: Leaf, word: str, other: Clause) -> bool:
    """Whether a section has a word elsewhere, and not only in what it denies where the clause affirms."""
    places = page.places.get(word, ())
    return bool(places) and (other.denies or any(not clause.denies for _, clause in places))


def _is_about(said: Claimed, clause: Clause, place: _Place, word: str, share: float) -> bool:
    """Whether a section's clause of the opposite polarity is about the same thing."""
    page, _, other = place
    if other.denies and other.priced and not other.forbids:
        return False
    if (
        not other.denies
        and said.quoted
        and place[1].quoted | page.quoted
        and not said.quoted & (place[1].quoted | page.quoted)
    ):
        return False  # it says it of another plan
    if any(said.polarity.get(w) is True for w in other.keys if w != word and other.polarity[w] is True):
        return False  # what it denies is denied in the draft as well
    if other.denies or word in other.bare:
        if any(_own(said, clause, each) > _own(said, clause, other) for each in place[1].clauses if not each.denies):
            return False  # it says what another clause of that sentence says
        there = other.lacks and clause.exists and other.keys - LIGHT <= clause.keys  # «филиал есть» of no branches
        enough = there or share >= _AFFIRMED
        return enough and _denial_fits(said, page, other) and _beside(said, clause, place, word)
    if word in clause.bare:
        share = _share(said, said, place)
    shared = _SHARED_KK if page.section.language == "kk" else _SHARED
    refused = {each.key for each in clause.words if each.denied} - {word} - LIGHT
    if any(each.denies and each.keys & refused for each in place[1].clauses):
        shared = _MANY  # «на обувь акция не действует» of «действует на одежду, на обувь нет»: it denies that too
    return share >= _DENIED and len(clause.keys & other.keys) >= shared and not said.counts


def _own(said: Claimed, clause: Clause, other: Clause) -> float:
    """The weight of what two clauses share."""
    return sum(said.weights[word] for word in clause.keys if word in other.keys)


def _denial_fits(said: Claimed, page: Leaf, other: Clause) -> bool:
    """Whether the draft has most of what a section denies; what its title has needs no saying beside another word of
    the title."""
    headed = any(w in page.title and weight >= _BESIDE for w, weight in said.weights.items())
    given = page.title if headed or page.section.id in said.used else frozenset()
    telling = other.keys - LIGHT or other.keys
    held = sum(said.weigh(w) for w in telling if w in said.weights or w in given)
    return held >= _OF_DENIAL * sum(map(said.weigh, telling))


def _beside(said: Claimed, clause: Clause, place: _Place, word: str) -> bool:
    """Whether the draft names what a section denies it of, or the section was found for the message and denies that."""
    page, stated, other = place
    used = page.section.id in said.used
    if used and other.keys - LIGHT == {word}:
        return True
    if other.refers:
        return any(w not in other.keys and (w in page.title or w in stated.keys) for w in clause.keys)
    rest = {w: weight for w, weight in said.weights.items() if w != word and weight >= _BESIDE}
    beside = {w for w in clause.keys if w in rest and w in other.keys}
    if page.section.language == "en":
        return len(beside) >= (1 if used else _SHARED)  # English hangs a denial on more than one clause
    headed = any(w != word and w in page.title for w in clause.keys)
    near = any(w in stated.keys or w in page.title for w in rest)
    return bool(beside) or near or headed or (other.lacks and (clause.exists or len(other.keys) == 1))
