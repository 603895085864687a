"""What a shop calls by a Latin name is found by it, whatever the rest of the message is typed in."""

import json
from pathlib import Path

import pytest

from app.service.assembly import open_machine
from app.settings import load
from app.turn.process import process
from app.types import Ask, Key

KNOWLEDGE = """
category: sweets
sections:
  - id: kolibri
    title: Подарочный набор Kolibri
    text: "Набор Kolibri — двенадцать трюфелей в коробке. Стоит 7 500 ₸."
    facts: [{name: Набор Kolibri, amount: 7500, currency: KZT}]
  - id: gulder
    title: Букет Gulder
    text: "Букет Gulder собираем из девяти роз, 12 000 ₸."
    facts: [{name: Букет Gulder, amount: 12000, currency: KZT}]
  - id: delivery
    title: Доставка
    text: "Доставим по городу за два часа, 1 500 ₸."
    facts: [{name: Доставка, amount: 1500, currency: KZT}]
  - {id: hours, title: Часы работы, text: Работаем с девяти до девяти.}
"""
ASKED = {
    "kolibri": ("сколько стоит kolibri", "а kolibri есть у вас?", "что входит в kolibri?", "kansha turady kolibri"),
    "gulder": ("Сколько стоит Gulder?", "skolko stoit gulder", "gulder завтра будет?"),
    "delivery": ("dostavka est?",),
}


@pytest.mark.parametrize("section", ASKED)
async def test_a_latin_name_is_found(tmp_path: Path, section: str) -> None:
    shop = tmp_path / "kb"
    shop.mkdir()
    (shop / "shop.yaml").write_text(KNOWLEDGE, "utf-8")
    machine = open_machine(load(environ={}), tmp_path / "data", shop)
    for number, text in enumerate(ASKED[section]):
        ask = Ask(Key("B", f"u{number}"), text, "r", body_hash="1")
        reply = json.loads((await process(ask, machine.bots.default, machine)).body)
        assert section in reply["meta"]["sections"], text
    await machine.close()
