"""The dialogue: one message in, one decision out. Pure after `Dialogue.load`: no I/O, clock, model or randomness."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.dialogue.flow import stages
from app.dialogue.flow.load import load_flows
from app.dialogue.flow.model import MAX_ASKED, Flow
from app.dialogue.hearing.intents import understand
from app.dialogue.hearing.listening import listened
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.policy.hours import Hours, zone_of
from app.dialogue.policy.model import Policy
from app.dialogue.resources import Texts, load_texts
from app.dialogue.rules import continuity, unseen
from app.dialogue.rules.packet import handover_packet, in_own_words, said_slots
from app.dialogue.rules.replies import completed, decided
from app.dialogue.rules.scene import Decision, Scene
from app.dialogue.rules.scenes import Met, scene_of
from app.dialogue.slots import aside as asides
from app.dialogue.slots.extract import extract, object_of
from app.dialogue.switches import ALL_ON, Switches
from app.errors import ConfigError
from app.types import Aside, Ask, DialogueState, Language, Pending, Snapshot, Step
from app.understanding.acts import Classifier

_HOURS = Hours()

MAX_DIGITS = 6
"""Of a number that counts something: a longer one is a telephone or an account."""
SUCCESS = "success"
"""The stage, of every flow, at which a human takes over."""
_TELLING = frozenset({"slot_question", "told"})
"""What is said to who tells; where he has just asked for a price, what he tells may decide it."""
_RESUMING = frozenset({"resume", "back", "purchase", "booking", "slot_question", "greeting"})
"""After «забудьте» these lead back to the flow's questions."""


class Dialogue:
    """Decides what to say next; knows all flows, phrases and texts."""

    def __init__(
        self,
        flows: Mapping[str, Flow],
        vocabulary: Vocabulary,
        texts: Mapping[Language, Texts],
        hours: Hours,
        default_flow: str,
        *,
        policy: Policy | None = None,
        classifier: Classifier | None = None,
        switches: Switches = ALL_ON,
    ) -> None:
        self.policy = policy or Policy.default()
        self.classifier, self.switches = classifier, switches
        self.flows = {name: stages.with_questions(flow, self.policy.questions) for name, flow in flows.items()}
        self.vocabulary = vocabulary.extended(self.policy.phrases)
        self.texts = {name: own.with_own(self.policy.texts.get(name, {})) for name, own in texts.items()}
        self.hours = self.policy.hours or hours
        self.default_flow = default_flow

    @classmethod
    def load(
        cls,
        default_flow: str = "spin_selling",
        hours: Hours = _HOURS,
        policy: Policy | None = None,
        *,
        classifier: Classifier | None = None,
        switches: Switches = ALL_ON,
    ) -> "Dialogue":
        """A bot's dialogue. The package's flows, phrases and texts are read once for all of them.

        `policy`: the bot's own rules, or the package's; its hours, if it names any, are valid instead of `hours`.
        `classifier`: the package's with the bot's own examples; None: the package's.
        Raises ConfigError that says what is wrong and the fix.
        """
        flows = load_flows()
        if default_flow not in flows:
            raise ConfigError(f"the flow {default_flow!r} does not exist; use one of {', '.join(flows)}")
        zone_of(hours.timezone)
        made = (flows, Vocabulary.load(), load_texts(), hours, default_flow)
        return cls(*made, policy=policy, classifier=classifier, switches=switches)

    @property
    def flow_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.flows))

    def title(self, flow: str) -> str:
        """The sales method's name, as its file gives it."""
        return self.flows[flow].title

    def goal(self, flow: str, stage: str) -> str:
        """What a stage is there for; empty for a stage that the flow has not."""
        found = self.flows[flow].stages.get(stage)
        return found.goal if found else ""

    def known(self, state: DialogueState) -> dict[str, str]:
        """The known values of lists, numbers, telephones and names, by their slots' names and as a person says them."""
        return self._said(state, own=False)

    def own_words(self, state: DialogueState) -> dict[str, str]:
        """The other known values: as the customer worded them, or a model that heard him."""
        return self._said(state, own=True)

    def counted(self, state: DialogueState) -> dict[str, str]:
        """The known numbers, by their slots' names in the shop's language."""
        numbers = {slot: value for slot, value in state.slots.items() if value.isdecimal() and len(value) <= MAX_DIGITS}
        return said_slots(numbers, self.vocabulary, self.policy.languages[0])

    def _said(self, state: DialogueState, *, own: bool) -> dict[str, str]:
        vocabulary = self.vocabulary
        slots = {name: value for name, value in state.slots.items() if in_own_words(name, value, vocabulary) is own}
        return said_slots(slots, vocabulary, state.language)

    def wanted(self, state: DialogueState) -> tuple[str, ...]:
        """The slots that a model may report behind its answer."""
        flow = self.flows.get(state.flow)
        return asides.wanted(state, flow.slots) if flow else ()

    def told(self, state: DialogueState, aside: Aside, said: Sequence[str]) -> DialogueState:
        """`state` with what a model reported of the messages `said`, as far as they bear it out."""
        flow = self.flows.get(state.flow)
        return asides.told(state, aside, flow.slots, said) if flow else state

    def label(self, slot: str, value: str, language: Language = "ru") -> str:
        """A slot's value as a person says it: «grocery» is «продукты»."""
        return self.vocabulary.label(slot, value, language)

    def advance(
        self, snapshot: Snapshot, ask: Ask, now: datetime, *, names: frozenset[str] = frozenset(), act: str = ""
    ) -> Step:
        """What to do about one message. `now` is timezone-aware; the snapshot is not changed. Never raises on any text.

        `names`: the shop's own with Latin letters, lower case, meant as they are typed. `act`: a model's word on it.
        """
        lane = "" if snapshot.state.lane in self.switches.unheard else snapshot.state.lane
        waits = replace(snapshot.state, handed_over=snapshot.mode != "machine", lane=lane)
        state, flow = continuity.resumed(
            waits, ask, now, flows=self.flows, default=self.default_flow, skip=self.policy.skip
        )
        waiting = state.pending.slot if state.pending else None
        spec = flow.slots.get(waiting) if waiting else None
        kind = spec.kind if spec else ""
        said = listened(ask, snapshot, names)
        u = understand(
            said.text, self.vocabulary, state.language, waiting, kind=kind, clauses=said.clauses, act=act,
            classifier=self.classifier, switches=self.switches, own_names=names,
        )  # fmt: skip
        if wished := u.wished or state.wished:
            u, state = replace(u, language=wished), replace(state, wished=wished)
        if continuity.repeated(ask.text, snapshot):
            u = u.with_intent("spam")
        again = continuity.reorders(state, flow, u)
        if again:
            state = continuity.renewed(state, flow)
            waiting = None
        # While we ask on, an answer to an earlier question is welcome too; after a silence it means something else.
        late = [slot for slot in state.asked if waiting and slot in flow.slots and slot not in self.policy.skip]
        listed = continuity.listed(snapshot, state, flow)
        heard = extract(u, self.vocabulary, flow.slots, state.slots, waiting, options=listed, late=late)
        slots = {name: told for name, told in state.slots.items() if name not in heard.forgotten} | dict(heard.values)
        if (wanted := object_of(u)) and "interest" not in heard.values and "contact" not in heard.values:
            slots["interest"] = wanted
        asked = dict(state.asked)
        if waiting and heard.declined:
            asked[waiting] = MAX_ASKED  # who does not want to say is not asked again
        state, flow = continuity.switched(replace(state, asked=asked), flow, slots, u, self.flows)
        met = Met(state, flow, u, heard, slots, said)
        made = scene_of(met, snapshot, ask, now, policy=self.policy, hours=self.hours, texts=self.texts)
        scene = replace(made, reorders=again)
        plan = decided(scene)
        if plan.reason in _TELLING and state.priced:
            plan = replace(plan, reason="price_told")
        if self._completes(scene, plan):
            plan = completed(scene)
        if plan.forgets:
            del slots[plan.forgets]
            asked[plan.forgets] = MAX_ASKED - 1  # his own wish to be asked once more
        state = replace(state, slots=slots, asked=asked, language=scene.texts.language)
        step = self._step(scene, plan, state, now)
        if not plan.hands_over:
            return step
        shop = self.texts[self.policy.languages[0]]
        packet = handover_packet(
            scene, plan.reason, step.state.slots, history=snapshot.history, vocabulary=self.vocabulary, texts=shop
        )
        return replace(step, handover=packet)

    def unasked(self, step: Step, before: DialogueState) -> Step:
        """The step without its question, which then does not count as asked. `before`: the state that it met."""
        return unseen.unasked(step, before)

    def observed(self, state: DialogueState, text: str) -> DialogueState:
        """The customer saw `text` (a fallback's or a human's) instead of our last answer.

        Our question is withdrawn unless the text asks it, and then does not count as asked.
        """
        return unseen.observed(state, text, self.flows.get(state.flow), self.vocabulary)

    @staticmethod
    def _completes(scene: Scene, plan: Decision) -> bool:
        """Whether this answer was the last one needed of a customer whose contact we had before."""
        told = scene.heard.answered and "contact" in scene.slots and "contact" not in scene.heard.values
        if not told or plan.closes or plan.hands_over or not plan.asks or scene.state.handed_over:
            return False
        after = replace(scene.state, slots=scene.slots)
        return SUCCESS in stages.move(scene.flow, after, scene.u.intents, scene.avoid, plan.prefer).entered

    def _step(self, scene: Scene, plan: Decision, state: DialogueState, now: datetime) -> Step:
        """Add the stage's question to the plan and write the state down."""
        u, flow, language = scene.u, scene.flow, scene.texts.language
        said = list(state.said)
        greeting = scene.greeting if plan.greet else None
        if greeting and "greeting" not in said:
            said.append("greeting")
        pending = state.pending
        if scene.heard.answered or plan.closes or plan.hands_over:
            pending = None
        elif pending:
            pending = replace(pending, ttl=pending.ttl - 1) if pending.ttl > 1 else None
        if question := plan.question:
            pending = Pending(plan.slot) if plan.slot in flow.slots else None
        # Whoever wants an appointment wants to buy.
        wishes = (*u.intents, "purchase") if u.has("booking") else u.intents
        choose = stages.move if self.switches.questions else stages.contact_alone
        move = choose(flow, state, wishes, scene.avoid, plan.prefer)
        paused = state.paused and plan.reason not in _RESUMING
        quiet = plan.closes or plan.hands_over or state.handed_over or paused or not plan.asks
        stage = flow.stages[move.stage]
        statement, query, fallback, action, reason = plan.statement, plan.query, plan.fallback, plan.action, plan.reason
        lead = None
        if not quiet:
            steered = plan.reason in ("resume", "back")  # back at the question itself
            fresh = stage.statement and stage.name not in said and not steered
            if fresh and query is None and question is None:
                # What was heard is answered with facts before anything more is asked.
                lead = stage.statement[language][0]
                query = self.vocabulary.filled(stage.query[language][0], state.slots, language)
                fallback = scene.not_found
                action, reason = "answer", stage.name
                said.append(stage.name)
            # A bot's own text may ask already.
            asks = "?" in f"{greeting} {statement} {lead} {question}"
            spec = flow.slots.get(move.slot) if move.slot else None
            # What weighs on him is asked of who tells, not beside the answer to what he asked himself.
            answers = query is not None and lead is None
            apart = spec is not None and spec.kind == "text" and answers and move.stage != flow.first
            if move.slot and not asks and not apart:
                question = stages.question(stage, move.slot, language, state.asked)
                pending = Pending(move.slot)
                state = replace(state, asked={**state.asked, move.slot: state.asked.get(move.slot, 0) + 1})
        if action == "ask" and question is None and "?" not in f"{greeting} {statement}":
            action, statement = "answer", statement or scene.texts.pick("here", state.turns, scene.last_answer)
        if plan.reason == "cancel":
            pending = None
        notice_at = state.notice_at
        if scene.notice and not plan.closes:
            greeting = f"{greeting} {scene.notice}" if greeting else scene.notice
            notice_at = int(now.timestamp())
        state = replace(
            state,
            stage=move.stage,
            pending=pending,
            said=tuple(said),
            off_topic=plan.reason == "off_topic",
            paused=paused or plan.reason == "cancel",
            priced=scene.asks_price or (state.priced and query is None and not u.message.asking),
            wants_person=False,
            notice_at=notice_at,
            closed=plan.closes,
            handed_over=state.handed_over or plan.hands_over,
            lane=(plan.topic or "") if plan.hands_over else "" if plan.topic else state.lane,
            last_action=action,
            turns=state.turns + 1,
            seen_at=now.timestamp(),
        )
        return Step(
            action=action,
            reason=reason,
            state=state,
            intents=u.intents,
            language=language,
            greeting=greeting,
            statement=statement,
            lead=lead,
            query=query,
            queries=scene.said.questions if query is not None and query == scene.query else (),
            wider=scene.wider if query is not None else None,
            fallback=fallback,
            without=scene.said.without,
            counted=scene.said.counted,
            question=question,
            topic=plan.topic,
            tone=u.tone,
            heard=u.heard,
            unsure=u.unsure and not scene.heard.answered and not scene.said.silent,
            acts=u.likely,
        )
