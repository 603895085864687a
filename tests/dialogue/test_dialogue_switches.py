"""What may be switched off in a dialogue: the promises of any conversation hold in every position."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dialogue import Dialogue
from app.dialogue.flow.load import load_flows
from app.dialogue.switches import ALL_ON, Switches
from app.types import DialogueState, Tone
from tests.dialogue.conftest import Customer
from tests.dialogue.test_dialogue_engine import TALKS, reloaded
from tests.thrift import most

UPSET = "Да сколько можно, надоели уже!!!"
OFF = Switches(tone=False, lanes=False, questions=False)
POSITIONS = [Switches(tone, lanes, asks) for tone in (True, False) for lanes in (True, False) for asks in (True, False)]
DIALOGUES = {switches: Dialogue.load(switches=switches) for switches in POSITIONS}


def test_all_is_on_where_nobody_says_otherwise(dialogue: Dialogue) -> None:
    assert dialogue.switches == ALL_ON == Switches()
    assert ALL_ON.unheard == frozenset()


@settings(max_examples=most(60), deadline=None)
@given(texts=TALKS, flow=st.sampled_from(sorted(load_flows())), switches=st.sampled_from(POSITIONS))
def test_the_promises_of_any_conversation(texts: list[str], flow: str, switches: Switches) -> None:
    customer = Customer(DIALOGUES[switches], DialogueState(flow=flow))
    for text in texts:
        step = customer.says(text)
        assert step.statement or step.query or step.question
        assert (step.action == "ask") <= (step.question is not None)
        assert step.state == reloaded(step.state)
        assert switches.unheard.isdisjoint(step.intents)
        if not switches.tone:
            assert step.tone == "neutral"
        if not switches.questions and step.question:
            assert step.state.pending is not None
            assert step.state.pending.slot == "contact"


@settings(max_examples=most(60), deadline=None)
@given(texts=TALKS)
def test_who_is_calm_and_buys_notices_nothing_of_tone_and_lanes(texts: list[str]) -> None:
    on, off = Customer(DIALOGUES[ALL_ON]), Customer(DIALOGUES[Switches(tone=False, lanes=False)])
    steps = [(on.says(text), off.says(text)) for text in texts]
    unheard = OFF.unheard
    if all(unheard.isdisjoint(one.intents) for one, _ in steps):
        spoken = [[(s.action, s.reason, s.greeting, s.statement, s.query, s.question) for s in pair] for pair in steps]
        assert all(one == other for one, other in spoken)


@pytest.mark.parametrize(("switches", "tone"), [(ALL_ON, "angry"), (OFF, "neutral")])
def test_a_person_who_takes_over_is_told_of_the_tone_that_was_heard(switches: Switches, tone: Tone) -> None:
    customer = Customer(DIALOGUES[switches])
    step = customer.says("Жалоба! Вы меня достали!!! Позовите менеджера")
    assert (step.action, step.tone) == ("handover", tone)
    assert step.handover
    assert ("рассержен" in step.handover.summary) is (tone == "angry")


def test_a_soft_lane_is_left_when_it_is_switched_off_and_a_hard_one_is_not() -> None:
    for lane, stays in (("paid", False), ("medical", True)):
        state = DialogueState(flow="spin_selling", turns=3, lane=lane, handed_over=True, said=("greeting",))
        customer = Customer(DIALOGUES[Switches(lanes=False)], state)
        customer.says("вот")
        assert (customer.state.lane == lane) is stays


def test_an_upset_customer_is_answered_calmly_or_as_anybody() -> None:
    calm = Customer(DIALOGUES[ALL_ON]).says(UPSET)
    plain = Customer(DIALOGUES[Switches(tone=False)]).says(UPSET)
    assert (calm.reason, calm.question) == ("frustration", None)
    assert plain.reason != "frustration"
    assert calm.statement not in (None, plain.statement)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Это жалоба, примите меры", "complaint"),
        ("верните деньги", "refund"),
        ("позовите человека", "human_wanted"),
        ("шағымым бар, шара қолданыңыз", "complaint"),
        ("I want to make a complaint about your shop", "complaint"),
    ],
)
def test_who_needs_a_person_gets_one_also_where_lanes_are_left_out(text: str, reason: str) -> None:
    for switches in (ALL_ON, Switches(lanes=False), OFF):
        step = Customer(DIALOGUES[switches]).says(text)
        assert (step.action, step.reason) == ("handover", reason), switches
