"""What becomes of the drafts of a turn: one goes out, as it is, completed, cut or corrected, or the fact is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.composing.completing import completed
from app.composing.extractive import compose
from app.guardrail import Context, Verdict, addable, check, cut, tidy
from app.prompt import Wrong, corrected
from app.types import Draft, Passage, Prompt

How = Literal["passed", "completed", "cut", "repaired", "replaced", "facts"]
"""Unchanged but for harmless repairs; with what was missing; without its end; the second draft; the fact in its place;
no draft of a model at all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer. `replaced`: every draft was refused, and the fact itself is said instead."""

    text: str
    model: str
    used: tuple[Passage, ...]
    verdict: Verdict
    """On the draft that decided, as it was written."""
    replaced: bool = False
    how: How = "passed"


def settle(prompt: Prompt, drafts: Sequence[Draft], context: Context) -> Outcome:
    """The first draft that can go out in some way; if none can, the fact itself.

    A text that can only be what an owner wrote is tidied, and never refused.
    """
    verdicts = [(check if draft.origin == "model" else tidy)(draft.text, context) for draft in drafts]
    for number, (draft, verdict) in enumerate(zip(drafts, verdicts, strict=True)):
        if found := _sendable(draft, verdict, prompt, context):
            text, how = found
            return Outcome(text, draft.model, draft.used, verdict, how="repaired" if number else how)
    fact = compose(prompt)
    return Outcome(fact.text, drafts[-1].model, fact.used, verdicts[-1], replaced=True, how="replaced")


def _sendable(draft: Draft, verdict: Verdict, prompt: Prompt, context: Context) -> tuple[str, How] | None:
    if verdict.fit:
        return verdict.text, "passed" if draft.origin == "model" else "facts"
    if each := addable(verdict, context):
        whole = check(completed(verdict.text, each.said, prompt.step.greeting), context)
        if whole.fit:
            return whole.text, "completed"
    shorter = cut(draft.text, context, verdict)
    if shorter is None:
        return None
    question = prompt.step.question
    asks = question and question in verdict.text and question not in shorter.text
    return f"{shorter.text}\n\n{question}" if asks else shorter.text, "cut"


def correction(prompt: Prompt, draft: Draft, verdict: Verdict) -> Prompt:
    """The same prompt with the refused draft and what was wrong with it: asked once, while there is time."""
    wrong = [Wrong(each.check, each.detail, draft.text[each.start : each.end]) for each in verdict.faults]
    return corrected(prompt, draft.text, wrong, missing=[each.said for each in verdict.missing])
