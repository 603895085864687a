"""The yes that a section begins with is said to a question that it is the answer to."""

import pytest

from app.composing.assent import assents
from app.types import Section

_PARKING = Section(
    id="parking",
    title="Парковка",
    category="x",
    text="Да, у клуба есть своя парковка на 40 мест. Держим место до 3 часов бесплатно.",
    questions=("Есть ли у вас парковка?",),
    keywords=("машина", "стоянка"),
)


@pytest.mark.parametrize(
    ("asked", "yes"),
    [
        ("парковка есть?", True),
        ("парковка есть или нет", True),
        ("машину у клуба поставить можно", True),
        ("на 3 часа место бесплатно дадите?", True),
        ("парковка платная или бесплатная?", False),
        ("сколько мест на парковке", False),
        ("как пройти от парковки", False),
        ("место на 5 часов можно?", False),
        ("парковка с зарядкой Tesla есть?", False),
        ("а бассейн детский крытый работает?", False),
    ],
)
def test_a_yes_answers_what_was_asked(asked: str, yes: bool) -> None:
    assert assents(asked, _PARKING, _PARKING.text) is yes
