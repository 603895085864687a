"""Blanks in a row outside of the strings of a form: a model that is held to one can write them for ever."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.reader import Blanks
from app.llm.writing import Spoiled, Writing
from tests.llm.test_stream_edges import behind, pieces


@pytest.mark.parametrize(
    ("text", "many"),
    [
        (" " * 40, False),
        (" " * 41, True),
        ("{" + "\n" * 41, True),
        ("{" + " \t\r\n" * 11, True),
        ('{"answer": "' + " " * 200 + '"}', False),
        ('{"answer": "' + '\\"' + " " * 200, False),
        ('{"answer": "\\\\"' + " " * 41, True),
        (" " * 30 + "{" + " " * 30, False),
        ('"' + "x" * 500, False),
        ("", False),
    ],
)
def test_more_than_forty_outside_of_a_string_are_too_many_however_they_are_cut(text: str, many: bool) -> None:
    for size in (1, 3, 1000):
        blanks = Blanks()
        for start in range(0, len(text), size):
            blanks.feed(text[start : start + size])
        assert blanks.too_many is many


@given(st.recursive(st.text() | st.integers() | st.booleans() | st.none(), lambda inside: st.lists(inside, max_size=3)
                    | st.dictionaries(st.text(), inside, max_size=3), max_leaves=10))  # fmt: skip
def test_no_form_that_is_written_out_has_too_many(tree: object) -> None:
    assert not Blanks().feed(json.dumps(tree, ensure_ascii=False, indent=2))


async def test_before_the_answer_they_are_a_fault_and_behind_it_the_end() -> None:
    with pytest.raises(Spoiled, match="loop"):
        await Writing(structured=True, known="").read(pieces('{"answer":', "\n" * 41, '"Да."}'))
    assert await behind(', "human": true}' + " " * 41) == ({}, True)
    plain = Writing(structured=False, known="")
    await plain.read(pieces("Да." + " " * 50 + "Нет."))
    assert plain.result()[0].startswith("Да.")
