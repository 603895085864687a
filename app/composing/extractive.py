"""The embedded default: answers from the best passages and the flow's next question, with no model at all.

It can say only what the knowledge base or the flow says, so it cannot invent a price.
"""

from app.composing.choosing import choose
from app.composing.covering import leaves_out
from app.composing.joining import joined
from app.composing.news import elsewhere, unaffirmed, unrequested
from app.composing.plain import shorten
from app.cpu import stretch
from app.deadline import Deadline
from app.types import Draft, ModelState, Prompt


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
    more = "feature" in step.intents
    hedged = tuple(each for each in prompt.deciding if each.kind == "unnamed")
    decided = tuple(each for each in prompt.deciding if each.kind != "unnamed")
    facts, passages = joined(decided, chosen, asks_more=more, queries=step.queries)
    other = next((text for p in passages if (text := elsewhere(p.section, step.language))), "")
    said = [shorten(passage.section.text) for passage in passages]
    if step.question or step.state.slots:  # one question at a time, and none for what was told
        said = [unrequested(text) for text in said]
    if hedged:
        said = [unaffirmed(text) for text in said]
    texts = (*(each.said for each in hedged), "\n".join(facts), other, *said)
    rest = step.rest if leaves_out(step.queries, prompt.deciding, passages) else None
    answer = "\n\n".join(text for text in (*texts, rest) if text) or None
    if step.query is not None and not answer:
        answer = step.fallback
    opening = " ".join(
        part for part in (step.greeting, step.statement, step.lead if passages or facts else None) if part
    )
    parts = [part for part in (opening, answer, step.question) if part]
    return Draft("\n\n".join(parts), Extractive.name, passages, origin="knowledge")
