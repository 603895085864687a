"""«Половину суммы вперёд», «добавится половина»: a part of a price that a section gives as a percentage."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.statements.knowledge import page
from app.guardrail.text.folding import fold
from app.guardrail.text.kin import any_akin
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import phrases
from app.guardrail.text.words import read

_LISTS = Lists("app.guardrail.checks", "fractions.yaml")
_PARTS = {beginning: Decimal(value) for value, row in _LISTS.rows("parts").items() for beginning in row}
_BEGINNINGS = tuple(_PARTS)
_ADDED = _LISTS.pattern("added")
_LESS = _LISTS.pattern("less")
_ON_TOP = _LISTS.pattern("on_top")
_TIMES = {word: Decimal(value) for word, value in _LISTS.table("times").items()}


def known_parts(case: Case, start: int, end: int) -> frozenset[Decimal]:
    """The percentages that a part named there is, where a section has it paid or added as the draft says."""
    words = case.text.folded[start:end].split()
    parts = {_PARTS[beginning] for word in words for beginning in _BEGINNINGS if word.startswith(beginning)}
    piece = case.sentence_text(case.sentence_at(start))
    if not parts or _LESS.search(piece):
        return frozenset()
    known = [k for k in case.knowledge.known if k.kind == "percent" and k.value in parts]
    if not _ADDED.search(piece):
        said = case.sentence_keys[case.sentence_at(start)] - case.lexicon.generic
        known = [k for k in known if any_akin(said, k.keys | k.name)]
    return frozenset(k.value for k in known if "@discount" not in k.keys | k.name and _ADDED.search(k.page))


def is_known_part(case: Case, start: int, end: int) -> bool:
    """Whether the part that the draft names there is such a percentage, or how one price named beside is to another."""
    return bool(known_parts(case, start, end)) or _is_written(case, start, end) or _is_ratio(case, start, end)


def _is_written(case: Case, start: int, end: int) -> bool:
    """Whether a section has that part in a sentence with another word of the draft's: «возвращаем половину»."""
    words = case.text.folded[start:end].split()
    parts = tuple(beginning for word in words for beginning in _BEGINNINGS if word.startswith(beginning))
    said = case.sentence_keys[case.sentence_at(start)] - case.lexicon.generic
    if not parts or not said:
        return False
    for passage in case.context.passages:
        for stated in page(passage.section).sentences:
            told = {case.lexicon.key(fold(word)) for clause in stated.clauses for word in clause.text}
            if any(word.startswith(parts) for clause in stated.clauses for word in clause.text) and any_akin(
                said, told - {""}
            ):
                return True
    return False


def written_parts(case: Case) -> list[Decimal]:
    """Of a hundred, each part that the draft names and a section in use too: «берём половину суточной цены»."""

    def parts(words: Iterable[str]) -> set[Decimal]:
        return {value for word in words for beginning, value in _PARTS.items() if word.startswith(beginning)}

    given = parts(word for page in case.knowledge.folded for word in page.split())
    return sorted(parts(t.text for t in case.text.tokens) & given) if given else []


def taken_off(case: Case, f: Figure) -> bool:
    """Whether a section reckons with just that sum: «эта сумма вычитается»."""
    return f.value in case.prices and any(phrases().find(read(text))["reckoning"].all for text in case.knowledge.folded)


def _is_ratio(case: Case, start: int, end: int) -> bool:
    """«Вдвое дороже: 1 800 ₸ против 900 ₸»: two amounts of the sentence, which are judged themselves, bear it out."""
    said = f" {case.text.folded[start:end]} "
    times = {times for word, times in _TIMES.items() if f" {word} " in said}
    sentence = case.sentence_at(start)
    here = [f.value for f in case.money if f.sentence == sentence][:_AMOUNTS]
    return any(one == two * n for n in times for one in here for two in here)


def shares(case: Case) -> Iterator[Decimal]:
    """What a price is multiplied with: its known parts that are named («предоплата 30 %»), or those on top of it."""
    said = {g.value for g in case.figures if g.kind == "percent"}
    said |= {value for start, end in case.text.sentences for value in known_parts(case, start, end)}
    for k in case.knowledge.known:
        if k.kind == "percent" and k.value in said and "@discount" not in k.keys | k.name:
            yield k.value / 100
            if _ON_TOP.search(k.page):
                yield 1 + k.value / 100


_AMOUNTS = 6
