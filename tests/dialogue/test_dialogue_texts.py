"""What is said is said in whole sentences: a comma that YAML takes for the end of a text leaves half of one."""

from collections.abc import Iterator

import pytest

from app.dialogue.engine import Dialogue
from app.dialogue.flow.model import Flow
from app.dialogue.resources import LANGUAGES, load_texts
from app.types import Language

PARTS = ("offer", "summary")
"""Texts that stand within others, beside the searches (`query_`), which nobody reads."""


def said(text: object) -> Iterator[str]:
    if isinstance(text, str):
        yield text
    else:
        for part in text.values() if isinstance(text, dict) else text:  # type: ignore[attr-defined]
            yield from said(part)


def is_whole(text: str) -> bool:
    return (text[0].isupper() or text[0] in "{«") and text[-1] in ".!?"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_begins_and_ends_like_a_sentence(language: Language) -> None:
    texts = {name: list(said(text)) for name, text in load_texts()[language].data.items()}
    whole = {name: rows for name, rows in texts.items() if name not in PARTS and "query_" not in name}
    assert len(whole) > 20
    assert not {(name, row) for name, rows in whole.items() for row in rows if not is_whole(row)}


def spoken(flow: Flow) -> Iterator[str]:
    yield from said(flow.value)
    for stage in flow.stages.values():
        yield from said(stage.statement or {})
        yield from said(stage.questions)


def test_every_text_of_a_flow_begins_and_ends_like_a_sentence(dialogue: Dialogue) -> None:
    texts = {(flow.name, text) for flow in dialogue.flows.values() for text in spoken(flow)}
    assert len(texts) > 300
    assert not {row for row in texts if not is_whole(row[1])}
