"""Who tells an age and asks what is allowed is answered from what age it is, where nothing else answers."""

import pytest

from tests.dialogue.conftest import Customer

FROM_WHAT_AGE = "со скольки лет можно, возраст"


@pytest.mark.parametrize(
    "text",
    [
        "мне 16, лошадь дадите?",
        "сыну 9 лет, пустите на батут?",
        "бабушке 71, можно с нами в поход?",
        "15 жастамын, қайыққа отыруға бола ма?",
        "I'm 17, can I take the boat?",
    ],
)
def test_an_age_is_looked_up_where_nothing_else_answers(dialogue, text):
    step = Customer(dialogue).says(text)
    assert step.wider == FROM_WHAT_AGE
    assert step.query != FROM_WHAT_AGE


@pytest.mark.parametrize(
    "text",
    ["лошадь на 2 часа дадите?", "через 5 лет гарантия кончится?", "мне 2 лодки дадите?", "мне 150 штук отдадите?"],
)
def test_other_numbers_are_none(dialogue, text):
    assert Customer(dialogue).says(text).wider != FROM_WHAT_AGE
