"""Check `leftover`: what a template or the form that an answer is written in leaves behind."""

import re

from app.guardrail.case import Case, Problem
from app.guardrail.text.lists import Lists

_FIELDS = Lists("app.guardrail.complete", "answers.yaml").row("fields")
_SWITCH = re.compile(r"[/|]{1,2}no_?think\b|\bno_think\b|<\|[a-z_]{1,20}|\b(?:im_start|im_end|endoftext)\b")
_FIELD = re.compile(rf"(?<!\w)[\"']?(?:{'|'.join(map(re.escape, _FIELDS))})[\"']?\s?:")


def leftovers(case: Case) -> list[Problem]:
    """The first of them."""
    for pattern in (_SWITCH, _FIELD):
        found = pattern.search(case.text.folded)
        if found and not case.is_own(*found.span()) and found.group() not in case.customer:
            said = case.text.raw[found.start() : found.end()]
            return [Problem("leftover", f"{said!r}: is left over from a template", *found.span())]
    return []
