"""PromptBuilder: a step, passages and a history -> a Prompt within its token budget.

Order for the prefix cache: the system text is fixed per bot and flow; the history only grows at its end, and is cut in
blocks at fixed places so that the same beginning serves many turns; everything that changes stands in the last message.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.prompt.frame import framed, mark_of, marks_in
from app.prompt.marks import without_marks
from app.prompt.sanitise import one_line, sanitise
from app.prompt.tokens import TokenCounter, usual
from app.types import ChatMessage, Deciding, Exchange, Key, Language, Media, Passage, Prompt, Snapshot, Step

_LANGUAGES: Mapping[Language, str] = {"ru": "русский", "kk": "казахский (қазақша)", "en": "английский (English)"}
_BLOCK = 8  # revisions whose exchanges leave the history together
_FRESH = 3  # messages no earlier prompt began with: the last exchange as it is remembered, and the newest message
_RECALLED = 3000  # characters of a message in the history: twenty-four of the longest are read within a stretch
_TOLD = 80  # characters of a thing that the customer said of himself, in his own words
_MOST_TOLD = 8  # of them: more would push the facts out
_FINDINGS = 6  # of a refused draft
_FINDING = 60  # characters of one
_SEPARATORS = re.compile(r"[;|=\n]+|:(?!\d)|(?<!\d):")
_UNKNOWN = "…"  # stands for the user's part of an exchange whose message is not known


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens. `turn` bounds the last message, `total` the whole prompt; the answer's share is already taken off."""

    turn: int = 900
    total: int = 5400


@dataclass(frozen=True, slots=True)
class _Shown:
    """A passage as it stands in the prompt: its text may be cut to the budget."""

    passage: Passage
    text: str

    @property
    def section(self) -> object:
        return self.passage.section


@dataclass(frozen=True, slots=True)
class Opening:
    """What every prompt of a turn begins with, and the newest message in its frame."""

    system: str
    history: tuple[ChatMessage, ...]
    words: str


@cache
def _environment() -> Environment:
    """The templates of this room."""
    # Plain text for a model, not HTML: escaping would change the customer's words.
    return Environment(
        loader=PackageLoader("app.prompt"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - a prompt is no page
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(template: str, **values: object) -> str:
    """A template of this room with its values."""
    return _environment().get_template(template).render(**values).strip()


def corrected(prompt: Prompt, draft: str, wrong: Sequence[str]) -> Prompt:
    """The same prompt with a refused draft behind it, and what was wrong with it: to be asked once more."""
    # Both quote what the model wrote, and a customer may have told it what to write.
    pieces = list(dict.fromkeys(one_line(detail[:_FINDING]) for detail in wrong))[:_FINDINGS]
    mark = marks_in(prompt.messages[-1].content)[-1]
    demand = _environment().get_template("correction.j2").render(wrong=framed("\n".join(pieces), mark)).strip()
    return replace(
        prompt,
        messages=(*prompt.messages, ChatMessage("assistant", sanitise(draft) or _UNKNOWN), ChatMessage("user", demand)),
    )


def _own_words(value: str, names: tuple[str, ...]) -> str:
    """A value on a line of its own, in which nothing looks like another value."""
    return one_line(_SEPARATORS.sub(",", one_line(value, names)[:_TOLD]), names)


class PromptBuilder:
    """Builds the prompts of one bot. `name` and `role` are its persona; `secret` is the installation's, for frames."""

    def __init__(
        self, tokens: TokenCounter, *, secret: bytes, name: str = "", role: str = "", budget: Budget = Budget()
    ) -> None:
        self._tokens = tokens
        self._secret = secret
        self._name = name
        self._role = role or "продавец-консультант"
        self._speakers = (self._name, self._role)
        self._budget = budget

    @property
    def factor(self) -> float:
        """What our count of tokens is multiplied with, by what the server has counted."""
        return self._tokens.factor

    def with_factor(self, factor: float) -> "PromptBuilder":
        """The same builder counting as it did when its factor was this: for replaying a turn."""
        tokens = TokenCounter(factor)
        return PromptBuilder(tokens, secret=self._secret, name=self._name, role=self._role, budget=self._budget)

    def system(self, method: str, *, structured: bool) -> str:
        """The fixed text of one flow; the same for every turn and customer."""
        template = _environment().get_template("system.j2")
        return template.render(role=self._role, name=self._name, method=method, structured=structured).strip()

    def count(self, text: str) -> int:
        """Tokens of a message with this text."""
        return self._tokens.count_message(text)

    def opening(
        self, snapshot: Snapshot, text: str, media: Media, *, method: str, structured: bool, words: int
    ) -> Opening:
        """For a question beside the answer; at most `words` tokens of the newest message."""
        system = self.system(method, structured=structured)
        history = self._history(snapshot, self._budget.total - self.count(system) - self._budget.turn)
        newest = Exchange(text, "", media=media, revision=snapshot.revision + 1)
        return Opening(
            system, history, self._framed(snapshot.key, newest, self._cut(sanitise(text, self._speakers), words))
        )

    def build(
        self,
        step: Step,
        passages: tuple[Passage, ...],
        snapshot: Snapshot,
        text: str,
        *,
        method: str,
        goal: str,
        slots: Mapping[str, str],
        told: Mapping[str, str] = MappingProxyType({}),
        media: Media = "text",
        wanted: tuple[str, ...] = (),
        structured: bool = True,
        deciding: tuple[Deciding, ...] = (),
    ) -> Prompt:
        """The prompt of one turn. `slots` are known values of lists, `told` those in the customer's own words.

        `goal` is the stage's; `wanted` may be reported; `media` says what the text was made of; `deciding` was
        reckoned from the facts.

        Passages are cut first, then the customer's own text, then the history; never the system text.
        """
        system = self.system(method, structured=structured)
        newest = Exchange(text, "", media=media, revision=snapshot.revision + 1)
        turn = self._turn(step, passages, snapshot.key, newest, goal=goal, slots=slots, told=told, deciding=deciding)
        left = self._budget.total - self._tokens.count_message(system) - self._tokens.count_message(turn)
        messages = (*self._history(snapshot, left), ChatMessage("user", turn))
        counts = [self._tokens.count_message(message.content) for message in messages]
        return Prompt(
            step,
            passages,
            snapshot.history,
            text,
            system,
            messages,
            tokens=self._tokens.count_message(system) + sum(counts),
            fresh=sum(counts[-_FRESH:]),
            wanted=wanted,
            deciding=deciding,
            usual=usual(message.content for message in messages),
        )

    def _turn(
        self,
        step: Step,
        passages: tuple[Passage, ...],
        key: Key,
        newest: Exchange,
        *,
        goal: str,
        slots: Mapping[str, str],
        told: Mapping[str, str],
        deciding: tuple[Deciding, ...],
    ) -> str:
        known = "; ".join(f"{name}: {one_line(value, self._speakers)}" for name, value in slots.items())
        own = "\n".join(
            f"{name} — {_own_words(value, self._speakers)}" for name, value in [*told.items()][-_MOST_TOLD:]
        )
        if own:
            own = framed(own, mark_of(self._secret, key, newest.revision, b"told-of-himself"))

        def render(shown: list[_Shown], words: str) -> str:
            return _environment().get_template("turn.j2").render(
                passages=shown,
                language=_LANGUAGES[step.language],
                deciding=[without_marks(each.said) for each in deciding],
                goal=goal,
                slots=known,
                told=own,
                greeting=without_marks(" ".join((step.greeting or "").split())),  # it may hold the customer's name
                statement=" ".join(part for part in (step.statement, step.lead if shown else None) if part),
                question=step.question,
                text=self._framed(key, newest, words),
            )  # fmt: skip

        room = self._budget.turn
        words = self._cut(sanitise(newest.user or "", self._speakers), room - self._tokens.count(render([], "")))
        shown: list[_Shown] = []
        for passage in passages:
            # A section is the owner's, and still no place for marks of templates: it may be copied from anywhere.
            text = without_marks(passage.section.text)
            candidate = _Shown(passage, text)
            if self._tokens.count(render([*shown, candidate], words)) > room:
                if not shown:  # the best one is worth its beginning
                    spare = room - self._tokens.count(render([_Shown(passage, "")], words))
                    shown.append(_Shown(passage, self._cut(text, spare)))
                break
            shown.append(candidate)
        return render(shown, words).strip()

    def _framed(self, key: Key, exchange: Exchange, words: str) -> str:
        return framed(words, mark_of(self._secret, key, exchange.revision), exchange.media)

    def _cut(self, text: str, tokens: int) -> str:
        """The longest beginning of `text` within `tokens`, found by halving."""
        if tokens <= 0:
            return ""
        text = text[: self._tokens.room(tokens)]  # what is beyond it need not be counted
        if self._tokens.count(text) <= tokens:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self._tokens.count(text[:middle]) <= tokens:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip()

    def _history(self, snapshot: Snapshot, tokens: int) -> tuple[ChatMessage, ...]:
        """The tail that fits, beginning where a block of revisions begins.

        By revision and not by how many there are: one that replaced an answer left no exchange, and all that stands
        before it must keep its place.
        """
        history = snapshot.history
        said: list[tuple[ChatMessage, ChatMessage]] = []
        for exchange in reversed(history):  # what cannot fit is not even read
            pair = self._messages(snapshot.key, exchange)
            tokens -= sum(self._tokens.count_message(message.content) for message in pair)
            if tokens < 0:
                break
            said.append(pair)
        blocks = [exchange.revision // _BLOCK for exchange in history]
        begins = [place for place in range(1, len(blocks)) if blocks[place] != blocks[place - 1]]
        # The tail that was loaded may begin within a block, and each turn one exchange later: that block is left out.
        whole = not begins or history[0].revision <= 1 or history[0].revision % _BLOCK == 0
        starts = [*([0] if whole else []), *begins, len(history)]
        start = next(place for place in starts if place >= len(history) - len(said))
        return tuple(message for pair in reversed(said[: len(history) - start]) for message in pair)

    def _messages(self, key: Key, exchange: Exchange) -> tuple[ChatMessage, ChatMessage]:
        words = sanitise((exchange.user or "")[:_RECALLED], self._speakers)
        user = self._framed(key, exchange, words) if words else _UNKNOWN
        # What we are said to have said may be a person's words, a caller's, or a model's: none of them opens anything.
        said = sanitise(exchange.answer[:_RECALLED], self._speakers) or _UNKNOWN
        return ChatMessage("user", user), ChatMessage("assistant", said)
