"""The dialogue: one message in, one decision out. Pure after `Dialogue.load`: no I/O, clock, model or randomness."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.dialogue.flow import stages, trades
from app.dialogue.flow.load import load_flows
from app.dialogue.flow.model import MAX_ASKED, Flow
from app.dialogue.hearing.intents import Understanding, understand
from app.dialogue.hearing.listening import Said, listened
from app.dialogue.hearing.recognition import acts_of
from app.dialogue.hearing.subject import to_the_point
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.policy.hours import Hours, zone_of
from app.dialogue.policy.model import Policy
from app.dialogue.resources import Texts, load_texts
from app.dialogue.rules import continuity, declining, unseen
from app.dialogue.rules.fit import fitted
from app.dialogue.rules.mending import mended
from app.dialogue.rules.packet import handover_packet, in_own_words, said_slots
from app.dialogue.rules.replies import completed, decided
from app.dialogue.rules.scene import Decision, Scene
from app.dialogue.rules.scenes import Met, scene_of
from app.dialogue.slots import aside as asides
from app.dialogue.slots.extract import extract, object_of
from app.dialogue.step import step_of
from app.dialogue.switches import ALL_ON, Switches
from app.errors import ConfigError
from app.types import Aside, Ask, DialogueState, Language, Snapshot, Step
from app.understanding.acts import Classifier

_HOURS = Hours()

MAX_DIGITS = 6
"""Of a number that counts something: a longer one is a telephone or an account."""
SUCCESS = "success"
"""The stage, of every flow, at which a human takes over."""
_TELLING = frozenset({"slot_question", "told"})
"""What is said to who tells; where he has just asked for a price, what he tells may decide it."""


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
        own = self.policy.questions
        self.flows = {name: stages.with_questions(flow, own) for name, flow in flows.items()}
        self._elsewhere = {} if own else {name: trades.elsewhere(flow) for name, flow in flows.items() if flow.trade}
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
        wish = self.wish(state, aside, said)
        return asides.told(state, aside, flow.slots, said, wish=wish) if flow else state

    def wish(self, state: DialogueState, aside: Aside, said: Sequence[str]) -> asides.Wish:
        """What becomes of a wish for a person that a model reported of the messages `said`."""
        if not aside.human:
            return ""
        classifier = self.classifier or Classifier.load()
        chance = max((acts_of(text, classifier).get("human_wanted", 0.0) for text in said), default=0.0)
        return asides.wish_of(state, aside, chance)

    def label(self, slot: str, value: str, language: Language = "ru") -> str:
        """A slot's value as a person says it: «grocery» is «продукты»."""
        return self.vocabulary.label(slot, value, language)

    def advance(
        self,
        snapshot: Snapshot,
        ask: Ask,
        now: datetime,
        *,
        names: frozenset[str] = frozenset(),
        things: frozenset[str] = frozenset(),
        served: Collection[str] | None = None,
        act: str = "",
    ) -> Step:
        """What to do about one message. `now` is timezone-aware; the snapshot is not changed. Never raises on any text.

        `names`: the shop's own with Latin letters, lower case, meant as they are typed. `things`: the words, folded, of
        what it sells, none of which is a customer's name. `served`: the trades that it speaks of; None: each. `act`: a
        model's word on it.
        """
        flows = self._fitting(served)
        state, flow = self._met(snapshot, ask, now, flows)
        said = self.listen(ask, snapshot, names)
        u = self._understood(said, state, flow, names, act)
        u = declining.heard_out(u, [text for each in snapshot.history for text in (each.user or "", each.answer)])
        state = replace(state, wished=u.wished or state.wished)
        if kept := state.wished or _heard_by_others(said, state):
            u = replace(u, language=kept)
        if continuity.repeated(ask.text, snapshot):
            u = u.with_intent("spam")
        again = continuity.reorders(state, flow, u)
        if again:
            state = continuity.renewed(state, flow)
        met = self._learnt(snapshot, state, flow, u, said, things=things, flows=flows)
        made = scene_of(met, snapshot, ask, now, policy=self.policy, hours=self.hours, texts=self.texts)
        scene = replace(made, reorders=again)
        plan = _decided(scene)
        state = _kept(scene, plan)
        step = step_of(scene, plan, state, now, vocabulary=self.vocabulary, questions=self.switches.questions)
        return self._handed(step, scene, plan, snapshot) if plan.hands_over else step

    def listen(self, ask: Ask, snapshot: Snapshot, names: frozenset[str] = frozenset()) -> Said:
        """What of a message advance goes by. What takes long of it is kept for that: a stretch of its own."""
        return to_the_point(listened(ask, snapshot, names), self.classifier or Classifier.load())

    def _fitting(self, served: Collection[str] | None) -> Mapping[str, Flow]:
        """The flows; those for a trade that is not served ask nothing of it. A bot's own questions make any its own."""
        if served is None:
            return self.flows
        return {
            name: self._elsewhere.get(name, flow) if flow.trade not in served else flow
            for name, flow in self.flows.items()
        }

    def _met(
        self, snapshot: Snapshot, ask: Ask, now: datetime, flows: Mapping[str, Flow]
    ) -> tuple[DialogueState, Flow]:
        """The conversation as the message finds it."""
        lane = "" if snapshot.state.lane in self.switches.unheard else snapshot.state.lane
        waits = replace(snapshot.state, handed_over=snapshot.mode != "machine", lane=lane)
        default, skip = self.default_flow, self.policy.skip
        return continuity.resumed(waits, ask, now, flows=flows, default=default, skip=skip)

    def _understood(
        self, said: Said, state: DialogueState, flow: Flow, names: frozenset[str], act: str
    ) -> Understanding:
        """What the message says, where this question waits."""
        waiting = _waiting(state)
        spec = flow.slots.get(waiting) if waiting else None
        kind = spec.kind if spec else ""
        return understand(
            said.text, self.vocabulary, state.language, waiting, kind=kind, clauses=said.clauses, act=act,
            classifier=self.classifier, switches=self.switches, own_names=names,
        )  # fmt: skip

    def _learnt(
        self,
        snapshot: Snapshot,
        state: DialogueState,
        flow: Flow,
        u: Understanding,
        said: Said,
        *,
        things: frozenset[str],
        flows: Mapping[str, Flow],
    ) -> Met:
        """What the message tells, added to what is known; another flow, where one suits this customer better."""
        waiting = _waiting(state)
        # While we ask on, an answer to an earlier question is welcome too; after a silence it means something else.
        late = [slot for slot in state.asked if waiting and slot in flow.slots and slot not in self.policy.skip]
        listed = continuity.listed(snapshot, state, flow)
        heard = extract(u, self.vocabulary, flow.slots, state.slots, waiting, options=listed, late=late, things=things)
        slots = {name: value for name, value in state.slots.items() if name not in heard.forgotten}
        slots |= heard.values
        if (wanted := object_of(u)) and "interest" not in heard.values and "contact" not in heard.values:
            slots["interest"] = wanted
        if waiting and heard.declined:  # who does not want to say is not asked again
            state = replace(state, asked={**state.asked, waiting: MAX_ASKED})
        state = continuity.noticed(state, heard.hinted, u)
        state, flow = continuity.switched(state, flow, slots, u, flows)
        return Met(state, flow, u, heard, slots, said)

    def _handed(self, step: Step, scene: Scene, plan: Decision, snapshot: Snapshot) -> Step:
        """The step with what a human needs to go on."""
        shop, slots = self.texts[self.policy.languages[0]], step.state.slots
        history, vocabulary = snapshot.history, self.vocabulary
        packet = handover_packet(
            scene, plan.topic or plan.reason, slots, history=history, vocabulary=vocabulary, texts=shop
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


def _heard_by_others(said: Said, state: DialogueState) -> Language | None:
    """The conversation's language, where a recogniser chose the message's: a picture's, and a voice's later on."""
    return state.language if said.silent or (said.heard == "voice" and state.turns) else None


def _waiting(state: DialogueState) -> str | None:
    return state.pending.slot if state.pending else None


def _decided(scene: Scene) -> Decision:
    plan = decided(scene)
    if plan.reason in _TELLING and scene.state.priced:
        plan = replace(plan, reason="price_told")
    return completed(scene) if _completes(scene, plan) else fitted(scene, mended(scene, plan))


def _completes(scene: Scene, plan: Decision) -> bool:
    """Whether this answer was the last one needed of a customer whose contact we had before."""
    told = scene.heard.answered and "contact" in scene.slots and "contact" not in scene.heard.values
    if not told or plan.closes or plan.hands_over or not plan.asks or scene.state.handed_over:
        return False
    after = replace(scene.state, slots=scene.slots)
    return SUCCESS in stages.move(scene.flow, after, scene.u.intents, scene.avoid, plan.prefer).entered


def _kept(scene: Scene, plan: Decision) -> DialogueState:
    """The state with what this message told, but for what the customer takes back."""
    slots, asked = dict(scene.slots), dict(scene.state.asked)
    if plan.forgets:
        del slots[plan.forgets]
        asked[plan.forgets] = MAX_ASKED - 1  # his own wish to be asked once more
    return replace(scene.state, slots=slots, asked=asked, language=scene.texts.language)
