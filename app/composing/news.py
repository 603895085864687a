"""Whether an answer is bad news: nobody who hears a no is asked how many people work for him."""

from functools import lru_cache

from app.composing.choosing import choose
from app.language.folds import letters
from app.packaged import packaged
from app.types import Prompt

_SENTENCES = 1
"""The first of an answer: what stands behind it only qualifies it."""


def bad(prompt: Prompt) -> bool:
    """Nothing was found of what was looked up, or what was found says no."""
    step = prompt.step
    if step.query is None:
        return False
    if not prompt.deciding and not prompt.passages:
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


@lru_cache(maxsize=1)
def _beginnings() -> tuple[str, ...]:
    read = packaged("app.composing", "news.yaml")
    return tuple(letters(beginning) for row in read.values() for beginning in row)
