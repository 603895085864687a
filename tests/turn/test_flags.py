"""What an owner may switch off: each flag in both positions, as a customer meets it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from app.service.assembly import open_machine
from app.settings import load
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key
from loadtests.service import ROOT

Talk = Callable[..., Awaitable[list[dict[str, Any]]]]
BOTH = pytest.mark.parametrize("on", [True, False], ids=["on", "off"])


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """talk("tone_analysis", on, *texts): the replies of a new conversation with the flag in that position."""
    opened: dict[tuple[str, bool], Machine] = {}
    users = count()

    async def said(flag: str, on: bool, *texts: str) -> list[dict[str, Any]]:
        if (flag, on) not in opened:
            settings = load(environ={f"FF_{flag}": str(on).lower()})
            opened[flag, on] = open_machine(settings, tmp_path / f"data{len(opened)}", ROOT / "kb")
        machine, key = opened[flag, on], Key("BOT_1", f"customer{next(users)}")
        return [
            json.loads((await process(Ask(key, text, f"r{n}", body_hash=str(n)), machine.bots.default, machine)).body)
            for n, text in enumerate(texts)
        ]

    yield said
    for machine in opened.values():
        await machine.close()


WEARY = ["Ну сколько можно тянуть, я уже злюсь!!!", "Қашанғы күтемін, шаршадым сіздерден!!!"]


@BOTH
async def test_tone_analysis(talk: Talk, on: bool) -> None:
    for text in WEARY:
        (reply,) = await talk("tone_analysis", on, text)
        assert (reply["meta"]["tone"] in ("angry", "annoyed")) is on
        assert (reply["meta"]["reason"] == "frustration") is on


NO_BUYERS = {
    "paid": "Деньги вам перевёл, гляньте, пришли ли",
    "supplier": "Мы шьём фирменные пакеты оптом, хотим предложить вам сотрудничество",
    "applicant": "Ищу подработку, берёте на работу?",
    "auto_reply": "Спасибо за обращение! Сейчас мы не работаем, ответим утром.",
}


@BOTH
async def test_lanes(talk: Talk, on: bool) -> None:
    for lane, text in NO_BUYERS.items():
        (reply,) = await talk("lanes", on, text)
        assert (reply["meta"]["reason"] == lane) is on, lane


HARD = {
    "medical": "У меня после прививки сыпь, чем намазать?",
    "legal": "Подам на вас в суд, ждите повестку",
    "emergency": "У нас пожар, горит склад, помогите!",
    "abuse": "Вы козлы тупые",
    "complaint": "Жалоба: ваш мастер нахамил и ничего не сделал",
    "refund": "Верните мне деньги за тариф",
    "human_wanted": "Соедините с живым менеджером",
}


@pytest.mark.parametrize("flag", ["lanes", "tone_analysis"])
async def test_the_hard_lanes_stay_whatever_is_switched_off(talk: Talk, flag: str) -> None:
    for lane, text in HARD.items():
        (reply,) = await talk(flag, False, text)
        assert reply["meta"]["reason"] == lane
        assert reply["meta"]["action"] in ("handover", "refuse")


@BOTH
async def test_own_questions(talk: Talk, on: bool) -> None:
    texts = ("Здравствуйте", "У нас магазин одежды", "Сколько стоит тариф Рост?")
    replies = await talk("own_questions", on, *texts)
    assert any("?" in reply["answer"] for reply in replies) is on
    assert "14 900" in replies[-1]["answer"]


@BOTH
async def test_who_wants_to_buy_is_asked_how_to_reach_him_all_the_same(talk: Talk, on: bool) -> None:
    for wish in ("Хочу подключить тариф Рост", "Выставьте счёт на тариф Рост", "Хочу купить кассу", "Запишите меня"):
        first, second = await talk("own_questions", on, wish, "+7 701 123 45 67")
        assert first["answer"].count("?") == 1, wish
        assert second["meta"]["action"] == "handover"


@BOTH
async def test_sums(talk: Talk, on: bool) -> None:
    (reply,) = await talk("sums", on, "Сколько выйдет тариф Рост за 3 месяца?")
    assert ("44 700" in reply["answer"]) is on
    assert "14 900" in reply["answer"], "the price itself is a fact"


@BOTH
async def test_a_customers_own_sum_is_judged_by_the_flag(talk: Talk, on: bool) -> None:
    (reply,) = await talk("sums", on, "Тариф Рост на 3 месяца это 50 000 тенге, верно?")
    assert ("44 700" in reply["answer"]) is on


@BOTH
async def test_spelling(talk: Talk, on: bool) -> None:
    (reply,) = await talk("spelling", on, "есть ли скаенр?")
    assert bool(reply["meta"]["sections"]) is on


@BOTH
async def test_query_context(tmp_path: Path, on: bool) -> None:
    machine = open_machine(load(environ={"FF_query_context": str(on)}), tmp_path / "data", ROOT / "kb")
    found = await machine.bots.default.knowledge.find(
        "сколько он стоит?", top_k=3, today=date(2026, 6, 1), previous="Принтер чеков есть?"
    )
    assert (found.passages[0].section.id == "hardware_receipt_printers") is on
    await machine.close()


@BOTH
async def test_timings(talk: Talk, on: bool) -> None:
    (reply,) = await talk("timings", on, "Здравствуйте")
    assert bool(reply["meta"].get("timings")) is on
