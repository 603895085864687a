"""What is wrong with a flow, before it talks to anyone."""

from collections.abc import Collection
from itertools import chain

from app.dialogue.flow.model import MAX_ASKED, MAX_TEXT, Condition, Flow, Stage
from app.dialogue.hearing.intents import INTENTS
from app.dialogue.resources import LANGUAGES


def lint(flow: Flow, flows: Collection[str] | None = None) -> list[str]:
    """What is wrong with a flow, each as `flow X: stage Y: what; fix`. Empty when it is sound.

    `flows`: the names of all flows there are, for what leads to another one.
    """
    found: list[str] = []
    if any(not flow.value.get(language) for language in LANGUAGES):
        found.append("the line of value is missing in a language; add it under `value`")
    asked_for = set(chain.from_iterable(stage.slots for stage in flow.stages.values()))
    stand_ins = set(chain.from_iterable(spec.satisfied_by for spec in flow.slots.values()))
    used = set(chain.from_iterable(when.slots for when in _conditions(flow)))
    found += [
        f"slot {slot!r} is not declared; add it under `slots`" for slot in sorted((asked_for | used) - set(flow.slots))
    ]
    found += [
        f"slot {slot!r} is never asked for; add it to a stage, or let it be `volunteered` and `satisfied_by` list it"
        for slot in sorted(set(flow.slots) - asked_for)
        if not (flow.slots[slot].volunteered and slot in stand_ins)
    ]
    found += [
        f"the intent {intent!r} does not exist; use one of {', '.join(INTENTS)}"
        for intent in sorted(set(chain.from_iterable(when.intents for when in _conditions(flow))) - set(INTENTS))
    ]
    found += [
        f"switches to {switch.flow!r}, which is no flow; correct the name"
        for switch in flow.switch
        if switch.flow == flow.name or (flows is not None and switch.flow not in flows)
    ]
    if flow.goals and flow.goals.closing not in flow.stages:
        found.append(f"goals: {flow.goals.closing!r} is no stage; name the one that closes")
    found += [f"anywhere: {t.to!r} is no stage; correct the name" for t in flow.anywhere if t.to not in flow.stages]
    for stage in flow.stages.values():
        found += [f"stage {stage.name!r}: {problem}" for problem in _lint_stage(flow, stage)]
    reached = _reach(flow)
    found += [
        f"stage {name!r}: cannot be reached; add a transition to it or remove it"
        for name in flow.stages
        if name not in reached
    ]
    if not any(flow.stages[name].final for name in reached if name in flow.stages):
        found.append("no final stage can be reached; mark the last one `final: true`")
    return [f"flow {flow.name!r}: {problem}" for problem in found]


def _lint_stage(flow: Flow, stage: Stage) -> list[str]:
    found = [
        f"the transition to {t.to!r} leads to no stage; correct the name"
        for t in stage.transitions
        if t.to not in flow.stages
    ]
    if stage.final:
        if stage.transitions or stage.slots:
            found.append("is final, yet asks or leads on; remove `final` or its slots and transitions")
        return found
    for slot in stage.slots:
        for language in LANGUAGES:
            texts = stage.questions.get(slot, {}).get(language, ())
            if not texts:
                found.append(f"asks for {slot!r} without a question in {language!r}; add one")
            found += [f"the question {text!r} needs exactly one `?`" for text in texts if text.count("?") != 1]
            found += [
                f"the question {text!r} is longer than {MAX_TEXT} characters; shorten it"
                for text in texts
                if len(text) > MAX_TEXT
            ]
    for said in (stage.statement, stage.query):
        if said and any(not said.get(language) for language in LANGUAGES):
            found.append("its statement or query is missing in a language; add it")
    if bool(stage.statement) != bool(stage.query):
        found.append("has a statement or a query without the other; add the one that is missing")
    if flow.is_goal(stage):
        if stage.transitions or not stage.slots:
            found.append("is a goal: it needs slots and no transitions; the next goal is chosen by weight")
        return found
    # A customer may answer everything, refuse every yes/no question, or nothing at all: each must lead somewhere.
    everything = dict.fromkeys(flow.slots, "yes")
    refusing = everything | {slot: "no" for slot, spec in flow.slots.items() if spec.kind == "yes_no"}
    for known, asked, who in (
        (everything, {}, "who answered everything"),
        (refusing, {}, "who answered no"),
        ({}, dict.fromkeys(flow.slots, MAX_ASKED), "who answers nothing"),
    ):
        if not any(flow.holds(t.when, known, asked, ()) for t in stage.transitions):
            found.append(f"is a dead end for a customer {who}; add a transition for it")
    return found


def _reach(flow: Flow) -> set[str]:
    reached: set[str] = set()
    waiting = [flow.first, *(transition.to for transition in flow.anywhere)]
    if flow.goals:
        waiting += [flow.goals.closing, *(name for name, stage in flow.stages.items() if flow.is_goal(stage))]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in flow.stages:
            reached.add(name)
            waiting += [transition.to for transition in flow.stages[name].transitions]
    return reached


def _conditions(flow: Flow) -> list[Condition]:
    return [
        *(transition.when for transition in flow.transitions()),
        *(switch.when for switch in flow.switch),
        *(stage.allowed for stage in flow.stages.values()),
    ]
