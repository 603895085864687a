"""Harmless repairs: what is taken away or tidied, what stays, and where findings point in the draft as it came."""

from dataclasses import replace

import pytest

from app.guardrail import Context, check, explain
from app.types import Language
from tests.guardrail.sample import in_shop

NONE = in_shop(())


def repaired(draft: str, context: Context = NONE) -> str:
    verdict = check(draft, context)
    assert verdict.ok, explain(verdict, draft)
    return verdict.text


@pytest.mark.parametrize(
    ("name", "draft", "text"),
    [
        ("thoughts", "<think>Клиент спросил про кассу.</think>Касса есть.", "Касса есть."),
        ("thoughts", "Надо ответить коротко.</think>\n\nКасса есть.", "Касса есть."),
        ("thoughts", "Касса есть.<think>а ещё", "Касса есть."),
        ("marks", "<|im_start|>assistant\nКасса есть.<|im_end|>", "Касса есть."),
        ("marks", "Ка\u200bсса\ufeff есть.", "Касса есть."),
        ("role", "Ассистент: Касса есть.", "Касса есть."),
        ("role", "assistant: Касса есть.", "Касса есть."),
        ("markdown", "**Касса** есть, `чек` тоже.", "Касса есть, чек тоже."),
        ("markdown", "## Касса\nОна *есть*.", "Касса\nОна есть."),
        ("markdown", "- касса\n- чек", "• касса\n• чек"),
        ("markdown", "| Касса | есть |\n|---|---|\n| Чек | тоже |", "Касса — есть\nЧек — тоже"),
        ("markdown", "Смотрите [наш сайт](https://example.kz/a).", "Смотрите наш сайт https://example.kz/a."),
        ("spaces", "  Касса   есть .\n\n\n\nЧек тоже.  ", "Касса есть.\n\nЧек тоже."),
        ("markdown", "Касса есть, и ~~чек~~ бланк тоже.", "Касса есть, и чек бланк тоже."),
        ("markdown", "__Касса__ есть.", "Касса есть."),
        ("markdown", "> Касса есть.", "Касса есть."),
        ("markdown", "```\nКасса есть.\n```", "Касса есть."),
        ("markdown", "---\nКасса есть.", "Касса есть."),
        ("markdown", "<br>Касса<br/>есть.", "Касса\nесть."),
        ("markdown", "![касса](https://a.kz/x.png) Касса есть.", "Касса есть."),
        ("spaces", "Касса есть!!!", "Касса есть!"),
        ("spaces", "Касса есть?!", "Касса есть?"),
        ("spaces", "Хорошо.. Касса есть.", "Хорошо. Касса есть."),
        ("spaces", "Хорошо.... Касса есть.", "Хорошо… Касса есть."),
        ("spaces", "Касса есть , да !", "Касса есть, да!"),
        ("doubled", "Есть. Есть.", "Есть."),
        ("unfinished", "Касса есть. Чек тоже (скоро", "Касса есть."),
        ("doubled", "Касса есть. Чек тоже. Касса есть.", "Касса есть. Чек тоже."),
        ("questions", "Есть ли касса? Касса есть. Какой у вас магазин?", "Касса есть. Какой у вас магазин?"),
        ("unfinished", "Касса есть. Чек тоже. И ещё можно подключить «Скл", "Касса есть. Чек тоже."),
        ("unfinished", "Касса есть. Чек печатается на", "Касса есть."),
        ("greeting", "Здравствуйте! Добрый день! Касса есть.", "Здравствуйте! Касса есть."),
    ],
)
def test_a_repair_takes_away_what_is_no_answer(name: str, draft: str, text: str) -> None:
    verdict = check(draft, replace(NONE, contacts=frozenset({"example.kz/a"})))

    assert (verdict.ok, verdict.text) == (True, text)
    assert name in verdict.repairs


@pytest.mark.parametrize(
    "text",
    [
        "Касса есть.",
        "Касса есть, цена за 2 * 3 не меняется",
        "Да, есть.\nНапишите нам",
        "Здравствуйте! Какой у вас магазин?",
        "Касса есть. Здравствуйте, как дела? Сколько у вас касс?",
        "Касса есть. «Сколько касс?» Спросите себя: сколько?",
        "Да. Да. Касса есть.",
        "Нет. Касса есть. Нет.",
        "Сәлеметсіз бе!",
    ],
)
def test_what_needs_no_repair_stays_as_it_is(text: str) -> None:
    language: Language = "kk" if text.startswith("С") else "ru"
    verdict = check(text, in_shop((), language=language))

    assert (verdict.text, verdict.repairs) == (text, ())


@pytest.mark.parametrize(
    "draft", ["Здравствуйте! Касса есть.", "Добрый день, Айгуль! касса есть.", "Привет, касса есть."]
)
def test_a_greeting_is_not_said_twice_in_a_conversation(draft: str) -> None:
    assert repaired(draft, in_shop((), greeted=True)) == "Касса есть."


@pytest.mark.parametrize("draft", ["Здравствуйте!", "Здравствуйте! 👋", "Здравствуйте Касса есть."])
def test_a_greeting_stays_where_nothing_else_is_said_or_it_is_none_of_its_own(draft: str) -> None:
    assert repaired(draft, in_shop((), greeted=True)) == draft


@pytest.mark.parametrize(("length", "broken"), [(200, False), (201, True)])
def test_a_sentence_longer_than_a_piece_is_given_a_break(length: int, broken: bool) -> None:
    draft = ("К" + "асса работает, " * 40)[: length - 1].rstrip().ljust(length - 1, "а") + "."
    pieces = repaired(draft).split("\n")
    assert (len(pieces) > 1) is broken
    assert all(len(piece) <= 200 for piece in pieces)


def test_a_long_sentence_is_broken_behind_a_mark_and_not_before_a_capital() -> None:
    draft = "Касса печатает чеки и считает деньги; " + "она работает в магазине на складе и в пути " * 5 + "везде."
    first = repaired(draft).split("\n")[0]
    assert first == "Касса печатает чеки и считает деньги;" or len(first) > 40
    names = "Касса " + "Москва Алматы Павлодар Семей Шымкент Костанай " * 6 + "везде."
    assert "\n" not in repaired(names)[: names.index("везде") - 1]


def test_the_dialogues_own_greeting_stays() -> None:
    draft = "Добрый день! Касса есть."

    assert repaired(draft, in_shop((), greeted=True, own=("Добрый день!",))) == draft


def test_the_flows_own_question_is_the_one_that_stays() -> None:
    draft = "Касса есть. Сколько у вас касс? Рассказать подробнее?"

    assert repaired(draft, in_shop((), own=("Сколько у вас касс?",))) == "Касса есть. Сколько у вас касс?"


def test_a_lone_question_is_never_dropped() -> None:
    assert repaired("Сколько у вас касс?") == "Сколько у вас касс?"


def test_own_texts_are_allowed_whatever_they_say() -> None:
    own = "Мы открыты с 08:00 до 23:00 и дарим всем кофе бесплатно."

    assert not check(own, NONE).ok
    assert check(own, in_shop((), own=(own,))).ok


def test_a_finding_points_into_the_draft_as_it_came() -> None:
    draft = "<think>сколько же</think>**Касса** стоит  10 000 ₸."
    verdict = check(draft, NONE)

    assert [draft[f.start : f.end] for f in verdict.findings] == ["10 000 ₸"]
    assert "[10 000 ₸]" in explain(verdict, draft)


def test_the_same_answer_may_be_given_when_it_is_asked_for_again() -> None:
    said = "Касса продаёт без интернета и всё сохраняет."
    before = in_shop((), earlier=(said,), customer=("работает ли касса без интернета", "а чек?"))
    again = in_shop(
        (), earlier=(said,), customer=("работает ли касса без интернета", "так работает касса без интернета?")
    )

    assert not check(said, before).ok
    assert check(said, again).ok
    assert check(said, in_shop((), earlier=(said,), customer=("повторите пожалуйста",))).ok
