"""A time that only the customer named is a wish: it may be passed on, and nobody of ours is promised for it."""

import pytest

from app.guardrail import Context, check
from app.types import Language, Passage, Section

HOURS = Section(id="hours", category="c", title="Часы", text="Мастерская работает с 10:00 до 19:00.")


def ok(draft: str, said: str, language: Language = "ru") -> bool:
    return check(draft, Context(passages=(Passage(HOURS, 1.0),), customer=(said,), language=language)).ok


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        ("наберите меня в 16:30", "Хорошо, мастер позвонит вам в 16:30."),
        ("заберите велосипед сегодня в 8:15", "Да, курьер приедет в 8:15."),
        ("напишите мне в 21:00", "В 21:00 вам напишет мастер."),
        ("можно к 7:30?", "Ждём вас в 7:30."),
    ],
)
def test_nobody_is_promised_for_a_time_of_the_customers(said: str, draft: str) -> None:
    assert not ok(draft, said)


def test_in_english_neither() -> None:
    assert not ok("Sure, the mechanic will call you at 16:30.", "call me at 16:30", "en")
    assert ok("We pass on that you asked for a call at 16:30.", "call me at 16:30", "en")


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        ("наберите меня в 16:30", "Передадим мастеру, что вам удобно в 16:30."),
        ("наберите меня в 16:30", "Вы просили звонок в 16:30, пожелание передадим."),
        ("наберите меня в 16:30", "Обещать, что мастер позвонит в 16:30, не можем."),
        ("наберите меня в 16:30", "В 16:30 мы работаем: открыты с 10:00 до 19:00."),
        ("вы открыты в 10:00?", "Да, ждём вас с 10:00."),
    ],
)
def test_a_wish_is_passed_on_and_a_section_s_own_time_may_be_said(said: str, draft: str) -> None:
    assert ok(draft, said)


STAY = Section(
    id="stay",
    category="c",
    title="Часы",
    text="Заезд с 14:00 до 22:00, выезд до 12:00. Кухня готовит до 20:00, в воскресенье до 18:00. Ранний заезд с 9:00.",
)


def stay(draft: str) -> bool:
    return check(draft, Context(passages=(Passage(STAY, 1.0),), customer=("во сколько у вас что?",))).ok


@pytest.mark.parametrize(
    "draft",
    [
        "Заезд с 14:00, выезд до 12:00.",
        "Выезд у нас до 12:00, а заезд с 14:00.",
        "Ранний заезд возможен с 9:00.",
        "Кухня в воскресенье готовит до 18:00.",
        "Приехать можно с 14:00.",
    ],
)
def test_what_a_section_gives_hours_for_has_them(draft: str) -> None:
    assert stay(draft)


@pytest.mark.parametrize(
    "draft", ["Выезд до 14:00.", "Кухня у нас работает до 22:00.", "Выезд у нас до 22:00, не спешите."]
)
def test_the_hours_of_something_else_are_not_its_own(draft: str) -> None:
    assert not stay(draft)
