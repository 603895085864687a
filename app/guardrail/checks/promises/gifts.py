"""Check `free`, beside free.py: gifts, free months and refunds in other words than «бесплатно».

«Первый месяц за нами» is judged as free.py judges «бесплатно»; a refund stands where a section gives one for the same
thing, and «все», «в любой момент» only where that section says so too.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from app.guardrail.allowed.page import page
from app.guardrail.case import Case, Problem
from app.guardrail.checks.dictated import denied, denied_beside
from app.guardrail.checks.promises.free import claim
from app.guardrail.text.lexicon import Lexicon
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import Found, phrases
from app.guardrail.text.words import PlacedToken, keys_of, read, sentence_keys
from app.types import Section

_LISTS = Lists("app.guardrail.checks.promises", "gifts.yaml")
_JOINS = _LISTS.words("joins")

_MOST = 12
"""Turns of speech that are looked at; a draft with more of them is refused whatever they say."""
_THEIRS = _LISTS.words("theirs")
_TURNS = ("gifts", "free_months", "refunds", "damages")
_ANYTHING = re.compile(r"[\s\S]+")
_IF = _LISTS.pattern("if")
_LEAVES = _LISTS.pattern("leaves")
_BACK = _LISTS.pattern("back")
_MEANS = _LISTS.row("means")
_TAKEN = _LISTS.row("taken")
_NOT_THINGS = frozenset({"@refund", "@pay", "@price", "@free", "@first", "@extra", "@manager", "@answer", "@contract"})


def gifts(case: Case) -> list[Problem]:
    """The first gift, free month or refund that no section gives."""
    given = sorted((*(turn for name in _TURNS for turn in case.turns(name).all), *_handed(case)))
    months, refunds, damages = (set(case.turns(name).all) for name in _TURNS[1:])
    for turn in given[:_MOST]:
        back = turn in refunds or turn in damages
        if _means_of_payment(case, turn):
            continue
        if case.is_own(turn.start, turn.end) or (denied(case, turn.clause) if back else denied_beside(case, turn)):
            continue
        if turn in damages:
            reason = "" if _written(case, turn) else "no section says that this is made good"
        elif turn in refunds:
            reason = "" if _refunded(case, turn) else "no section gives such a refund"
        elif turn in months and _IF.search(case.clause_text(turn.clause)):
            continue  # «если месяц не платить, …»
        elif turn in months and not _lasting(case, turn):
            reason = "no section gives a time without payment of that length"
        else:
            match = _ANYTHING.match(case.text.folded, turn.start, turn.end)
            found = claim(case, match, included=False) if match else None
            reason = "no section says that this is given" if found else ""
        if reason:
            return [_problem(case, turn, reason)]
    for sentence in sorted(case.turns("first_month").sentences):
        reason = _spared(case, sentence)
        if reason:
            turn = case.turns("first_month").of(sentence)[0]
            return [_problem(case, turn, reason)]
    if len(given) > _MOST:
        return [_problem(case, given[_MOST], "too many gifts and refunds for one answer")]
    return []


def _means_of_payment(case: Case, turn: Found) -> bool:
    """«Наличными не берём», «қолма-қол ақша алмаймыз»: how it is not paid, and no gift."""
    words = case.text.folded[turn.start : turn.end].split()
    if not any(word.startswith(_TAKEN) for word in words):
        return False
    around = {t.text for t in case.sentence_tokens[turn.sentence] if t.clause == turn.clause}
    return any(word.startswith(_MEANS) for word in around)


def _handed(case: Case) -> Iterator[Found]:
    """«Берёте «Рост» — сканер ваш»: a short clause that only says that a thing is theirs."""
    for t in case.text.tokens:
        if t.text not in _THEIRS or case.clause_keys(t.clause) & _SEALED:
            continue
        words = [w for w in case.clause_text(t.clause).strip(" ,.!—–-:;").split() if w not in _JOINS]
        if 1 < len(words) <= _FEW and words[-1] == t.text and not words[0].startswith(_CHOICES) and not _left(case, t):
            yield Found(t.start, t.end, t.sentence, t.clause)


def _left(case: Case, t: PlacedToken) -> bool:
    """Whether a section leaves them what the sentence names."""
    said = case.sentence_keys[t.sentence] - case.lexicon.generic
    return any(
        _LEAVES.search(text.folded[start:end]) and said & sentence_keys(text, number)
        for passage in case.context.passages
        for text in (read(passage.section.text, passage.section.language, case.lexicon),)
        for number, (start, end) in enumerate(text.sentences)
    )


_FEW = 3
_SEALED = frozenset({"@price", "@pay", "@contract"})
_CHOICES = _LISTS.row("choices")


def _spared(case: Case, sentence: int) -> str:
    """Whether a first or named month is said together with no bill, a later one or somebody else's."""
    turn = case.turns("first_month").of(sentence)[0]
    spans = case.text.sentences[sentence]
    if case.is_own(*spans) or sentence in case.turns("cannot").sentences or _lasting(case, turn):
        return ""
    if case.sentence_text(sentence).rstrip().endswith("?") and case.turns("covers").of(sentence + 1):
        return "no section spares anybody a month's payment"
    if case.sentence_text(sentence).rstrip().endswith("?") and not case.turns("covers").of(sentence):
        return ""
    unpaid = case.turns("bills").of(sentence) and case.turns("denial").of(sentence)
    if unpaid or any(not denied_beside(case, cover) for cover in case.turns("covers").of(sentence)):
        return "no section spares anybody a month's payment"
    return ""


def _problem(case: Case, turn: Found, reason: str) -> Problem:
    return Problem("free", f"{case.text.raw[turn.start : turn.end]!r}: {reason}", turn.start, turn.end)


def _lasting(case: Case, turn: Found) -> bool:
    """Whether a section gives something free for just the time that the sentence names."""
    named = {(f.value, f.unit) for f in case.figures if f.kind == "duration" and f.sentence == turn.sentence}
    return any(named & statement.lasting for statement in case.knowledge.free)


def _written(case: Case, turn: Found) -> bool:
    """Whether a section has the same word."""
    stem = case.text.folded[turn.start : turn.end].split()[0][:7]
    return any(stem in written for written in case.knowledge.folded)


def _refunded(case: Case, turn: Found) -> bool:
    """Whether a section gives a refund for the things that the clause names (the sentence, where it names none)."""
    clause = case.clause_keys(turn.clause)
    things = _things(clause) or _things(case.sentence_keys[turn.sentence])
    everything = any(
        not _IF.search(case.clause_text(said.clause)) for said in case.turns("everything").of(turn.sentence)
    )
    given = [refund for passage in case.context.passages for refund in _refunds(passage.section, case.lexicon)]
    if any(things <= keys and (all_ or not everything) for keys, all_ in given):
        return True
    return "@contract" in clause and any(
        things | {"@contract", "@refund"} <= page(passage.section, case.lexicon).keys
        for passage in case.context.passages
    )


def _things(keys: frozenset[str]) -> frozenset[str]:
    return frozenset(key for key in keys if key.startswith("@")) - _NOT_THINGS


@lru_cache(maxsize=4096)
def _refunds(section: Section, lexicon: Lexicon) -> tuple[tuple[frozenset[str], bool], ...]:
    """(words, whether all or always) of each sentence of a section that gives a refund."""
    return tuple(_sentences(section, lexicon))


def _sentences(section: Section, lexicon: Lexicon) -> Iterator[tuple[frozenset[str], bool]]:
    text = read(section.text, section.language, lexicon)
    title = keys_of(read(section.title, section.language, lexicon))
    turns = phrases().find(text)
    for number, (start, end) in enumerate(text.sentences):
        if _BACK.search(text.folded[start:end]) and number not in turns["denial"].sentences:
            yield sentence_keys(text, number) | title, number in turns["everything"].sentences
    for found in turns["refunds"].all:
        if found.clause not in turns["denial"].clauses:
            yield sentence_keys(text, found.sentence) | title, found.sentence in turns["everything"].sentences
