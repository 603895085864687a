"""Whole turns of the sample shop, word for word, by the embedded backend: what is read, decided, found, counted and said."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.reading.prefix import split_media
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key
from tests.thrift import parsed

NOON = datetime(2026, 3, 4, 7, tzinfo=UTC)
"""A Wednesday, in Almaty."""
TALKS: list[list[dict[str, Any]]] = parsed(Path(__file__).with_name("answers.yaml").read_text("utf-8"))


async def test_what_customers_get(bot: Bot, machine: Machine) -> None:
    """One machine for all of them: to open it takes longer than they do. At noon: what is said of hours is the same."""
    machine = replace(machine, clock=lambda: NOON)
    for talk in TALKS:
        key = Key("B", talk[0]["asks"])
        for number, turn in enumerate(talk):
            media, text = split_media(turn["asks"])
            reply = await process(Ask(key, text, f"r{number}", media=media, time_of_day="day"), bot, machine)
            meta = reply.meta
            assert (turn["asks"], reply.answer) == (turn["asks"], turn["gets"])
            assert (turn["asks"], f"{meta.action} {meta.reason}", meta.language) == (
                turn["asks"],
                turn["why"],
                turn["in"],
            )
            assert (list(meta.sections), meta.topic) == (turn.get("of", []), turn.get("topic")), turn["asks"]
            assert meta.kb_used is bool(meta.sections), turn["asks"]
