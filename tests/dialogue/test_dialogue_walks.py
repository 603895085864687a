"""Whole conversations, turn by turn: what is decided, searched, asked and remembered. The conversations are data."""

from pathlib import Path

import pytest

from app.dialogue import Dialogue
from app.types import Step
from tests.dialogue.conftest import Customer
from tests.thrift import parsed

ROWS = parsed((Path(__file__).parent / "cases" / "walks.yaml").read_text("utf-8"))
FLAGS = ("closed", "paused", "priced", "handed_over", "off_topic")


def shown(step: Step, text: str) -> str:
    """What a step decides, in a line; what is as it usually is stands in none."""
    state = step.state
    told = {
        "topic": step.topic,
        "lane": state.lane,
        "in": step.language if step.language != "ru" else "",
        "heard": step.heard if step.heard != step.language else "",
        "tone": step.tone if step.tone != "neutral" else "",
        "search": step.query,
        "each": " / ".join(step.queries),
        "wider": step.wider if step.wider != step.query else "",
        "without": " / ".join(step.without),
        "counted": step.counted if step.counted != text else "",
        "asks": state.pending.slot if state.pending and step.question else "",
        "slots": " ".join(f"{name}={value}" for name, value in state.slots.items()),
        "flow": state.flow if state.flow != "spin_selling" else "",
        "stage": state.stage,
        "said": "greeting" if step.greeting else "",
        "does": " ".join(name for name in FLAGS if getattr(state, name)),
        "intents": " ".join(step.intents),
    }
    return "; ".join((f"{step.action} {step.reason}", *(f"{name}: {what}" for name, what in told.items() if what)))


@pytest.mark.parametrize("talk", ROWS["talks"], ids=lambda talk: talk[0][0])
def test_a_conversation(dialogue: Dialogue, talk: list[list[str]]) -> None:
    customer = Customer(dialogue)
    for text, expected in talk:
        assert shown(customer.says(text), text) == expected


@pytest.mark.parametrize(("text", "expected"), ROWS["firsts"], ids=lambda each: each[:40])
def test_a_first_message(dialogue: Dialogue, text: str, expected: str) -> None:
    assert shown(Customer(dialogue).says(text), text) == expected


def test_every_turn_leaves_its_number_its_time_and_what_was_done(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    for number, text in enumerate(("здравствуйте", "сколько стоит Рост", "позовите человека", "какая погода"), 1):
        now = customer.now
        step = customer.says(text)
        assert (step.state.turns, step.state.seen_at) == (number, now.timestamp())
        assert step.state.last_action == step.action
    assert customer.state.off_topic is (customer.steps[-1].reason == "off_topic")
    assert customer.state.handed_over, "who was handed over stays so"
    asked = [step.state.pending.slot for step in customer.steps if step.question and step.state.pending]
    assert {slot: asked.count(slot) for slot in asked} == dict(customer.state.asked)
