"""A section that was said a moment ago: who asks on hears of it what answers him, and not the paragraph once more."""

import unicodedata
from collections.abc import Sequence

from app.composing.covering import asks, costs
from app.composing.fitting import folded, same
from app.composing.parts import SENTENCE
from app.composing.plain import sentences, shorten
from app.composing.section_words import content
from app.language.words import questions
from app.types import Exchange, Passage, Prompt, Section, Step

ANEW = frozenset({"correction", "frustration"})
"""Intents of who was answered badly."""
_RECENT = 3
"""Answers of ours that he still has before his eyes."""
_EARLIER = 3
"""Answers of ours that are not given again to who says that they were beside the point."""
STILL = 0.3
"""Probability from which what was said a moment ago answers the next question too, if it has a word of it;"""
_SURELY = 0.8
"""and without one."""
_NEVER = 1.1
_FEW = 3
"""Words of a message that goes on with what was said."""
_BRIEF = 120
"""Characters of a text that is said whole, however often: it is read at a glance."""


def told(section: Section, answer: str) -> bool:
    """Whether an answer said the better part of a section."""
    parts = [sentence.strip() for sentence in SENTENCE.findall(shorten(section.text))]
    return sum(sentence in answer for sentence in parts) * 2 > len(parts)


def unsaid(prompt: Prompt) -> tuple[Passage, ...]:
    """The passages but for those that were said a moment ago: who asks on has read them.

    Who says that they were beside the point is not told one of the last few again. The same question has the same
    answer, a price is asked for again to hear it again, and what surely answers is said again in short.
    """
    step, history = prompt.step, prompt.history
    if step.reason == "price":
        return prompt.passages
    if step.topic == "trouble" and step.queries:
        return tuple(passage for passage in prompt.passages if not sells(passage) or any(map(costs, step.queries)))
    if not ANEW.isdisjoint(step.intents):
        answers = [exchange.answer for exchange in history[-_EARLIER:]]
    elif not history or len(folded(prompt.text)) <= _FEW:
        return prompt.passages
    else:
        answers = [history[-1].answer] if folded(history[-1].user or "") != folded(prompt.text) else []
    still = STILL if ANEW.isdisjoint(step.intents) else _NEVER
    return tuple(p for p in prompt.passages if _still(p, step, still) or not any(told(p.section, a) for a in answers))


def _still(passage: Passage, step: Step, least: float) -> bool:
    """Whether what was said answers again: with that probability, and a question that it has a word of."""
    number = passage.ranks.get("question")
    asked = step.queries[number - 1] if number and step.queries else step.query or ""
    asking = asked == step.query or asks(asked)
    likely = passage.answers if passage.answers is not None else 0.0
    # Of what surely answers it need not be said in his words.
    return asking and likely >= least and (likely >= _SURELY or touches(passage.section, asked))


def sells(passage: Passage) -> bool:
    """Whether it names a price."""
    return any(fact.currency for fact in passage.section.facts)


def in_short(section: Section, text: str, asked: str, prompt: Prompt) -> str:
    """The text of a section; of one that he has read in the last answers the sentence that decides `asked`.

    Who asks the same again, or says that he was answered badly, is told all of it again.
    """
    before = prompt.history[-_RECENT:]
    anew = _repeats(prompt.text, before) or not ANEW.isdisjoint(prompt.step.intents)
    if anew or len(text) <= _BRIEF or not any(told(section, exchange.answer) for exchange in before):
        return text
    return _deciding(text, asked, section.title)


def _repeats(text: str, before: Sequence[Exchange]) -> bool:
    return any(folded(exchange.user or "") == folded(text) for exchange in before)


def touches(section: Section, asked: str) -> bool:
    """Whether a section's text has a word of what is asked of its thing; it has where the thing alone is named."""
    wanted, held = _wanted(asked, section.title), folded(section.text)
    return not wanted or any(same(word, other) for word in wanted for other in held)


def _wanted(asked: str, title: str) -> list[str]:
    names = content(title)
    return [word for word in content(asked) if not any(same(word, name) for name in names)]


def _deciding(text: str, asked: str, title: str) -> str:
    """The sentence that holds most of what is asked of the section's thing; of equals one without a price, if none is
    asked for, and the first: what stands behind it only qualifies it."""
    wanted, priced = _wanted(asked, title), costs(asked)

    def held(sentence: str) -> tuple[int, bool]:
        words = folded(sentence)
        return sum(any(same(word, other) for other in words) for word in wanted), priced or not _has_price(sentence)

    said = sentences(text)
    best = max(range(len(said)), key=lambda number: held(said[number]), default=0)
    leans = best and folded(said[best])[:1] and folded(said[best])[0] in questions()["leans"]
    return " ".join(said[best - 1 if leans else best : best + 1]) or text


def _has_price(sentence: str) -> bool:
    return any(unicodedata.category(character) == "Sc" for character in sentence)
