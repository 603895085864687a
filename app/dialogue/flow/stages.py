"""What to ask next: the flow's stages walked by what is known, asked, and not wished to be said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.dialogue.flow.model import MAX_ASKED, ByLanguage, Flow, Stage
from app.types import DialogueState, Language


@dataclass(frozen=True, slots=True)
class Move:
    """Where the conversation stands. `slot` is to be asked for (None: nothing); `entered` are the stages reached."""

    stage: str
    slot: str | None
    entered: tuple[str, ...] = ()


def move(flow: Flow, state: DialogueState, intents: tuple[str, ...], avoid: str | None, prefer: str = "") -> Move:
    """Walk the stages to the next thing worth asking.

    `avoid`, asked for and ignored, rests for this turn; `prefer` is asked for now, wherever it stands, if it may be.
    """
    stage = flow.stages[state.stage if state.stage in flow.stages else flow.first]
    entered: list[str] = [] if state.stage == stage.name else [stage.name]
    if prefer and askable(flow, state, prefer):
        home = next((s for s in (stage, *flow.stages.values()) if prefer in s.slots), None)
        if home is not None:
            return Move(home.name, prefer, tuple(entered))
    for transition in flow.anywhere:
        if transition.to != stage.name and flow.holds(transition.when, state.slots, state.asked, intents):
            stage = flow.stages[transition.to]
            entered.append(stage.name)
            break
    if flow.goals and flow.is_goal(stage):
        goal = choose(flow, state, intents, avoid)
        if goal is None and _waits(flow, state, avoid):
            return Move(stage.name, None, tuple(entered))
        stage = goal or flow.stages[flow.goals.closing]
        if stage.name != state.stage and stage.name not in entered:
            entered.append(stage.name)
    for _ in range(len(flow.stages)):
        open_slots = [slot for slot in stage.slots if askable(flow, state, slot)]
        ready = [slot for slot in open_slots if slot != avoid]
        if ready:
            return Move(stage.name, ready[0], tuple(entered))
        if open_slots or stage.final:
            break
        following = next(
            (t.to for t in stage.transitions if flow.holds(t.when, state.slots, state.asked, intents)), None
        )
        if following is None:
            break
        stage = flow.stages[following]
        entered.append(stage.name)
    return Move(stage.name, None, tuple(entered))


def contact_alone(
    flow: Flow, state: DialogueState, intents: tuple[str, ...], avoid: str | None, prefer: str = ""
) -> Move:
    """The same where nothing is to be asked but how to reach who wants to buy."""
    wants = prefer == "contact" or "purchase" in intents
    found = move(flow, state, intents, avoid, "contact" if wants else prefer)
    return found if wants and found.slot == "contact" else replace(found, slot=None)


def allowed(flow: Flow, state: DialogueState, intents: tuple[str, ...], avoid: str | None = None) -> list[Stage]:
    """The goals of a flow without order that may be next, heaviest first: a model may choose among these only."""
    goals = [
        stage
        for stage in flow.stages.values()
        if flow.is_goal(stage)
        and flow.holds(stage.allowed, state.slots, state.asked, intents)
        and any(slot != avoid and askable(flow, state, slot) for slot in stage.slots)
    ]
    # A goal whose question was passed over once gives way to one not tried yet.
    return sorted(goals, key=lambda stage: sum(state.asked.get(slot, 0) for slot in stage.slots) * 2 - stage.weight)


def choose(flow: Flow, state: DialogueState, intents: tuple[str, ...], avoid: str | None) -> Stage | None:
    """The next goal; None when turns or patience have run out, or nothing is left to learn."""
    if flow.goals is None or state.turns >= flow.goals.turns or refusals(flow, state) >= flow.goals.refusals:
        return None
    return next(iter(allowed(flow, state, intents, avoid)), None)


def refusals(flow: Flow, state: DialogueState) -> int:
    """How many slots the customer would not tell: declined, or passed over as often as they may be asked."""
    return sum(
        state.asked.get(slot, 0) >= MAX_ASKED and not flow.satisfied(slot, state.slots)
        for stage in flow.stages.values()
        if flow.is_goal(stage)
        for slot in stage.slots
    )


def _waits(flow: Flow, state: DialogueState, avoid: str | None) -> bool:
    """Whether the only goal left is the one whose question rests for this turn."""
    return avoid is not None and choose(flow, state, (), None) is not None


def seen(slot: str) -> str:
    """The mark, among what is said already, of a slot that the customer lets see and is not asked for."""
    return f"seen:{slot}"


def askable(flow: Flow, state: DialogueState, slot: str) -> bool:
    unknown = not flow.satisfied(slot, state.slots) and seen(slot) not in state.said
    return unknown and state.asked.get(slot, 0) < MAX_ASKED


def switched(flow: Flow, state: DialogueState, intents: tuple[str, ...]) -> str | None:
    """The flow that this customer is better served by, if the flow names one."""
    return next((s.flow for s in flow.switch if flow.holds(s.when, state.slots, state.asked, intents)), None)


def question(stage: Stage, slot: str, language: Language, asked: Mapping[str, int]) -> str:
    """The words of a question: another variant the second time."""
    variants = stage.questions[slot][language]
    return variants[asked.get(slot, 0) % len(variants)]


def with_questions(flow: Flow, own: Mapping[str, ByLanguage]) -> Flow:
    """The flow with a bot's own questions for some slots, in the languages that they come in."""
    if own.keys().isdisjoint(flow.slots):
        return flow
    stages = {
        name: replace(
            stage, questions={slot: {**texts, **own.get(slot, {})} for slot, texts in stage.questions.items()}
        )
        for name, stage in flow.stages.items()
    }
    return replace(flow, stages=stages)
