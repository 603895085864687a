"""Sections that may not be what was meant: they are offered, and not said as the answer.

Every second one that is found with little certainty answers another question, and who reads a strange paragraph in
the tone of an answer believes that nobody read him.
"""

from collections.abc import Sequence

from app.composing.covering import MEANT, costs
from app.composing.fitting import folded
from app.composing.likeness import asked_for, share
from app.composing.news import unaffirmed
from app.types import Passage, Prompt


def offered(passages: Sequence[Passage], texts: Sequence[str], prompt: Prompt) -> list[str]:
    """The texts of the passages, each run of doubtful ones behind a word that it may not be meant."""
    sure = {passage.ranks.get("question") for passage in passages if not _doubtful(passage, prompt)}
    doubts = [passage.ranks.get("question") not in sure for passage in passages]
    first = [doubt and not before for doubt, before in zip(doubts, (False, *doubts), strict=False)]
    said = [unaffirmed(text) if doubt else text for doubt, text in zip(doubts, texts, strict=True)]
    return [f"{prompt.step.perhaps}\n\n{text}" if here else text for here, text in zip(first, said, strict=True)]


def _doubtful(passage: Passage, prompt: Prompt) -> bool:
    """Whether the words of his own question tell too little of whether the passage answers it."""
    step = prompt.step
    if step.perhaps is None or passage.answers is None or passage.answers >= MEANT or "named" in passage.ranks:
        return False
    asked = asked_for(passage, step)
    own = set(folded(asked)) <= set(folded(prompt.text))  # a search that the flow wrote tells of its own words
    stated = costs(asked) and any(fact.currency for fact in passage.section.facts)
    told = stated or share(asked, passage) == 1.0
    return own and not told and passage.section.language == step.language
