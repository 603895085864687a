"""What a decision rests on (`Scene`) and what it is (`Decision`): shared by all rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.dialogue.flow.model import Flow
from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.listening import Said
from app.dialogue.policy.model import Policy
from app.dialogue.policy.terms import Terms
from app.dialogue.resources import Texts
from app.dialogue.slots.reader import Heard
from app.language.ages import told as ages_told
from app.types import Action, DialogueState, Pending

_NOTHING = Said("", "", "")
_BRIEF = 14
"""Words of a message that is looked up as a whole where its question alone finds nothing."""
_SILENT = Texts("ru", {})
_LIKELY = 0.5
"""Probability from which what is not found is looked for by the words of an act."""
QUESTIONS = ("price", "comparison", "feature")
RULED = "refund"
"""The topic whose case a person decides, and whose rule the knowledge may hold."""
COURTESIES = frozenset({"refusal", "thanks", "goodbye"})
HANDED = {
    "bot": "bot_handed",
    "frustration": "frustration_handed",
    "person_offer": "callback",
    "fallback": "noted_question",
    "company_papers": "noted_question",
    "rest": "rest_handed",
    "rest_of": "rest_handed_of",
    "rest_of_several": "rest_handed_of_several",
}
"""What is said instead to whom a person has already been called: nobody is offered again."""
SORRY = "sorry"
"""The mark of a conversation in which we have said sorry: it is said once."""
OBJECTIONS = ("objection_price", "objection_trust", "objection_have", "objection_think")

_REQUISITES = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
"""A number of a company or of a person, as tax offices here give them."""


def has_requisites(text: str) -> bool:
    """Whether a text holds the number of a company or of a person."""
    return _REQUISITES.search(text) is not None


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the decision rests on. `slots` already hold what this message told; `opening`: when people answer."""

    state: DialogueState
    u: Understanding
    heard: Heard
    slots: Mapping[str, str]
    flow: Flow
    policy: Policy
    texts: Texts
    """In the language to answer in, which need not be the customer's."""
    greeting: str | None
    notice: str | None
    """That nobody is there now, if it is to be said."""
    working: bool
    opening: str
    last_answer: str
    query: str
    said: Said = _NOTHING
    worded: str = ""
    """The query in his own words, where it is asked in plainer ones."""
    answers: tuple[str, ...] = ()
    """Our last answers, the newest last."""
    terms: Terms = ""
    """What the message names of money: it gets no words that sound like a yes."""
    before: Terms = ""
    """What the one before it named: an «ок» may mean that."""
    shop: Texts = _SILENT
    """In the shop's own language."""
    written: tuple[str, ...] = ()
    """His messages, the newest first."""
    reorders: bool = False
    """He has handed over before and begins another order, for which the flow has questions."""

    @property
    def asks_price(self) -> bool:
        """He asks what something costs, or «how much» of whatever it is."""
        return self.u.has("price", "comparison") or bool(self.u.word("how_much"))

    @property
    def sent_requisites(self) -> bool:
        """He has written the number of a company or a person for an invoice."""
        return any(has_requisites(text) for text in self.written)

    @property
    def ignored(self) -> bool:
        """Our last question was passed over."""
        return self.state.pending is not None and not self.heard.answered

    @property
    def avoid(self) -> str | None:
        """The slot that rests for this turn. A «да» to «оставите номер?» passes nothing over."""
        pending = self.state.pending
        if pending is None or self.heard.answered:
            return None
        spec = self.flow.slots.get(pending.slot)
        return (
            None if spec and spec.kind == "contact" and self.u.affirms and not self.u.has(*QUESTIONS) else pending.slot
        )

    @property
    def may_ask(self) -> bool:
        """After a question behind an answer was passed over, one answer goes out without any."""
        pending = self.state.pending
        if pending is None or not self.ignored or self.avoid is None:
            return True
        return pending.ttl == Pending(pending.slot).ttl and self.state.last_action == "ask"

    @property
    def value(self) -> str:
        """The line of what the customer gets: the bot's own, or the flow's; where it has none, that we listen."""
        if self.texts.has("value"):
            return self.say("value")
        own = self.flow.value.get(self.texts.language)
        return own[0] if own else self.say("listening")

    @property
    def tells_when(self) -> bool:
        """Whether a handover must say from when a person answers: nobody is there, and nothing else says so."""
        return not self.working and self.notice is None

    @property
    def wider(self) -> str | None:
        """The usual words, in the shop's language, of what the examples say that he wants; his own, where others are
        searched."""
        if self.worded:
            return self.worded
        if ages_told(self.u.message.text):
            return str(self.shop.data["query_age"])
        likely = sorted(self.u.acts, key=self.u.acts.__getitem__, reverse=True)
        act = next((act for act in likely if self.u.acts[act] >= _LIKELY and f"query_{act}" in self.shop.data), None)
        things = (*self.u.word("device"), *self.u.word("goods"))
        own = {match.end for match in self.u.word("his_thing")} & {match.start for match in things}
        if own and not act:
            return str(self.shop.data["query_own"])
        return str(self.shop.data[f"query_{act}"]) if act else self._more_or_less

    @property
    def _more_or_less(self) -> str | None:
        """All that he says, in few words: what he tells may name what he asks about. Where all of it is searched
        already, what he asks alone: what he tells may draw it aside."""
        message = self.u.message
        whole = message.text.strip()
        if len(message.tokens) > _BRIEF or len(self.said.questions) > 1:
            return None
        if whole == self.query:
            asked = " ".join(clause for clause in self.said.clauses if clause.endswith("?"))
            return asked if asked and asked != whole else None
        return whole if self.u.acts.get("feature", 0.0) >= _LIKELY else None

    @property
    def not_found(self) -> str:
        """What is said where the search finds nothing: a person who has the talk already is not offered again."""
        return self.say("fallback")

    def say(self, name: str) -> str:
        name = HANDED.get(name, name) if self.state.handed_over else name
        return self.texts.pick(name, self.state.turns, self.last_answer)

    def vary(self, variants: tuple[str, ...]) -> str:
        """One of a topic's variants: not the one that was just said, if there is another."""
        ordered = [variants[(self.state.turns + i) % len(variants)] for i in range(len(variants))]
        return next((text for text in ordered if text not in self.last_answer), ordered[0])


@dataclass(frozen=True, slots=True)
class Decision:
    """The step without its question. `asks`: a question of the flow may follow."""

    action: Action
    reason: str
    statement: str | None = None
    query: str | None = None
    fallback: str | None = None
    question: str | None = None
    """A question of its own, instead of the flow's."""
    slot: str = ""
    """The slot that `question` asks for, if it is one of the flow's."""
    topic: str | None = None
    prefer: str = ""
    """The slot that the flow is to ask for now."""
    forgets: str = ""
    """A slot whose value the customer takes back."""
    asks: bool = False
    greet: bool = True
    closes: bool = False
    hands_over: bool = False
    wider: str = ""
    """What is searched where the query finds nothing."""
    queries: tuple[str, ...] = ()
    """What is searched each by itself, instead of what the message asks."""
    mark: str = ""
    """What the conversation remembers as said."""
