"""The embedded default: answers from the best passages and the flow's next question, with no model at all.

It can say only what the knowledge base or the flow says, so it cannot invent a price.
"""

from app.composing.choosing import choose
from app.composing.covering import left_out, quoted
from app.composing.joining import joined
from app.composing.news import elsewhere, unaffirmed, unrequested
from app.composing.plain import shorten
from app.cpu import stretch
from app.deadline import Deadline
from app.types import Draft, ModelState, Passage, Prompt

_ASKING = frozenset({"feature", "comparison"})
"""Intents that ask for more than what is reckoned."""


class Extractive:
    """A Backend that joins greeting, statement, passage and question."""

    name = "extractive"
    wants_prompt = False
    inventive = False
    needs_gpu = False

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        """Immediate, so `deadline` is not looked at."""
        return await stretch(lambda: compose(prompt))

    def available(self) -> None:
        """Always."""

    def state(self) -> ModelState:
        return ModelState("embedded", "extractive: embedded, needs no GPU")

    async def open(self) -> None:
        """There is nothing to warm up."""

    async def close(self) -> None:
        """There is nothing to end."""


def compose(prompt: Prompt) -> Draft:
    """Greeting, statement, what decides, what the knowledge says beside it, question.

    Also said when a model's draft is refused.
    """
    step = prompt.step
    chosen = choose(prompt) if step.query is not None else ()
    more = not _ASKING.isdisjoint(step.intents)
    hedged = tuple(each for each in prompt.deciding if each.kind == "unnamed")
    ordered = tuple(each for each in prompt.deciding if each.kind == "ordered")
    decided = tuple(each for each in prompt.deciding if each not in (*hedged, *ordered))
    if ordered and step.reason == "purchase":
        chosen = ()  # who places an order has asked nothing
    facts, passages = joined(decided, chosen, asks_more=more, queries=step.queries)
    other = next((text for p in passages if (text := elsewhere(p.section, step.language))), "")
    said = [shorten(passage.section.text) for passage in passages]
    if step.question or step.state.slots:  # one question at a time, and none for what was told
        said = [unrequested(text) for text in said]
    if hedged:
        said = [unaffirmed(text) for text in said]
    texts = (*(each.said for each in (*ordered, *hedged)), "\n".join(facts), other, *said)
    rest = _of_the_rest(prompt, passages)
    answer = "\n\n".join(text for text in (*texts, rest) if text) or None
    if step.query is not None and not answer:
        answer = step.fallback
    opening = " ".join(
        part for part in (step.greeting, step.statement, step.lead if passages or facts else None) if part
    )
    parts = [part for part in (opening, answer, step.question) if part]
    return Draft("\n\n".join(parts), Extractive.name, passages, origin="knowledge")


def _of_the_rest(prompt: Prompt, passages: tuple[Passage, ...]) -> str | None:
    """What is said of the questions that nothing answers: one that can be named is."""
    step = prompt.step
    left = left_out(step.queries, prompt.deciding, passages)
    if not left:
        return None
    about = quoted(left[0]) if len(left) == 1 else None
    return step.rest_of.format(about=about) if about and step.rest_of else step.rest
