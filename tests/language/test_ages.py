"""Ages that people tell, and the ages that a sentence is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.language.ages import bands, told


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("сыну 8, какие группы?", (8,)),
        ("мне 27, группа вечером", (27,)),
        ("мне 19 лет", (19,)),
        ("дочке 14 уже", (14,)),
        ("нам скоро 6 лет", ()),
        ("двое детей 8 и 11 лет", (8, 11)),
        ("девочке 12, а второму 15", (12, 15)),
        ("балам 9 жаста", (9,)),
        ("екі балам бар 9 бен 12 жаста", (9, 12)),
        ("25 жастамын", (25,)),
        ("my daughter is 5", (5,)),
        ("I'm 17, can I?", (17,)),
        ("im 22", (22,)),
        ("ребёнок 4 года", (4,)),
        ("мне 2 лодки", ()),
        ("мне 2 абонемента на год", ()),
        ("работаем 6 лет", ()),
        ("сын набрал 65 процентов", ()),
        ("на 3 месяца", ()),
        ("мне 8 700 ₸ хватит", ()),
        ("", ()),
    ],
)
def test_whose_age_is_told(text: str, ages: tuple[int, ...]) -> None:
    assert told(text) == ages


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Группа для детей 7–13 лет стоит 26 000 ₸.", [(7, 13)]),
        ("Для подростков и взрослых, с 14 лет, 32 000 ₸.", [(14, 120)]),
        ("Берём от 5 до 12 лет.", [(5, 12)]),
        ("Младше 7 лет не берём.", [(0, 6)]),
        ("Детям до 12 лет вход за полцены.", [(0, 12)]),
        ("В 14 и 15 лет только с тренером.", [(14, 15)]),
        ("Старше 60 лет скидка.", [(60, 120)]),
        ("Балалар тобына 7 жастан 13 жасқа дейін аламыз.", [(7, 13)]),
        ("12 жасқа дейін тегін.", [(0, 12)]),
        ("16 жастан жоғары.", [(16, 120)]),
        ("From 14 years up.", [(14, 120)]),
        ("Aged 7 to 13 years.", [(7, 13)]),
        ("Under 12 years it is free.", [(0, 11)]),
        ("Работаем с 9:00 до 18:30.", []),
        ("Скидка от 5 человек.", []),
        ("Гарантия 2 года.", []),
        ("Договор с 15 мая.", []),
    ],
)
def test_for_which_ages_a_sentence_is(text: str, found: list[tuple[int, int]]) -> None:
    assert [(band.least, band.most) for band in bands(text)] == found


@given(st.text(alphabet="0123456789 летсдотожаm.,–ye", max_size=60))
def test_any_text_is_read_and_no_band_is_turned_round(text: str) -> None:
    assert all(0 <= age < 100 for age in told(text))
    assert all(0 <= band.most <= 120 and band.place >= 0 for band in bands(text))
