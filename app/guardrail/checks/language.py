"""Checks `language` and `brand`: the answer is in the customer's language, and names keep their letters."""

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from app.guardrail.case import Case, Problem
from app.guardrail.text.folding import KAZAKH, cyrillic
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken
from app.language.folds import letters

_LISTS = Lists("app.guardrail.checks", "language.yaml")
_UKRAINIAN_LETTERS = _LISTS.word("ukrainian_letters")
_RUSSIAN_ENDINGS = _LISTS.row("russian_endings")

_FOREIGN = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f]+"
)
_OTHER = re.compile(
    "[\u0370-\u03ff\u0530-\u058f\u0590-\u05ff\u0600-\u06ff\u0750-\u077f\u0900-\u0dff\u0e00-\u0eff\u10a0-\u10ff]{2,}"
)
_CYRILLIC_WORD = re.compile("[\u0400-\u04ff]{4,}")
_UKRAINIAN = _LISTS.pattern("ukrainian")
_KAZAKH = frozenset(KAZAKH)
_RUSSIAN_WORDS = _LISTS.words("russian_words")
_KAZAKH_WORDS = _LISTS.words("kazakh_words")
_ENGLISH_WORDS = _LISTS.words("english_words")
_LETTER_D = _LISTS.words("letter_d")
_ALIKE, _RUN_TOGETHER = _LISTS.table("alike"), _LISTS.table("run_together")
_COMMON = _LISTS.words("common")
_TOLERATED = _LISTS.words("tolerated")


def language(case: Case) -> list[Problem]:
    """Foreign letters, and sentences in another language than the one to answer in."""
    problems = []
    raw = case.text.raw
    for pattern, name in ((_FOREIGN, "Chinese, Japanese or Korean letters"), (_OTHER, "letters of another script")):
        for m in pattern.finditer(raw):
            problems.append(Problem("language", f"{m.group()[:20]!r}: {name}", *m.span()))
            break
    wanted = case.context.language
    if wanted != "en":
        low = raw.lower()
        for m in _UKRAINIAN.finditer(low) if any(c in low for c in _UKRAINIAN_LETTERS) else ():
            problems.append(Problem("language", f"{m.group()!r}: a word of another language", *m.span()))
            break
    if problems:
        return problems
    known = _known_latin(case)
    for number, (a, b) in enumerate(case.text.sentences):
        if case.is_own(a, b):
            continue
        heard = _heard(case, number, known)
        if heard and heard != wanted:
            names = {"ru": "Russian", "kk": "Kazakh", "en": "English"}
            problems.append(Problem("language", f"{raw[a:b][:40]!r}: {names[heard]}, not {names[wanted]}", a, b))
            break
    return problems or _strange_words(case)


def _strange_words(case: Case) -> list[Problem]:
    """In English the first Cyrillic word that is nobody's: no name of ours, nothing that was said."""
    if case.context.language != "en" or case.context.known is None:
        return []
    for a, b in case.text.sentences:
        for found in () if case.is_own(a, b) else _CYRILLIC_WORD.finditer(case.text.raw, a, b):
            word = letters(found.group())
            if not case.grounds.any(word) and not case.context.known.holds(word):
                return [Problem("language", f"{found.group()!r}: a word of another language", *found.span())]
    return []


def _known_latin(case: Case) -> frozenset[str]:
    words = set(_TOLERATED)
    for brand in case.knowledge.brands:
        words.update(re.findall(r"[a-z]+", brand.lower()))
    return frozenset(words)


@dataclass(slots=True)
class _Words:
    """How many words of a sentence tell which language."""

    kazakh_letters: int = 0
    kazakh: int = 0
    russian: int = 0
    english: int = 0
    cyrillic: int = 0
    latin: int = 0


def _heard(case: Case, sentence: int, known: frozenset[str]) -> str:
    """The language of a sentence, or nothing where it does not tell. `known`: Latin words that tell none."""
    said = _counted(case, sentence, known)
    if case.context.language == "en":
        if said.cyrillic >= 3 and said.cyrillic > said.latin and said.cyrillic > said.english * 2:
            return "kk" if said.kazakh_letters else "ru"
        return ""
    if (said.english >= 2 or said.latin >= 4) and said.latin >= 3 and said.latin > said.cyrillic * 0.8:
        return "en"
    if case.context.language == "ru":
        return "kk" if _is_kazakh(said) else ""
    return "ru" if _is_russian(said) else ""


def _is_kazakh(said: _Words) -> bool:
    """Of a sentence that should be Russian."""
    found = said.kazakh_letters + said.kazakh
    if said.kazakh_letters >= 2 and found >= 0.25 * said.cyrillic:
        return True
    short = said.kazakh_letters == 1 and said.cyrillic <= 3
    return said.russian == 0 and (short or (found >= 2 and found >= 0.4 * said.cyrillic))


def _is_russian(said: _Words) -> bool:
    """Of a sentence that should be Kazakh."""
    if said.kazakh_letters == 0 and said.cyrillic >= 3 and said.russian >= 1 and said.kazakh == 0:
        return True
    most = said.russian >= 0.4 * said.cyrillic and said.kazakh_letters <= 0.1 * said.cyrillic
    return said.cyrillic >= 6 and most


def _counted(case: Case, sentence: int, known: frozenset[str]) -> _Words:
    said = _Words()
    for t in case.sentence_tokens[sentence]:
        if t.kind != "w" or t.quote:
            continue
        if t.latin:
            english = t.text in _ENGLISH_WORDS
            said.english += english
            said.latin += english or (t.text not in known and t.text not in case.customer)
            continue
        word = case.text.raw[t.start : t.end].lower()
        if not "\u0400" <= word[0] <= "\u04ff":
            continue
        said.cyrillic += 1
        if not _KAZAKH.isdisjoint(word):
            name = t.upper and t.start != case.text.sentences[sentence][0]
            said.kazakh_letters += not name
        elif t.text in _KAZAKH_WORDS:
            said.kazakh += 1
            said.russian += _ends_in_russian(word)
        else:
            said.russian += t.text in _RUSSIAN_WORDS or _ends_in_russian(word)
    return said


def _ends_in_russian(word: str) -> bool:
    return len(word) > 4 and word.endswith(_RUSSIAN_ENDINGS)


def brand(case: Case) -> list[Problem]:
    """Latin names written in Cyrillic or misspelt."""
    names = _names(case)
    if not names:
        return []
    problems = []
    ordinary = {n.lower() for n in case.knowledge.brands} | {
        p for n in case.knowledge.brands for p in re.findall(r"[a-z]+", n.lower())
    }
    for i, t in enumerate(case.text.tokens):
        if t.kind != "w" or len(t.text) < 4 or case.is_own(t.start, t.end):
            continue
        joined = _joined(case.text.tokens, i)
        for name in names:
            if t.latin:
                wrong = (
                    t.text not in ordinary and len(t.text) >= 5 and _near(t.text, name) and t.text not in _ENGLISH_WORDS
                )
            else:
                wrong = _sounds(t.text, name) or (joined != t.text and _sounds(joined, name))
            if wrong and t.text not in case.customer_words:
                right = next((b for b in case.knowledge.brands if re.sub(r"[^a-z]", "", b.lower()) == name), name)
                problems.append(
                    Problem(
                        "brand", f"{case.text.raw[t.start : t.end]!r}: the name is written {right!r}", t.start, t.end
                    )
                )
                break
    return problems


def _names(case: Case) -> tuple[str, ...]:
    return _letters(case.knowledge.brands)


@lru_cache(maxsize=512)
def _letters(brands: frozenset[str]) -> tuple[str, ...]:
    """Names worth guarding, as plain letters: «D-Print 80» is `dprint`."""
    found = set()
    for name in brands:
        parts = re.findall(r"[a-z]+", name.lower())
        plain = "".join(parts)
        if len(plain) >= 4 and not set(parts) & _COMMON:
            found.add(plain)
        if len(parts) > 1 and len(parts[0]) >= 5 and parts[0] not in _COMMON:
            found.add(parts[0])
    return tuple(sorted(found))


def _joined(tokens: tuple[PlacedToken, ...], i: int) -> str:
    """A word with the one behind a hyphen or before it: «Ди-Принт»."""
    if i >= 2 and tokens[i - 1].text == "-" and tokens[i - 2].kind == "w" and len(tokens[i - 2].text) <= 3:
        return tokens[i - 2].text + tokens[i].text
    if i >= 1 and tokens[i - 1].kind == "w" and len(tokens[i - 1].text) <= 2 and tokens[i - 1].text in _LETTER_D:
        return tokens[i - 1].text + tokens[i].text
    return tokens[i].text


def _near(word: str, name: str) -> bool:
    if word == name or abs(len(word) - len(name)) > 2:
        return False
    return OSA.distance(word, name, score_cutoff=2) <= (2 if len(name) >= 7 else 1)


@lru_cache(maxsize=8192)
def _sounds(word: str, name: str) -> bool:
    """Whether a Cyrillic word is a Latin name by sound, with any ending."""
    word = word.translate(_VOWELS)
    for sound in _spelled(name):
        if len(sound) < 4 or abs(len(word) - len(sound)) > 4:
            continue
        piece = word[: len(sound)]
        limit = 1 if len(sound) >= 6 else 0
        if OSA.distance(piece, sound, score_cutoff=limit) <= limit and len(word) - len(sound) <= 3:
            return True
    return False


def _together(name: str) -> str:
    for written, heard in _RUN_TOGETHER.items():
        name = name.replace(written, heard)
    return name


@lru_cache(maxsize=512)
def _spelled(name: str) -> tuple[str, ...]:
    base = cyrillic(name)
    variants = {base, *(base.replace(*pair) for pair in _ALIKE.items())}
    if re.match(r"d[bcdfghjklmnpqrstvwxz]", name):
        variants |= {letter + cyrillic(name[1:]) for letter in _LETTER_D}
    variants |= {_together(variant) for variant in variants}
    return tuple(sorted({v.translate(_VOWELS) for v in variants}))


_VOWELS = str.maketrans(*_LISTS.pair("vowels"))
