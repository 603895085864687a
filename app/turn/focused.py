"""What is asked of a thing by its name is answered by what is said of that thing.

Who asks whether he needs it, which of two suits him and what the difference is hears the section that says what each is
for, and no list of prices. Who asks whether the wired scanner reads some code hears of the scanner, or that we do not
know: a section on payments by such a code holds the same word. Who asks why one was counted asks of our sum.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.composing.covering import costs, stocked
from app.composing.fitting import ROOT, folded, same
from app.composing.section_words import content, own_words, vocabulary
from app.figures.talk.rejecting import owned
from app.figures.words import fold, listed
from app.knowledge.retriever import Retriever
from app.language.words import questions
from app.packaged import packaged
from app.turn.advice import advises, asking, compares, differs, of_price, suits
from app.turn.alone import of_one
from app.turn.recalled import LONGEST, in_its_words, recalled
from app.turn.things import goods, own_sections, sections_of
from app.types import Deciding, Language, Passage, Section, Snapshot, Step

_PRICES = frozenset({"price", "sum"})
_FACTS = frozenset({"price", "sum", "term"})
_BARE = frozenset({"price", "not_known"})
_FEW = 3
"""Things that one question is about; more of them is a list."""
_MOST = 12
"""Questions of a message that are looked at."""
_OTHERS = 0.6
"""Probability from which a section of something else answers what is asked of a thing."""
_SURELY = 0.8
"""The same, from which nobody wants to hear a price beside it that he has not asked for."""
_NAMED = 0.6
"""What a section counts that says what a thing is for, where that is asked of the thing by its name."""
_REASONS = frozenset({"price", "feature", "comparison", "payment"})


@dataclass(frozen=True, slots=True)
class _Clause:
    """A question, and the keys of what it names; `number` is its place among several, 0 of the only one."""

    text: str
    number: int
    keys: tuple[str, ...]
    plain: bool
    """Whether each is named as itself, and not by a word for several."""
    his: bool = False
    """Whether they are said to be his own, and none of ours."""
    onto: bool = False
    """Whether each is what something else is asked for: «the guarantee on the till, how much is it?»."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a message goes on with: the keys of what was spoken of, and our last answer."""

    focus: tuple[str, ...] = ()
    answer: str = ""


def went_before(snapshot: Snapshot, found: Retriever, counted: Mapping[str, str]) -> Before:
    """`counted`: what he said there is so much of, by the names of the dialogue's slots."""
    answer = snapshot.history[-1].answer if snapshot.history else ""
    return Before(tuple(recalled(snapshot, found, counted).focus), answer)


def focused(
    step: Step, passages: Sequence[Passage], deciding: tuple[Deciding, ...], before: Before, found: Retriever
) -> tuple[tuple[Passage, ...], tuple[Deciding, ...]]:
    """The passages and what decides, as far as they are about what is asked. Linear in the questions."""
    if step.reason not in _REASONS or not step.query:
        return tuple(passages), deciding
    kept, decided = _of_what_is_asked(step, passages, deciding, before, found)
    return of_one(step, kept, decided, found), decided


def _of_what_is_asked(
    step: Step, passages: Sequence[Passage], deciding: tuple[Deciding, ...], before: Before, found: Retriever
) -> tuple[tuple[Passage, ...], tuple[Deciding, ...]]:
    asked = tuple(_clauses(step, before.focus, found))
    clauses = tuple(each for each in asked if not _reproaches(each, before.answer, step.language, found))
    for each in asked:
        if each not in clauses:
            ids = sections_of(each.keys, found)
            passages = [p for p in passages if not _belongs(p, each, asked) and _answers(p) >= _OTHERS]
            deciding = tuple(d for d in deciding if d.kind not in _BARE or not ids.issuperset(d.sections))
    kept = tuple(_surer(p, clauses, asked, found) for p in passages)
    deciding = _asked_for(clauses, kept, _of_goods_in_stock(clauses, deciding, found), found)
    kept = tuple(p for p in kept if not any(_of_other_goods(p, each, asked, found) for each in clauses))
    if any(of_price(each.text) for each in clauses):
        for clause in (each for each in clauses if each.number and not of_price(each.text) and differs(each.text)):
            own = own_sections(clause.keys, step.language, found)
            kept = _first(kept, own, clause, pieces=goods(clause.keys, found)) if own else kept
        return kept, deciding
    for clause in clauses:
        own = own_sections(clause.keys, step.language, found)
        if clause.his and goods(clause.keys, found):
            kept = tuple(p for p in kept if not (_belongs(p, clause, asked) and p.section in own))
            deciding = tuple(d for d in deciding if d.kind not in _PRICES)
        elif own and advises(clause.text) and not _found_otherwise(kept, own, clause, asked):
            advised = _first(kept, own, clause, pieces=goods(clause.keys, found))
            if advised is not kept:
                ids = sections_of(clause.keys, found)
                kept, deciding = advised, tuple(d for d in deciding if not _beside(d, ids))
        elif own and clause.plain and asking(clause.text) and "price" not in step.intents and goods(clause.keys, found):
            kept = tuple(p for p in kept if not _belongs(p, clause, asked) or _tells(p, own, clause, step.language))
            if not any(each.section in own for each in kept):
                deciding = tuple(each for each in deciding if each.kind not in _PRICES)
    return kept, deciding


def _surer(passage: Passage, clauses: Sequence[_Clause], asked: Sequence[_Clause], found: Retriever) -> Passage:
    """A section on the very thing that is named in the question that found it surely is about it."""
    named = any(
        each.plain and _belongs(passage, each, asked) and passage.section.id in sections_of(each.keys, found)
        for each in clauses
        if each.number
    )
    return replace(passage, answers=max(_answers(passage), _NAMED)) if named else passage


def _beside(each: Deciding, ids: frozenset[str]) -> bool:
    """Whether advice makes it needless: a price that nobody asks for, or what its sections say of the same things."""
    return each.kind == "price" or (each.kind in _FACTS and ids.issuperset(each.sections))


def _clauses(step: Step, focus: Sequence[str], found: Retriever) -> Iterator[_Clause]:
    """The questions with what they name; one that names nothing and points at something means what was spoken of."""
    for number, whole in enumerate((step.queries or (step.query or "",))[:_MOST], 1):
        text = whole[:LONGEST]
        named = [n for n in found.catalogue.named(in_its_words(text, found)) if n.own]
        keys = tuple(dict.fromkeys(key for n in named for key in ((n.key,) if n.key is not None else n.tied)))
        if not keys and not questions()["refers"].isdisjoint(folded(text)):
            keys = tuple(focus)
        plain = all(n.key is not None for n in named)
        own = owned(text, named)
        his = bool(own) and len(own) == len(named)
        onto = bool(named) and all(_before(text, n.start) in listed("onto") for n in named)
        yield _Clause(text, number if step.queries else 0, keys if len(keys) <= _FEW else (), plain, his, onto)


def _before(text: str, place: int) -> str:
    """The word before a place, folded."""
    return fold(next(iter(folded(text[:place])[-1:]), ""))


def _asked_for(
    clauses: Sequence[_Clause], passages: Sequence[Passage], deciding: tuple[Deciding, ...], found: Retriever
) -> tuple[Deciding, ...]:
    """Without the prices of what is only named in a question for something else, that is surely answered."""
    if any(costs(each.text) and not each.onto for each in clauses):
        return deciding
    aside = {
        section
        for clause in clauses
        for section in sections_of(clause.keys, found)
        if any(_belongs(p, clause, clauses) and (p.answers or 0.0) >= _SURELY and p.section.id not in
               sections_of(clause.keys, found) for p in passages)
    }  # fmt: skip
    return tuple(each for each in deciding if each.kind != "price" or not aside.issuperset(each.sections))


def _of_other_goods(passage: Passage, clause: _Clause, clauses: Sequence[_Clause], found: Retriever) -> bool:
    """Whether a passage was found for what is asked of goods beside their price, and is about something else: a section
    on stores says nothing of whether they are in stock."""
    sold = [key for key in clause.keys if goods((key,), found)]
    own = clause.his or passage.section.id in sections_of(tuple(sold), found)
    if not sold or own or not _belongs(passage, clause, clauses):
        return False
    beside = any(costs(each.text) for each in clauses) and not of_price(clause.text)
    return stocked(clause.text) is not None or (beside and _answers(passage) < _OTHERS)


def _of_goods_in_stock(
    clauses: Sequence[_Clause], deciding: tuple[Deciding, ...], found: Retriever
) -> tuple[Deciding, ...]:
    """Without the price of what only sounds like a place where goods lie: «is the scanner in the warehouse?»."""
    places: set[str] = set()
    named: set[str] = set()
    for clause in clauses:
        sold = [key for key in clause.keys if goods((key,), found)]
        only = sold if stocked(clause.text) else clause.keys
        named |= sections_of(tuple(only), found)
        places |= sections_of(tuple(key for key in clause.keys if key not in only), found)
    return tuple(
        d for d in deciding if d.kind != "price" or not d.sections or not (places - named).issuperset(d.sections)
    )


def _found_otherwise(
    passages: Sequence[Passage], own: Sequence[Section], clause: _Clause, clauses: Sequence[_Clause]
) -> bool:
    """Whether a section of something else surely answers whether it will do, or what finds none of its own."""
    if not suits(clause.text) and (compares(clause.text) or any(p.section in own for p in passages)):
        return False
    return any(_belongs(p, clause, clauses) and p.section not in own and _answers(p) >= _OTHERS for p in passages)


def _reproaches(clause: _Clause, last: str, language: Language, found: Retriever) -> bool:
    """Whether a question is about what our last answer made of the thing that it names."""
    asks_why = not (_words()["reproach"] | questions()["why"]).isdisjoint(folded(clause.text))
    offers = (found.catalogue.get(key) for key in clause.keys if asks_why)
    return any(offer is not None and found.names.said(offer.name, language) in last for offer in offers)


def _first(
    passages: tuple[Passage, ...], own: Sequence[Section], clause: _Clause, *, pieces: bool
) -> tuple[Passage, ...]:
    """What is said of the things that are named, before what else was found for their question: that goes, unless it
    tells of all of them. The passages themselves where nothing does, and they are no `pieces`."""
    most = max((p.score for p in passages), default=1.0)
    known = {p.section.id: p for p in passages}
    ranks = {"question": clause.number} if clause.number else {}
    both = [p for p in passages if len(own) > 1 and _answers(p) >= _NAMED and _names_all(p.section, own)]
    said = tuple(
        replace(p, score=max(p.score, most), answers=max(_answers(p), _NAMED), ranks={**p.ranks, **ranks, "named": n})
        for n, section in enumerate(own, 1)
        for p in (known.get(section.id) or Passage(section, most),)
    )
    if not both and not pieces:
        return passages
    first = tuple(both[:1]) or said
    ids = {p.section.id for p in first}
    return (*first, *(p for p in passages if p.section.id not in ids and _of_another(p, clause)))


def _of_another(passage: Passage, clause: _Clause) -> bool:
    return bool(clause.number) and passage.ranks.get("question") not in (None, clause.number)


def _names_all(section: Section, own: Sequence[Section]) -> bool:
    """Whether a section that is none of theirs speaks of each."""
    held = vocabulary(section)
    return section not in own and all(
        any(same(word, other) for word in content(each.title) for other in held.get(word[:ROOT], ())) for each in own
    )


def _tells(passage: Passage, own: Sequence[Section], clause: _Clause, language: Language) -> bool:
    """Whether a passage answers what is asked of a thing: the thing's own by a word beside the name."""
    if passage.section.language != language:
        return True  # words tell nothing of it
    if passage.section not in own:
        return _answers(passage) >= _OTHERS
    if not _words()["about"].isdisjoint(folded(clause.text)):
        return True
    held = own_words(passage.section)
    name = {word for section in own for word in content(" ".join((section.title, *(f.name for f in section.facts))))}
    said = (word for word in content(clause.text) if not word.isdigit() and word not in questions()["refers"])
    beside = [word for word in said if not any(same(word, other) for other in name)]
    return not beside or any(same(word, other) for word in beside for other in held.get(word[:ROOT], ()))


def _belongs(passage: Passage, clause: _Clause, clauses: Sequence[_Clause]) -> bool:
    """Whether a passage was found for that question."""
    return passage.ranks.get("question") == clause.number if clause.number else len(clauses) == 1


def _answers(passage: Passage) -> float:
    return passage.answers or 0.0


@lru_cache(maxsize=1)
def _words() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(folded(row)) for name, row in packaged("app.turn", "focused.yaml").items()}
