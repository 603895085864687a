"""Check `leftover`: what a template or the form that an answer is written in leaves behind."""

import re

from app.guardrail.case import Case, Problem
from app.guardrail.complete.words import words_of
from app.guardrail.text.lists import Lists

_FIELDS = Lists("app.guardrail.complete", "answers.yaml").row("fields")
_SWITCH = re.compile(r"[/|]{1,2}no_?think\b|\bno_think\b|<\|[a-z_]{1,20}|\b(?:im_start|im_end|endoftext)\b")
_BRACE = re.compile(r"[{}]")
_OPEN = Lists("app.guardrail.repair", "repairs.yaml").words("cut_words")
_FIELD = re.compile(rf"(?<!\w)[\"']?(?:{'|'.join(map(re.escape, _FIELDS))})[\"']?\s?:")


def leftovers(case: Case) -> list[Problem]:
    """The first of them."""
    return _broken_off(case) or _of_a_form(case)


def _broken_off(case: Case) -> list[Problem]:
    """A draft that ends in the middle: with a word that no sentence ends with, and no mark."""
    start, end = case.text.sentences[-1] if case.text.sentences else (0, 0)
    said = case.text.raw[start:end].rstrip()
    words = words_of(said)
    if not said[-1:].isalpha() or words[-1] not in _OPEN or case.is_own(start, end):
        return []
    return [Problem("leftover", f"{said[-20:]!r}: breaks off", start, end)]


def _of_a_form(case: Case) -> list[Problem]:
    for pattern in (_SWITCH, _FIELD, _BRACE):
        found = pattern.search(case.text.folded)
        if found and not case.is_own(*found.span()) and found.group() not in case.customer:
            said = case.text.raw[found.start() : found.end()]
            return [Problem("leftover", f"{said!r}: is left over from a template", *found.span())]
    return []
