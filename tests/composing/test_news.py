"""Bad news is told from good, in each language; a yes to another question and a request are taken off."""

from typing import Any

import pytest

from app.composing.news import bad, elsewhere, unaffirmed, unrequested
from app.types import Deciding, DialogueState, Language, Passage, Prompt, Section, Step


def passage(text: str, language: Language = "ru", score: float = 5) -> Passage:
    return Passage(Section(id=text, text=text, category="c", title="Лодка", language=language), score)


def is_bad(*passages: Passage, deciding: tuple[Deciding, ...] = (), **step: Any) -> bool:
    first = Step("answer", "feature", DialogueState(), **{"query": "лодка", **step})
    return bad(Prompt(first, passages, (), "лодка", deciding=deciding))


@pytest.mark.parametrize(
    "text",
    [
        "Лодка не подойдёт для моря.",
        "К сожалению, лодок нет!",
        "У нас нет лодок. Есть вёсла.",
        "Лодку нельзя. Ждём.",
        "НЕ ПРОДАЁМ лодки",
        "Лодки\nне доставляем",
        "Өкінішке орай, қайық жоқ.",
        "Бізде жоқ қайық.",
        "Unfortunately, boats are out.",
        "We don't sell boats.",
        "Boats are not available? Yes.",
    ],
)
def test_a_section_that_says_no_is_bad_news(text: str) -> None:
    assert is_bad(passage(text))


@pytest.mark.parametrize(
    "text",
    [
        "Лодка есть. К сожалению, без вёсел.",
        "Лодку бережём! Нельзя без жилета.",
        "Boats are here.",
        "Донельзя хорошая лодка",
    ],
)
def test_one_that_says_yes_first_is_good_news(text: str) -> None:
    assert not is_bad(passage(text))


def test_what_decides_and_what_was_not_found_are_news_too() -> None:
    good, no = passage("Лодка есть."), passage("Лодок у нас нет.")
    assert not is_bad(query=None, fallback="Не нашли.")
    assert not is_bad(no, query=None)
    assert is_bad(fallback="Не нашли.")
    assert not is_bad(), "nothing to say of it"
    assert is_bad(good, deciding=(Deciding("not_known", "Не знаем."),))
    assert is_bad(good, deciding=(Deciding("not_ours", "Не продаём."),))
    assert is_bad(good, deciding=(Deciding("price", "500 ₸"), Deciding("yes_no", "Нет.", value=False)))
    assert not is_bad(no, deciding=(Deciding("yes_no", "Да.", value=True),))
    assert not is_bad(no, deciding=(Deciding("price", "500 ₸"),))
    assert not is_bad(good, passage("Нельзя.", score=1)), "what is said is the first"
    assert is_bad(no, passage("Лодка есть.", score=1))


@pytest.mark.parametrize(
    ("section", "reader", "said"),
    [
        ("kk", "ru", "казахском"),
        ("en", "ru", "английском"),
        ("ru", "kk", "орысша"),
        ("en", "kk", "ағылшынша"),
        ("ru", "en", "Russian"),
        ("kk", "en", "Kazakh"),
    ],
)
def test_who_reads_another_language_is_told_which(section: Language, reader: Language, said: str) -> None:
    assert said in elsewhere(passage("x", section).section, reader)
    assert elsewhere(passage("x", reader).section, reader) == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Да, лодки чиним.", "Лодки чиним."),
        ("ИӘ, бар.", "Бар."),
        ("Yes, we do, gladly.", "We do, gladly."),
        ("Конечно ,  чиним", "Чиним"),
        ("Да. Чиним, и быстро.", "Да. Чиним, и быстро."),
        ("Лодки, да, чиним.", "Лодки, да, чиним."),
        ("Да", "Да"),
    ],
)
def test_a_yes_to_another_question_is_taken_off(text: str, wanted: str) -> None:
    assert unaffirmed(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Лодка 500 ₸. Напишите, сколько вас.", "Лодка 500 ₸."),
        ("Укажите. Лодка 1.5 часа! Назовите день", "Лодка 1.5 часа!"),
        ("Қайық бар. Нешеу екеніңізді жазыңыз.", "Қайық бар."),
        ("Қайық бар. Күнін айтсаңыз, дайындаймыз.", "Қайық бар."),
        ("Boats are here. Tell us when.", "Boats are here."),
        ("Напишите.", "Напишите."),
        ("Мы напишите-ка не говорим. Есть.", "Мы напишите-ка не говорим. Есть."),
    ],
)
def test_a_request_to_write_is_taken_off_where_something_else_is_said(text: str, wanted: str) -> None:
    assert unrequested(text) == wanted
