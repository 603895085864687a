"""What a refused draft is answered with: what was wrong with it in plain words, and what the facts say instead."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.figures.saying import figure_said, named_in, price
from app.figures.shop.facts import Figure
from app.prompt.frame import framed, marks_in
from app.prompt.rendering import render
from app.prompt.sanitise import one_line, sanitise
from app.prompt.template_marks import without_marks
from app.prompt.words import table
from app.types import ChatMessage, Fact, Prompt

UNKNOWN = "…"
"""Stands for what is not known of an exchange."""
_FINDINGS = 6  # of a refused draft
_QUOTED = 60  # characters of one
_RIGHT = 4  # figures that are named instead
_MONEY = frozenset({"amount", "currency", "free"})
_FIGURES = _MONEY | {"percent", "term", "count"}
"""Checks that a figure of the facts may answer."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A finding: the check that refused, its own words (any language), and the piece of the draft."""

    check: str
    detail: str
    said: str


def corrected(prompt: Prompt, draft: str, wrong: Sequence[Wrong]) -> Prompt:
    """The same prompt with a refused draft behind it, and what was wrong with it: to be asked once more."""
    # The draft is quoted, and a customer may have told the model what to write.
    lines = list(dict.fromkeys(f"«{one_line(each.said[:_QUOTED])}»: {reason(each)}" for each in wrong))[:_FINDINGS]
    mark = marks_in(prompt.messages[-1].content)[-1]
    right = [without_marks(line) for line in _right(prompt, draft, {each.check for each in wrong})]
    demand = render("correction.j2", wrong=framed("\n".join(lines), mark), right=right)
    return replace(
        prompt,
        messages=(*prompt.messages, ChatMessage("assistant", sanitise(draft) or UNKNOWN), ChatMessage("user", demand)),
    )


def reason(wrong: Wrong) -> str:
    """Why a piece was refused, in the prompt's language."""
    rows = table("words")["wrong"]
    found = rows.get(wrong.check) or rows["amount"][-1:]
    return next((str(row["says"]) for row in found if row["has"] in wrong.detail), str(found[-1]["says"]))


def _right(prompt: Prompt, draft: str, checks: set[str]) -> list[str]:
    """What was reckoned for this message, else the figures of the passages that the draft speaks of."""
    if _FIGURES.isdisjoint(checks):
        return []
    reckoned = [each.said for each in prompt.deciding if each.kind not in ("not_known", "not_ours", "unnamed")]
    if reckoned:
        return reckoned[:_RIGHT]
    facts = [fact for passage in prompt.passages for fact in passage.section.facts if _fits(fact, checks)]
    named = [fact for fact in facts if named_in(draft, fact)]
    return list(dict.fromkeys(_said(named or facts)))[:_RIGHT]


def _fits(fact: Fact, checks: Iterable[str]) -> bool:
    kind = (
        _MONEY
        if fact.currency
        else {"percent"}
        if fact.unit == "%"
        else {"count"}
        if fact.kind == "limit"
        else {"term"}
    )
    return not kind.isdisjoint(checks)


def _said(facts: Sequence[Fact]) -> Iterator[str]:
    language = table("words")["language"]
    for fact in facts:
        figure = Figure(fact, fact.kind or "price", ())
        name = fact.product or fact.name
        yield f"{name}: {price(figure, language, unit=True)}" if fact.currency else figure_said(figure, language)
