"""Checks `bare`, `role` and `echo`: a seller speaks, in more than a word, and in words of his own.

A model on a bad day answers «Да», "2017" or the customer's own message; nothing of it is false, and nothing answers.
"""

import re
from collections.abc import Sequence

from app.guardrail.case import Case, Problem
from app.guardrail.complete.words import affirms, denies, doubts, hands_on, own_sentences, words_of
from app.guardrail.known import KnownWords
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists
from app.language.numerals import numbers

_LISTS = Lists("app.guardrail.complete", "speech.yaml")
_CONFIRMS = _LISTS.words("confirms")
_FILLER = _LISTS.words("filler")
_POLITE = {name: frozenset(words) for name, words in _LISTS.rows("polite").items()}
_ANSWERS = Lists("app.guardrail.complete", "answers.yaml")
_MANNER, _AMOUNT = _ANSWERS.words("manner"), _ANSWERS.words("amount")
_SPEAKS_OTHERWISE = (
    (_LISTS.pattern("buyer"), "a seller says this of nobody"),
    (_LISTS.pattern("familiar"), "a seller is not so familiar"),
    (_LISTS.pattern("runs_down"), "a seller does not run down what he sells"),
)
_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"[^\W_]+")
_MEASURED = re.compile(r"\d\s*[^\W\d_]{2,}|\d\s*[%\u20b8$\u20ac\u20bd]|[$\u20ac]\s*\d")
"""A number with what it counts."""
_FEW = 3
"""Words from which an answer may say something."""
_ECHOED = 2
"""Words and numbers from which a copy is one."""
_REMEMBERED = 5
"""Messages back that one may be copied from."""
_LONG_ECHO = 4
"""The same of a message before the newest."""
_ENDS = frozenset('.!?…)»"”')
_MOST = 400
"""Characters: nothing longer is bare or an echo."""


def bare(case: Case) -> list[Problem]:
    """A yes, a no, a name or a number alone: what it is of is not said. A value with its unit answers how much."""
    said = _not_own(case)
    words = _WORD.findall(said)
    if len(said) > _MOST or not _TOKEN.search(said):
        return []
    if _is_a_piece(case):
        return _bare(case, "a piece of a sentence: it neither begins nor ends as one")
    measured = _MEASURED.search(said) is not None
    if measured:
        alone = len(words) < _FEW and not _decides(case)
        return _bare(case, "a value that answers no question: name what it is about") if alone else []
    empty = all(word in _FILLER for word in words) and not any(sign.isdigit() for sign in said)
    if (len(words) >= _FEW and not empty) or _says_something(case, words, said):
        return []
    return _bare(case, "says what it is about with no word")


def _bare(case: Case, detail: str) -> list[Problem]:
    return [Problem("bare", detail, 0, len(case.text.raw))]


def _says_something(case: Case, words: Sequence[str], said: str) -> bool:
    """Whether a few words are a courtesy, a figure in words, a contact, or name a thing; or a text of ours does it."""
    polite = _POLITE[case.context.language]
    if words and (all(word in polite for word in words) or (len(words) > 1 and numbers(said))):
        return True
    if case.addresses or any(_tells(case.text.folded[start:end], polite) for start, end in case.own):
        return True
    return _names_a_thing(case, [word for word in words if word not in _FILLER], len(words))


def _is_a_piece(case: Case) -> bool:
    """«на данный момент», «несколько магазинов в кабинете»: begins in the middle and ends without an end.

    A figure, a yes or a no with its object, and who will know are answers in whatever form.
    """
    said = [case.text.raw[start:end].strip() for start, end in own_sentences(case)]
    if any(not f.implied for f in case.figures) or not said or not said[0][:1].islower() or said[-1][-1:] in _ENDS:
        return False
    return not any(
        doubts(each) or hands_on(each) or (len(words_of(each)) > _FEW and _takes_a_side(each, case)) for each in said
    )


def _takes_a_side(sentence: str, case: Case) -> bool:
    return affirms(sentence) or denies(sentence, case.context.language)


def _decides(case: Case) -> bool:
    """Whether a figure can be the whole answer: to who asks how much, when or which, and not how or where."""
    if not case.context.customer:
        return True
    asked = set(words_of(case.context.customer[-1]))
    return _MANNER.isdisjoint(asked) or not _AMOUNT.isdisjoint(asked)


def _tells(own: str, polite: frozenset[str]) -> bool:
    """Whether a text of the dialogue's own says something: no question, no greeting."""
    words = _WORD.findall(own)
    return "?" not in own and len(words) >= _FEW and not all(word in polite for word in words)


def _names_a_thing(case: Case, words: Sequence[str], most: int) -> bool:
    """Two words of which one is a thing of ours; any two that say something where the knowledge is not given."""
    if most < _FEW - 1 or not words:
        return False
    if any(word in _CONFIRMS for word in words) or (case.context.language == "kk" and len(words) == most):
        return True  # a word of Kazakh says what takes two elsewhere
    used = [f"{passage.section.title} {passage.section.text}" for passage in case.context.passages]
    known = case.context.known
    if not used and known is None:
        return True
    return any(KnownWords.of(used).holds(word) or (known is not None and known.holds(word)) for word in words)


def role(case: Case) -> list[Problem]:
    """Speaks as the customer: «я хочу купить», "I'm a customer"; to him as to a friend; or against what he sells."""
    for pattern, detail in _SPEAKS_OTHERWISE:
        for found in pattern.finditer(case.text.folded):
            if not case.is_own(*found.span()):
                said = case.text.raw[found.start() : found.end()]
                return [Problem("role", f"{said!r}: {detail}", *found.span())]
    return []


def echo(case: Case) -> list[Problem]:
    """The customer's message, a line of the course or a piece of either, said back as if it were an answer."""
    said = _not_own(case)
    tokens = _TOKEN.findall(said)
    if len(said) > _MOST or "?" in said or not tokens:
        return []
    lines = case.told[-1:] if len(tokens) < _LONG_ECHO else case.told[-_REMEMBERED:]
    lines = lines if len(tokens) >= _ECHOED else ()
    if any(_heard(line).issuperset(tokens) for line in lines):
        return [Problem("echo", "only says the customer's words back", 0, len(case.text.raw))]
    if any(_heard(line).issuperset(tokens) for line in (*case.context.course, *_questions(case))):
        return [Problem("echo", "only says back what the course holds", 0, len(case.text.raw))]
    return []


def _heard(line: str) -> set[str]:
    return set(_TOKEN.findall(fold(line)))


def _questions(case: Case) -> tuple[str, ...]:
    """The dialogue's own questions: without their mark they are none."""
    return tuple(text for text in case.context.own if "?" in text)


def _not_own(case: Case) -> str:
    """The draft, folded, without the dialogue's own texts."""
    pieces, last = [], 0
    for start, end in sorted(case.own):
        pieces.append(case.text.folded[last : max(last, start)])
        last = max(last, end)
    return "".join((*pieces, case.text.folded[last:])).strip()
