"""Claims without a figure: whoever names somebody or something that nothing of ours names, says it of himself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.guardrail import Context, check, known_words
from app.types import Language, Passage, Section

BAKERY = (
    Section(id="bread", category="c", title="Хлеб", text="Печём ржаной и пшеничный хлеб на закваске каждое утро."),
    Section(id="where", category="c", title="Адрес", text="Пекарня в Алматы, на улице Жибек Жолы. Вход со двора."),
    Section(id="pay", category="c", title="Оплата", text="Принимаем карты и переводы через Kaspi."),
    Section(id="bring", category="c", title="Доставка", text="Возим по Алматы и Талгару, курьер звонит заранее."),
)
CONTEXT = Context(passages=tuple(Passage(each, 1.0) for each in BAKERY[:2]), known=known_words(BAKERY))


def found(draft: str, *customer: str, language: Language = "ru", context: Context = CONTEXT) -> list[str]:
    verdict = check(draft, replace(context, customer=customer, language=language))
    return [finding.detail for finding in verdict.findings if finding.check == "claim"]


@pytest.mark.parametrize(
    ("draft", "language", "name"),
    [
        ("Печёт у нас Серик Оспанов, он учился во Франции.", "ru", "Серик"),
        ("Пекарня стоит на Абылай хана, вход со двора.", "ru", "Абылай"),
        ("Оплатить можно картой или через Halyk.", "ru", "Halyk"),
        ("Не переживайте, хлеб замешивает Гульнара.", "ru", "Гульнара"),
        ("Наубайхана Алматыда, оны Дәурен ашқан.", "kk", "Дәурен"),
        ("Our bread is baked by Daniyar every morning.", "en", "Daniyar"),
    ],
)
def test_a_name_that_nothing_gives_is_refused(draft: str, language: Language, name: str) -> None:
    (detail,) = found(draft, "расскажите о пекарне", language=language)
    assert name in detail


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("Пекарня в Алматы, на Жибек Жолы.", "ru"),
        ("Возим по Алматы и в Талгар.", "ru"),
        ("Принимаем карты и Каспи.", "ru"),
        ("The bakery is in Almaty, on Zhibek Zholy street.", "en"),
        ("Төлемді Kaspi арқылы аламыз.", "kk"),
        ("По Алматы: возим. Курьер позвонит.", "ru"),
        ("Хлеб печём утром. Заходите!", "ru"),
    ],
)
def test_what_the_knowledge_names_may_be_named_in_either_alphabet_and_any_form(draft: str, language: Language) -> None:
    assert found(draft, "где вы?", language=language) == []


def test_the_customers_own_name_is_said_back_and_not_promised() -> None:
    asked = "а Wolt у вас есть?"
    assert found("Про Wolt уточню и вернусь к вам.", asked) == []
    assert found("С Wolt мы не работаем.", asked) == []
    assert found("Понимаю, Wolt удобен, а у нас свой курьер.", asked) == []
    assert found("Да, Wolt привезёт наш хлеб.", asked) != []


@pytest.mark.parametrize(
    ("draft", "asked", "refused"),
    [
        ("Да, испечём для вас.", "безглютеновый делаете?", True),
        ("Да, бесплатно привозим.", "а круассаны бывают?", True),
        ("Да, хлеб на закваске.", "хлеб на закваске?", False),
        ("Да, любой оплатой можно.", "а криптовалютой?", False),
        ("Да, понимаю вас, но такого не печём.", "безглютеновый делаете?", False),
        ("Конечно, уточню у пекаря.", "безглютеновый делаете?", False),
        ("Да, заходите!", "можно сегодня зайти?", False),
    ],
)
def test_a_yes_is_to_something_that_the_knowledge_knows(draft: str, asked: str, refused: bool) -> None:
    assert bool(found(draft, asked)) is refused


def test_what_the_dialogue_or_an_earlier_answer_said_is_ours() -> None:
    own = replace(CONTEXT, own=("Вас услышит Жанна.",))
    assert found("Спасибо! Вас услышит Жанна.", "позовите человека", context=own) == []
    earlier = replace(CONTEXT, earlier=("Пекаря зовут Серик.",))
    assert found("Как я писал, его зовут Серик.", "как зовут?", context=earlier) == []


def test_without_the_knowledge_as_a_whole_nothing_is_judged() -> None:
    assert found("Печёт у нас Серик.", "кто печёт?", context=replace(CONTEXT, known=None)) == []


@given(st.text(max_size=300), st.text(max_size=100))
def test_no_text_breaks_it(draft: str, asked: str) -> None:
    assert len(found(draft, asked)) <= 1
