"""A customer's own thing is no thing of ours: it is neither counted nor priced."""

import pytest

from app.figures.talk.rejecting import owned
from tests.figures.conftest import shop


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("монитор большой свой, подойдёт?", ["монитор большой"]),
        ("монитор большой и монитор малый свои", ["монитор большой", "монитор малый"]),
        ("со своим монитором большим можно", ["монитором большим"]),
        ("мой монитор большой подключите?", ["монитор большой"]),
        ("I bring my own Монитор большой", ["Монитор большой"]),
        ("монитор большой сколько, зал свой", []),
        ("монитор большой. Свои люди", []),
        ("сколько стоит монитор большой", []),
    ],
)
def test_what_is_said_to_be_his_own(text: str, names: list[str]) -> None:
    named = shop("coworking").catalogue.named(text)
    assert [text[named[place].start : named[place].end] for place in sorted(owned(text, named))] == names
