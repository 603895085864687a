"""Whether an answer is bad news: nobody who hears a no is asked how many people work for him."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.composing.choosing import choose
from app.language.folds import letters
from app.packaged import packaged
from app.types import Language, Prompt, Section

_SENTENCE = re.compile(r"[^.!?\u2026\n]+(?:[.](?=\S)[^.!?\u2026\n]+)*[.!?\u2026]*\s*")
_SENTENCES = 1
"""The first of an answer: what stands behind it only qualifies it."""


def bad(prompt: Prompt) -> bool:
    """Nothing was found of what was looked up, or what was found says no."""
    step = prompt.step
    if step.query is None:
        return False
    if not prompt.deciding and not (prompt.passages and choose(prompt)):
        return step.fallback is not None
    if any(each.kind in ("not_known", "not_ours") or each.value is False for each in prompt.deciding):
        return True
    if prompt.deciding or not any(_refuses(passage.section.text) for passage in prompt.passages):
        return False
    return any(_refuses(passage.section.text) for passage in choose(prompt)[:1])


@lru_cache(maxsize=1024)
def _refuses(text: str) -> bool:
    sentences = text.replace("!", ".").replace("?", ".").split(".", _SENTENCES)[:_SENTENCES]
    begun = f" {letters(' '.join(' '.join(sentences).split()))}"
    return any(f" {beginning}" in begun for beginning in _beginnings())


def elsewhere(section: Section, language: Language) -> str:
    """What is said before a section in another language than the customer's; empty where it is his."""
    return str(_words()["elsewhere"][language].get(section.language, ""))


def unaffirmed(text: str) -> str:
    """A section's text without the yes that it begins with: it was said to another question."""
    head, comma, rest = text.partition(",")
    if not comma or letters(head.strip()) not in _words()["yes"]:
        return text
    rest = rest.lstrip()
    return rest[:1].upper() + rest[1:]


def unrequested(text: str) -> str:
    """Without the sentences that ask the reader to write something; as it is where nothing else is said."""
    kept = [sentence for sentence in _SENTENCE.findall(text) if not _asks(sentence)]
    return "".join(kept).strip() or text


def _asks(sentence: str) -> bool:
    found = letters(sentence).split()
    first, anywhere = (_words()["requests"][key] for key in ("first", "any"))
    return bool(found) and (found[0].strip(",.") in first or any(word.strip(",.!") in anywhere for word in found))


@lru_cache(maxsize=1)
def _beginnings() -> tuple[str, ...]:
    return tuple(letters(beginning) for row in _words()["refuses"].values() for beginning in row)


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    read: dict[str, Any] = packaged("app.composing", "news.yaml")
    return read
