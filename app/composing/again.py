"""A section that was said a moment ago: who asks on hears of it what answers him, and not the paragraph once more."""

import unicodedata
from collections.abc import Sequence

from app.composing.covering import costs
from app.composing.fitting import folded, same
from app.composing.parts import SENTENCE
from app.composing.plain import sentences, shorten
from app.composing.section_words import content
from app.language.words import questions
from app.types import Exchange, Prompt, Section

ANEW = frozenset({"correction", "frustration"})
"""Intents of who was answered badly."""
_RECENT = 3
"""Answers of ours that he still has before his eyes."""


_BRIEF = 120
"""Characters of a text that is said whole, however often: it is read at a glance."""


def told(section: Section, answer: str) -> bool:
    """Whether an answer said the better part of a section."""
    parts = [sentence.strip() for sentence in SENTENCE.findall(shorten(section.text))]
    return sum(sentence in answer for sentence in parts) * 2 > len(parts)


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
