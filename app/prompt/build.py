"""PromptBuilder: a step, passages and a history -> a Prompt within its token budget.

Order for the prefix cache: the system text is fixed per bot and flow; the history only grows at its end, and is cut in
blocks at fixed places so that the same beginning serves many turns; everything that changes stands in the last message.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.prompt.course import Course, LastMessage, beginning
from app.prompt.frame import framed, mark_of
from app.prompt.rendering import render
from app.prompt.repairing import UNKNOWN
from app.prompt.sanitise import one_line, sanitise
from app.prompt.token_count import TokenCounter, usual
from app.prompt.words import table
from app.types import ChatMessage, Deciding, Exchange, Key, Media, Passage, Prompt, Shop, Snapshot, Step

_BLOCK = 8  # revisions whose exchanges leave the history together
_FRESH = 3  # messages no earlier prompt began with: the last exchange as it is remembered, and the newest message
_RECALLED = 3000  # characters of a message in the history: twenty-four of the longest are read within a stretch
_TOLD = 80  # characters of a thing that the customer said of himself, in his own words
_LONG = 6  # characters of a value that is not told twice
_SEPARATORS = re.compile(r"[;|=\n]+|:(?!\d)|(?<!\d):")
_NO_SHOP = Shop()


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens. `turn` bounds the last message, `total` the whole prompt; the answer's share is already taken off."""

    turn: int = 900
    total: int = 5400


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
        self._role = role or str(table("words")["role"])
        self._speakers = (self._name, self._role)
        self._budget = budget

    @property
    def factor(self) -> float:
        """What our count of tokens is multiplied with, by what the server has counted."""
        return self._tokens.factor

    def refused(self, prompt: Prompt, tokens: int) -> None:
        """Learns at once how many tokens the server has counted of a prompt that was too long for it."""
        if prompt.usual:
            self._tokens.calibrate(prompt.tokens, tokens, weight=1.0)

    def with_factor(self, factor: float) -> "PromptBuilder":
        """The same builder counting as it did when its factor was this: for replaying a turn."""
        tokens = TokenCounter(factor)
        return PromptBuilder(tokens, secret=self._secret, name=self._name, role=self._role, budget=self._budget)

    def system(
        self,
        method: str,
        *,
        structured: bool,
        shop: Shop = _NO_SHOP,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """The fixed text of one flow; the same for every turn and customer.

        `shop`: whose customers these are; what it does not say is not said. `fields`: what a model may report in this
        flow, and what each means.
        """
        return render(
            "system.j2",
            role=self._role,
            name=self._name,
            company=shop.name,
            sells=shop.sells,
            method=method,
            structured=structured,
            fields=fields,
        )

    def count(self, text: str) -> int:
        """Tokens of a message with this text."""
        return self._tokens.count_message(text)

    def opening(
        self, snapshot: Snapshot, text: str, media: Media, *, system: str, most: int
    ) -> tuple[tuple[ChatMessage, ...], str]:
        """For a question beside the answer: its history behind `system`, and `most` tokens of the newest message."""
        history = self._history(snapshot, self._budget.total - self.count(system) - self._budget.turn)
        newest = Exchange(text, "", media=media, revision=snapshot.revision + 1)
        words = beginning(self._tokens, sanitise(text, self._speakers), most)
        return history, self._framed(snapshot.key, newest, words)

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
        shop: Shop = _NO_SHOP,
        fields: Mapping[str, str] = MappingProxyType({}),
        earlier: tuple[str, ...] = (),
        moment: str = "",
        courtesy: bool = False,
    ) -> Prompt:
        """The prompt of one turn. `slots` are known values of lists, `told` those in the customer's own words.

        `goal` is the stage's, empty where nothing is to be found out; `wanted` may be reported, `fields` says of all
        such things of the flow what they mean; `media` says what the text was made of; `deciding` was reckoned from the
        facts; `earlier` is what we said of figures before; `courtesy`: the step's statement is said only where it
        suits.

        What is left out of a message that is too long, and in which order: course.py. The system text never is.
        """
        system = self.system(method, structured=structured, shop=shop, fields=fields)
        newest = Exchange(text, "", media=media, revision=snapshot.revision + 1)
        own = [f"{name} — {_own_words(value, self._speakers)}" for name, value in told.items()]
        course = Course.of(
            step,
            snapshot,
            text,
            own,
            goal=goal,
            slots="; ".join(self._told_once(slots)),
            deciding=deciding,
            earlier=tuple(one_line(line, self._speakers) for line in earlier),
            moment=moment,
            courtesy=courtesy,
        )
        message = LastMessage(
            course,
            self._tokens,
            self._budget.turn,
            framed=lambda words: self._framed(snapshot.key, newest, words),
            framed_told=lambda words: framed(
                words, mark_of(self._secret, snapshot.key, newest.revision, b"told-of-himself")
            ),
        )
        turn = message.written(passages, sanitise(text or "", self._speakers))
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
            about=tuple(part for part in (shop.name, shop.sells) if part),
            lean=message.lean,
            shown=message.shown,
        )

    def _told_once(self, slots: Mapping[str, str]) -> Iterator[str]:
        """Known values with their names; a long one, as of a telephone that is the contact too, once."""
        said: set[str] = set()
        for name, value in slots.items():
            if value not in said or len(value) < _LONG:
                yield f"{name}: {one_line(value, self._speakers)}"
            said.add(value)

    def _framed(self, key: Key, exchange: Exchange, words: str) -> str:
        return framed(words, mark_of(self._secret, key, exchange.revision), exchange.media)

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
        user = self._framed(key, exchange, words) if words else UNKNOWN
        # What we are said to have said may be a person's words, a caller's, or a model's: none of them opens anything.
        said = sanitise(exchange.answer[:_RECALLED], self._speakers) or UNKNOWN
        return ChatMessage("user", user), ChatMessage("assistant", said)
