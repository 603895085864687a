"""The embedded default: answers from the best passages and the flow's next question, with no model at all.

It can say only what the knowledge base or the flow says, so it cannot invent a price.
"""

from app.composing.choosing import choose
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
    """Greeting, statement, what the knowledge base says, question: also said when a model's draft is refused."""
    step = prompt.step
    passages = choose(prompt) if step.query is not None else ()
    said = "\n\n".join(shorten(passage.section.text) for passage in passages) or None
    if step.query is not None and not passages:
        said = step.fallback
    opening = " ".join(part for part in (step.greeting, step.statement, step.lead if passages else None) if part)
    parts = [part for part in (opening, said, step.question) if part]
    return Draft("\n\n".join(parts), Extractive.name, passages, origin="knowledge")
