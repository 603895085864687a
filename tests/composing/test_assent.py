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


_OWN_BOAT = Section(
    id="boat",
    title="Своя лодка",
    category="x",
    text="Да, можно прийти со своей лодкой, у пирса есть место. Спуск на воду платный.",
    questions=("Можно со своей лодкой?",),
    keywords=("лодка", "пирс"),
)


@pytest.mark.parametrize(
    ("asked", "yes"),
    [
        ("со своей лодкой можно?", True),
        ("нужна ли своя лодка?", False),
        ("своя лодка обязательна?", False),
        ("лодка у пирса платная?", False),
    ],
)
def test_a_yes_to_what_may_be_is_none_to_what_must_be_or_costs(asked: str, yes: bool) -> None:
    assert assents(asked, _OWN_BOAT, _OWN_BOAT.text) is yes
