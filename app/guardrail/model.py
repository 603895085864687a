"""What the guardrail takes and gives: the context of a draft, findings, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.guardrail.known import KnownWords
from app.types import Deciding, Language, Passage, Shop


@dataclass(frozen=True, slots=True)
class Context:
    """What a draft is judged against."""

    passages: tuple[Passage, ...]
    """The sections in use: their facts are the price list, their texts the rest."""
    customer: tuple[str, ...] = ()
    """The customer's messages of this conversation, newest last: figures they gave may be repeated."""
    earlier: tuple[str, ...] = ()
    """Earlier answers, newest last."""
    own: tuple[str, ...] = ()
    """Texts that the dialogue itself wrote for this turn (greeting, statement, question): allowed as they are."""
    language: Language = "ru"
    """The language to answer in."""
    greeted: bool = False
    """A greeting was said before in this conversation."""
    system: str = ""
    """The system prompt, which must not leak."""
    never: tuple[str, ...] = ()
    """Phrases that the policy forbids."""
    discounts: tuple[Decimal, ...] = ()
    """Percentages that the policy allows."""
    shop: Shop = Shop()  # noqa: RUF009 - frozen
    """Whose drafts they are: its name is kept as it is, its trade's words are understood."""
    contacts: frozenset[str] = frozenset()
    """Addresses that the whole knowledge base gives (`known_addresses`), besides those of the passages."""
    known: KnownWords | None = None
    """The words of the whole knowledge base (`known_words`); None: claims without a figure are not judged."""
    least_borne: float = 0.0
    """Share (0..1) of a sentence's words that must be borne out; 0: that is not asked."""
    entailed: Mapping[str, float] = field(default_factory=dict)
    """Sentence of the draft as it would be sent -> how well (0..1) what is known entails it, where a model said so."""
    least_entailed: float = 0.0
    """The score below which a sentence is refused."""
    marks: tuple[str, ...] = ()
    """Letters of the frames that customers' words stand in within the prompt: no answer has them."""
    languages: frozenset[Language] = frozenset()
    """Languages of the whole knowledge base; empty: those of the sections in use."""
    deciding: tuple[Deciding, ...] = ()
    """What decides the clauses that were asked: a complete answer says it, in whatever words."""
    asked: bool = False
    """Something was asked and looked up: an answer says something of it, or that it is not known."""
    stated: str = ""
    """What has to be said whatever was asked, such as that a person goes on; empty where nothing has."""
    course: tuple[str, ...] = ()
    """Lines of the prompt's course that are for the writer alone: a goal, the name of a field."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at `start`..`end` of the draft as it was given."""

    check: str
    detail: str
    """A sentence that a shop owner understands."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two words on a draft: whether it is true (`ok`), and whether it answers (`complete`). Both: it may be sent."""

    ok: bool
    """Nothing in it is false, as far as the checks see."""
    text: str
    """The draft with harmless repairs made."""
    findings: tuple[Finding, ...]
    """What is not true."""
    repairs: tuple[str, ...]
    """Names of the repairs that were made."""
    lacks: tuple[Finding, ...] = ()
    """Why it is no answer, or none that a seller gives."""
    missing: tuple[Deciding, ...] = ()
    """What decides and is not said."""

    @property
    def complete(self) -> bool:
        return not self.lacks

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What is not true, then why it is no answer."""
        return (*self.findings, *self.lacks)

    @property
    def fit(self) -> bool:
        """May be sent as `text`."""
        return self.ok and not self.lacks
