"""The packet for a person says as many shops as the sum counts."""

import json

import pytest

from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key

NUMBER = "мой номер 8 701 222 11 00"


@pytest.mark.parametrize(
    ("texts", "shops"),
    [
        ((f"два магазина на Росте и один на Старте, {NUMBER}",), "3"),
        (("у нас два магазина", f"два магазина на Росте, один на Старте. {NUMBER}"), "3"),
        ((f"два магазина на Росте, {NUMBER}",), "2"),
    ],
)
async def test_shops_on_several_plans_are_all_of_them(
    bot: Bot, machine: Machine, texts: tuple[str, ...], shops: str
) -> None:
    for number, text in enumerate(texts):
        reply = await process(Ask(Key("BOT", "7701"), text, f"r{number}"), bot, machine)
    packet = json.loads(reply.body)["meta"]["handover"]
    assert packet["slots"]["shops"] == shops
    assert f"магазинов: {shops}" in packet["summary"]
