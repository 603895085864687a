"""The frozen values that all layers share. No behaviour beyond small pure conveniences, no I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from app.decided import Deciding as Deciding  # noqa: PLC0414 - asked for here by all
from app.decided import Lack as Lack  # noqa: PLC0414 - asked for here by all
from app.fact import Fact as Fact  # noqa: PLC0414 - asked for here by all
from app.fact import FactKind as FactKind  # noqa: PLC0414 - asked for here by all
from app.fact import Period as Period  # noqa: PLC0414 - asked for here by all
from app.shop import Shop as Shop  # noqa: PLC0414 - asked for here by all
from app.shop import Thing as Thing  # noqa: PLC0414 - asked for here by all
from app.shop import ThingKind as ThingKind  # noqa: PLC0414 - asked for here by all
from app.state import Action as Action  # noqa: PLC0414 - asked for here by all
from app.state import DialogueState as DialogueState  # noqa: PLC0414 - asked for here by all
from app.state import Language as Language  # noqa: PLC0414 - asked for here by all
from app.state import Pending as Pending  # noqa: PLC0414 - asked for here by all

if TYPE_CHECKING:
    import asyncio

Tone = Literal["neutral", "warm", "hurried", "annoyed", "angry"]
HeardLanguage = Literal["ru", "kk", "en", "mixed"]
Source = Literal["machine", "fallback", "human"]
Media = Literal["text", "image", "audio"]
Mode = Literal["machine", "waiting", "person"]
TimeOfDay = Literal["morning", "day", "evening", "night"]

SNAPSHOT_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Key:
    """One conversation: the bot's account and the customer. Memory never crosses keys."""

    session_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One incoming message. `text` has its media prefix removed; `media` says which it was."""

    key: Key
    text: str
    request_id: str
    channel: str = "whatsapp"
    media: Media = "text"
    timestamp_ms: int = 0
    time_of_day: TimeOfDay | None = None
    timezone: str | None = None
    flow_name: str | None = None
    body_hash: str = ""
    """sha256 of the canonical request: tells a retry from a reused request_id."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the customer really saw: the caller's fallback, or a person's message."""

    key: Key
    text: str
    source: Source
    request_id: str | None = None
    """Of the turn whose answer it replaced, if it did."""


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of knowledge as a sales owner wrote it."""

    id: str
    text: str
    category: str
    title: str = ""
    questions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    priority: int = 5
    language: Language = "ru"
    valid_until: date | None = None
    facts: tuple[Fact, ...] = ()
    source: str = ""
    """`file:line` of its authorship, for messages."""

    def __hash__(self) -> int:
        return hash(self.id)  # caches ask for it all the time; two sections of one id still differ by their fields


@dataclass(frozen=True, slots=True)
class Passage:
    """A section as retrieved: `score` is the retriever's final one, `ranks` the place (1 = best) per stage."""

    section: Section
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)
    answers: float | None = None
    """How likely (0..1) it answers what it was found for, by its words; None where nothing tells."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One step of the history as the customer saw it. `user` is None where only the answer is known."""

    user: str | None
    answer: str
    source: Source = "machine"
    at: float = 0.0
    """Unix seconds."""
    media: Media = "text"
    """What the user's part was made of."""
    revision: int = 0
    """The conversation's when it was written: its place, which nothing that comes later moves."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation as loaded: `revision` counts its commits, `history` is its tail, oldest first."""

    key: Key
    state: DialogueState = DialogueState()  # noqa: RUF009 - frozen
    revision: int = 0
    schema_version: int = SNAPSHOT_SCHEMA
    history: tuple[Exchange, ...] = ()
    mode: Mode | None = None
    """Who speaks. Never None once it is made: where nothing says it, as before there were modes, the state does."""
    waiting_since: float | None = None
    """Unix seconds since which it is `waiting`."""

    def __post_init__(self) -> None:
        if self.mode is None:
            object.__setattr__(self, "mode", "waiting" if self.state.handed_over else "machine")

    def after(self, state: DialogueState) -> "Snapshot":
        """The snapshot to commit once a turn has been answered: the state says whether a person is waited for."""
        waits: Mode = "person" if self.mode == "person" else "waiting"
        return replace(self, state=state, revision=self.revision + 1, mode=waits if state.handed_over else "machine")


@dataclass(frozen=True, slots=True)
class Handover:
    """What a human needs to go on: sent to the caller with the reply."""

    reason: str
    summary: str
    """Two or three sentences in the shop's language: who writes, what was asked, what is known."""
    slots: Mapping[str, str]
    """Known slots, by name, as a person says them."""
    last_question: str
    """The customer's newest message that asked something."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the dialogue decided for one message, before anything is searched or said."""

    action: Action
    reason: str
    """Machine-readable, snake_case: `price`, `refusal`, `slot_question`, ..."""
    state: DialogueState
    """The state after this turn, if its answer goes out."""
    intents: tuple[str, ...] = ()
    language: Language = "ru"
    greeting: str | None = None
    statement: str | None = None
    """A text that stands by itself: it is said instead of passages when `query` is None, before them otherwise."""
    lead: str | None = None
    """Announces the passages: said before them, and not at all where the search finds none."""
    query: str | None = None
    """What to search; None when the knowledge base is not needed."""
    queries: tuple[str, ...] = ()
    """The questions of a message that asks several: each is searched by itself too."""
    wider: str | None = None
    """What to search where `query` finds nothing: the usual words of what he wants."""
    without: tuple[str, ...] = ()
    """Words that he does not want to hear of: the search leaves them out."""
    counted: str = ""
    """His words as far as they may be reckoned with: without what he rejects."""
    fallback: str | None = None
    """What to say when the search finds nothing, behind the statement if there is one."""
    named: Mapping[str, str] = field(default_factory=dict)
    """How a question of a list of things is spoken of, by its text."""
    perhaps: str | None = None
    """What leads to a section that may not be what was meant."""
    rest: str | None = None
    """What to say of those of several questions that nothing answers,"""
    rest_of: str | None = None
    """and of one that can be named, `{about}` being its words,"""
    rest_of_several: str | None = None
    """and of several."""
    question: str | None = None
    """The one question that ends the answer."""
    topic: str | None = None
    """The policy topic that decided, if one did."""
    tone: Tone = "neutral"
    """How the customer sounds."""
    heard: HeardLanguage = "ru"
    """The language of the message; `language` is the one to answer in."""
    handover: Handover | None = None
    unsure: bool = False
    """Nothing tells what the message is for."""
    acts: tuple[str, ...] = ()
    """What it may be for, the likeliest first."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a chat model's prompt."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything a backend may speak from."""

    step: Step
    passages: tuple[Passage, ...]
    history: tuple[Exchange, ...]
    text: str
    """The customer's newest message."""
    system: str = ""
    """Fixed per bot and flow, so that a model server keeps it in its prefix cache."""
    messages: tuple[ChatMessage, ...] = ()
    """The history, which only grows at its end, and the newest message, which holds all that changes."""
    tokens: int = 0
    """Our own count of system and messages together."""
    fresh: int = 0
    """Those of them that no earlier turn of the conversation can have left in the prefix cache."""
    wanted: tuple[str, ...] = ()
    """Slots that the model may report behind its answer."""
    deciding: tuple[Deciding, ...] = ()
    """What the facts decide of what was asked."""
    about: tuple[str, ...] = ()
    """What of the system text may be said aloud: who we are and what is sold."""
    usual: bool = True
    """Whether our count of its tokens may be corrected by the server's: not when it is full of rare letters."""
    newest: int = 1
    """Messages at the end that are no history."""
    lean: Callable[[int], str] | None = field(default=None, compare=False, repr=False)
    """The first of those with the best so many passages of them that it shows."""
    shown: int = 0
    """How many passages it shows."""


@dataclass(frozen=True, slots=True)
class Aside:
    """What a model wrote behind its answer. `slots` by name, as it heard them; nothing of it is verified."""

    slots: Mapping[str, str] = field(default_factory=dict)
    human: bool = False
    """The customer wants a person."""


Ending = Literal["ok", "length", "deadline", "salvaged"]
"""How a text ended: whole, cut by the length limit or the deadline, or taken out of broken JSON."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a backend wrote. `used` are the passages its text rests on."""

    text: str
    model: str
    used: tuple[Passage, ...] = ()
    ending: Ending = "ok"
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Per stage of the call: `prefill` until the first token, `decode` until the answer was whole."""
    aside: "asyncio.Task[Aside] | None" = None
    """What is still being written behind the answer; whoever drops the draft cancels it."""
    origin: Literal["model", "knowledge"] = "model"
    """Whether it may say what nobody wrote: a model's words are checked, an owner's are only tidied."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """What is known of the model that answers.

    embedded: no model server is needed; cold: not loaded; loading; warm: loaded; failed: it cannot be loaded.
    """

    state: Literal["embedded", "cold", "loading", "warm", "failed"]
    detail: str = ""
    size: int = 0
    """Bytes of the loaded model."""
    size_vram: int = 0
    """Bytes of it in the GPU's memory: less than `size` means that layers run on the CPU."""
    digest: str = ""
    """sha256 of the model as the server has it, hexadecimal; empty when unknown."""
    expected_digest: str = ""
    """The one the settings ask for; empty: any."""
    fix: str = ""
    """What an operator does while it is not there; empty: what is done for any model."""
