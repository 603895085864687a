"""A decision made into a step: what opens the answer, what is asked next, what is said already and what remembered."""

from dataclasses import replace
from datetime import datetime

from app.dialogue.flow import stages
from app.dialogue.flow.model import Stage
from app.dialogue.flow.stages import Move
from app.dialogue.hearing.asking import costs_alone, pays_how
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.rules import continuity
from app.dialogue.rules.fit import TOLD
from app.dialogue.rules.plainly import is_plain
from app.dialogue.rules.scene import HANDED, Decision, Scene
from app.dialogue.rules.strangers import NO_BUYER, STRANGER
from app.dialogue.slots import aside
from app.types import DialogueState, Pending, Step

_STEERED = frozenset({"resume", "back"})
"""They lead back to the question itself."""
_RESUMING = frozenset({*_STEERED, "purchase", "booking", "slot_question", "greeting"})
"""After «забудьте» these lead back to the flow's questions."""

_PRICED = ("price", "comparison", "feature")
"""What «and at ten?» sounds like, said of a call."""

_RESTS = 2
"""Answers of ours behind which a question for a number is not asked again."""
_GOES_ON = 6
"""Words of a message that only says for how long a price is meant."""


def step_of(
    scene: Scene, plan: Decision, state: DialogueState, now: datetime, *, vocabulary: Vocabulary, questions: bool
) -> Step:
    """The step that `plan` becomes. `state` holds what this message told; `questions`: the flow may ask its own."""
    u, language = scene.u, scene.texts.language
    move = _move(scene, plan, state, questions=questions)
    stage = scene.flow.stages[move.stage]
    paused = state.paused and plan.reason not in _RESUMING
    quiet = plan.closes or plan.hands_over or state.handed_over or paused or not plan.asks
    greeting = scene.greeting if plan.greet else None
    said = (*state.said, "greeting") if greeting and "greeting" not in state.said else state.said
    said = (*said, plan.mark) if plan.mark and plan.mark not in said else said
    made, lead = plan, None
    if not quiet and stage.name not in said and _opens(plan, stage):
        made, lead = _opened(scene, plan, state, stage, vocabulary), stage.statement[language][0]
        said = (*said, stage.name)
    spoken = f"{greeting} {plan.statement} {lead} {plan.question}"
    slot = None if quiet else _next_slot(scene, made, move, spoken=spoken, led=lead is not None)
    question = stages.question(stage, slot, language, state.asked) if slot else plan.question
    if made.action == "ask" and question is None and "?" not in f"{greeting} {plan.statement}":
        here = plan.statement or scene.texts.pick("here", state.turns, scene.last_answer)
        if plan.reason == "agreement" and not (quiet or scene.terms or scene.before):
            here = scene.say("ack_next")  # no dead end behind an «ok»
        made = replace(made, action="answer", statement=here)
    if question is None and aside.DUE in said and made.action == "answer" and not (plan.closes or state.handed_over):
        question = scene.say("person_offer")
        said = tuple(aside.OFFERED if name == aside.DUE else name for name in said)
    notice = scene.notice if not plan.closes else None
    if notice:
        greeting = f"{greeting} {notice}" if greeting else notice
    after = replace(
        _remembered(scene, plan, made, state, now),
        stage=move.stage,
        asked={**state.asked, slot: state.asked.get(slot, 0) + 1} if slot else state.asked,
        pending=_pending(scene, plan, state, slot),
        said=said,
        paused=paused or plan.reason == "cancel",
        notice_at=int(now.timestamp()) if notice else state.notice_at,
    )
    return Step(
        action=made.action,
        reason=made.reason,
        state=after,
        intents=_intents(scene, plan),
        language=language,
        greeting=greeting,
        statement=made.statement,
        lead=lead,
        query=made.query,
        queries=made.queries or (_queries(scene) if made.query is not None and made.query == scene.query else ()),
        named=scene.said.named,
        perhaps=scene.say("perhaps") if made.query is not None else None,
        rest=_of_the_rest(scene, plan, made, "rest"),
        rest_of=_of_the_rest(scene, plan, made, "rest_of"),
        rest_of_several=_of_the_rest(scene, plan, made, "rest_of_several"),
        wider=(plan.wider or scene.wider) if made.query is not None else None,
        fallback=made.fallback,
        without=() if is_plain(made.query or "", scene.texts) else scene.said.without,
        counted=scene.said.counted,
        question=question,
        topic=plan.topic or None,
        tone=u.tone,
        heard=u.heard,
        unsure=u.unsure and not scene.heard.answered and not scene.said.silent,
        acts=u.likely,
    )


def _intents(scene: Scene, plan: Decision) -> tuple[str, ...]:
    """What he wants, but for what its words only sound like: «what am I paying for?» asks for no way to pay."""
    of_a_call = plan.reason == "reschedule" and plan.query is None
    unmeant = ("payment",) if plan.reason == "objection_price" else _PRICED if of_a_call else ()
    return tuple(name for name in scene.u.intents if name not in unmeant)


def _several(scene: Scene, made: Decision) -> bool:
    """Whether several questions are looked up, of which one may find nothing."""
    apart = bool(scene.said.questions) and (made.query == scene.query or bool(made.queries))
    return apart or len(made.queries) > 1


def _of_the_rest(scene: Scene, plan: Decision, made: Decision, text: str) -> str | None:
    """What is said of the questions that nothing answers, where there are several."""
    if not _several(scene, made):
        return None
    return scene.say(HANDED.get(text, text) if plan.hands_over else text)


def _queries(scene: Scene) -> tuple[str, ...]:
    """The questions that are searched by themselves: «how much» alone in the words that prices are found by, and «how
    do I pay» in those of the ways to pay."""
    price, ways = str(scene.texts.data["query_price"]), str(scene.texts.data["query_payment"])
    asked = scene.said.questions
    return tuple(price if costs_alone(each) else ways if pays_how(each) else each for each in asked)


def _move(scene: Scene, plan: Decision, state: DialogueState, *, questions: bool) -> Move:
    # Whoever wants an appointment wants to buy.
    wishes = (*scene.u.intents, "purchase") if scene.u.has("booking") else scene.u.intents
    choose = stages.move if questions else stages.contact_alone
    return choose(scene.flow, state, wishes, scene.avoid, plan.prefer)


def _opens(plan: Decision, stage: Stage) -> bool:
    """Whether the stage's own statement is due: what was heard is answered with facts before anything more is asked."""
    return bool(stage.statement) and plan.reason not in _STEERED and plan.query is None and plan.question is None


def _opened(scene: Scene, plan: Decision, state: DialogueState, stage: Stage, vocabulary: Vocabulary) -> Decision:
    """`plan` with the search that the stage opens with."""
    language = scene.texts.language
    query = vocabulary.filled(stage.query[language][0], state.slots, language)
    return replace(plan, query=query, fallback=scene.not_found, action="answer", reason=stage.name)


def _next_slot(scene: Scene, made: Decision, move: Move, *, spoken: str, led: bool) -> str | None:
    """The slot that the flow asks for behind what is `spoken` already; `led`: the stage's statement is part of it."""
    # A bot's own text may ask already.
    if not move.slot or "?" in spoken:
        return None
    spec = scene.flow.slots.get(move.slot)
    if spec is not None and spec.kind == "contact" and _just_asked(scene, move.slot):
        return None
    # Who chooses a device is not asked once more what he passed over.
    if made.query is not None and scene.state.asked.get(move.slot, 0) and scene.u.word("device"):
        return None
    # What weighs on him is asked of who tells, not beside the answer to what he asked himself.
    answers = made.query is not None and not led
    apart = spec is not None and spec.kind == "text" and answers and move.stage != scene.flow.first
    return None if apart else move.slot


def _just_asked(scene: Scene, slot: str) -> bool:
    """Whether one of our last answers asked it; who says yes to it, or that he takes it, is asked on."""
    wants = scene.u.affirms or scene.u.has("purchase", "booking", "invoice")
    asked = scene.state.asked.get(slot, 0) and not wants
    return bool(asked) and any(continuity.asks(scene.flow, slot, answer) for answer in scene.answers[-_RESTS:])


def _pending(scene: Scene, plan: Decision, state: DialogueState, slot: str | None) -> Pending | None:
    """The question that waits for an answer from now on; `slot`: the flow's next one."""
    if plan.reason == "cancel":
        return None
    if slot:
        return Pending(slot)
    if plan.question:
        return Pending(plan.slot) if plan.slot in scene.flow.slots else None
    before = state.pending
    if before is None or before.ttl <= 1 or scene.heard.answered or plan.closes or plan.hands_over:
        return None
    return replace(before, ttl=before.ttl - 1)


def _remembered(scene: Scene, plan: Decision, made: Decision, state: DialogueState, now: datetime) -> DialogueState:
    """What this turn leaves for the next ones, beside the flow's place and its question."""
    # «And for a year?» goes on with the price that was asked for.
    goes_on = bool(scene.u.word("spans")) and len(scene.u.message.tokens) <= _GOES_ON
    looked = made.query is not None and made.mark != TOLD
    asks = (looked or scene.u.message.asking) and not goes_on
    return replace(
        state,
        off_topic=plan.reason == "off_topic",
        priced=scene.asks_price or (state.priced and not asks),
        wants_person=False,
        closed=plan.closes,
        handed_over=state.handed_over or plan.hands_over,
        lane=_lane(plan, state, buys=bool(scene.u.word("a_buyer"))),
        last_action=made.action,
        turns=state.turns + 1,
        seen_at=now.timestamp(),
    )


def _lane(plan: Decision, state: DialogueState, *, buys: bool) -> str:
    """What the conversation is with a person about: one more word on it leaves it there, another topic ends it, and so
    does who says that he is a customer."""
    if buys and state.lane in NO_BUYER:
        return plan.topic or ""
    if plan.hands_over:
        return plan.topic or (state.lane if state.lane in NO_BUYER else "")  # his number makes him no buyer
    if STRANGER in (plan.topic, state.lane):
        return plan.topic or ""
    return state.lane if plan.topic in (None, state.lane) else ""
