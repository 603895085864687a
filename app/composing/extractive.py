"""The embedded default: answers from the best passages and the flow's next question, with no model at all.

It can say only what the knowledge base or the flow says, so it cannot invent a price.
"""

from app.composing.again import ANEW, in_short
from app.composing.apart import apart
from app.composing.assent import assents
from app.composing.choosing import choose
from app.composing.covering import left_out, reckoned
from app.composing.doubted import offered
from app.composing.joining import joined
from app.composing.likeness import asked_for
from app.composing.news import elsewhere, unaffirmed, unrequested
from app.composing.plain import shorten
from app.composing.siblings import of_his, priced_for
from app.composing.unanswered import of_the_rest
from app.composing.verdict import verdict
from app.cpu import stretch
from app.deadline import Deadline
from app.language.ages import told
from app.types import Deciding, Draft, Language, ModelState, Passage, Prompt, Step

_RECENT = 3
"""Messages in which somebody's age is looked for."""
_TOLD = frozenset({"trouble", "refund"})
"""Topics and lanes whose questions all go to a person."""
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
    ages = _ages(prompt)
    hedged = tuple(each for each in prompt.deciding if each.kind == "unnamed")
    ordered = tuple(each for each in prompt.deciding if each.kind == "ordered")
    decided = _unrepeated(tuple(each for each in prompt.deciding if each not in (*hedged, *ordered)), prompt)
    decided = priced_for(decided, prompt.passages, ages)
    if ordered and step.reason == "purchase":
        chosen = ()  # who places an order has asked nothing
    advises = any(each.kind == "advised" for each in decided) and not step.queries and step.query is not None
    if advises and reckoned(step.query or "", decided):
        more = False  # he asked for the one that fits, and hears it
    facts, passages = joined(decided, chosen, asks_more=more, queries=step.queries)
    said = [shorten(passage.section.text) for passage in passages]
    if step.question or step.state.slots:  # one question at a time, and none for what was told
        said = [unrequested(text) for text in said]
    said = [apart(p.section, text, _asked(prompt, p)) for p, text in zip(passages, said, strict=True)]
    said = [of_his(text, _asked(prompt, p), prompt.text, ages) for p, text in zip(passages, said, strict=True)]
    said = [
        text if not hedged and _assents(p, text, prompt) else unaffirmed(text)
        for p, text in zip(passages, said, strict=True)
    ]
    said = [in_short(p.section, text, _asked(prompt, p), prompt) for p, text in zip(passages, said, strict=True)]
    said = [_judged(p, text, prompt) for p, text in zip(passages, said, strict=True)]
    said = offered(passages, said, prompt)
    announced = [_announced(text, number, passages, step.language) for number, text in enumerate(said)]
    texts = (*(each.said for each in (*ordered, *hedged)), "\n".join(facts), *announced)
    rest = of_the_rest(_left(prompt, passages), prompt.text, step)
    answer = "\n\n".join(text for text in (*texts, rest) if text) or None
    if step.query is not None and not answer:
        answer = of_the_rest(step.queries, prompt.text, step) if _named(step) else step.fallback
    opening = " ".join(
        part for part in (step.greeting, step.statement, step.lead if passages or facts else None) if part
    )
    parts = [part for part in (opening, answer, step.question) if part]
    return Draft("\n\n".join(parts), Extractive.name, passages, origin="knowledge")


def _ages(prompt: Prompt) -> tuple[int, ...]:
    """The ages that the newest of his messages tells that tells any."""
    texts = (prompt.text, *(exchange.user or "" for exchange in reversed(prompt.history[-_RECENT:])))
    return next((ages for text in texts if (ages := told(text))), ())


def _named(step: Step) -> bool:
    """Whether several questions that all find nothing are named: of a trouble the specialist is told all."""
    return len(step.queries) > 1 and not {step.topic, step.state.lane} & _TOLD


def _judged(passage: Passage, text: str, prompt: Prompt) -> str:
    """A passage's text behind the verdict on what he told, where its section has one."""
    language = prompt.step.language
    judged = verdict(prompt.text, text, language) if passage.section.language == language else None
    return " ".join(filter(None, (judged.said, judged.rest))) if judged is not None else text


def _assents(passage: Passage, text: str, prompt: Prompt) -> bool:
    """Whether a yes of the passage is one to what was asked, as far as its words tell."""
    section, asked = passage.section, _asked(prompt, passage)
    whole = prompt.text if passage.ranks.get("question") is None else asked  # what is searched may be the flow's words
    return section.language != prompt.step.language or assents(whole, section, text)


def _asked(prompt: Prompt, passage: Passage) -> str:
    """The question that found a passage, or the whole message."""
    return asked_for(passage, prompt.step) or prompt.text


def _unrepeated(decided: tuple[Deciding, ...], prompt: Prompt) -> tuple[Deciding, ...]:
    """Without what the last answer said already, where it was beside the point and no price is asked for anew."""
    if ANEW.isdisjoint(prompt.step.intents) or prompt.step.reason == "price" or not prompt.history:
        return decided
    before = prompt.history[-1].answer or ""
    return tuple(each for each in decided if each.said not in before)


def _announced(text: str, number: int, passages: tuple[Passage, ...], language: Language) -> str:
    """A passage's text; the first in another language than the customer's behind a word of warning."""
    section = passages[number].section
    before = passages[number - 1].section.language if number else language
    return "\n\n".join(
        part for part in (elsewhere(section, language) if section.language != before else "", text) if part
    )


def _left(prompt: Prompt, passages: tuple[Passage, ...]) -> tuple[str, ...]:
    """The questions that nothing answers."""
    step = prompt.step
    known = [each for each in prompt.deciding if each.kind != "not_known"]  # that says of nothing how much it is
    return left_out(step.queries, known, passages, prompt.passages, step.language)
