"""PromptBuilder: a step, passages and a history -> a Prompt within its token budget.

Order for the prefix cache: the system text is fixed per bot and flow; the history only grows at its end, and is cut in
blocks at fixed places so that the same beginning serves many turns; everything that changes stands in the last message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.prompt.sanitise import sanitise
from app.prompt.tokens import TokenCounter
from app.types import Exchange, Language, Message, Passage, Prompt, Snapshot, Step

_LANGUAGES: Mapping[Language, str] = {"ru": "русский", "kk": "казахский (қазақша)", "en": "английский (English)"}
_BLOCK = 8  # exchanges that leave the history together
_FRESH = 3  # messages no earlier prompt began with: the last exchange as it is remembered, and the newest message
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


@cache
def _environment() -> Environment:
    # Plain text for a model, not HTML: escaping would change the customer's words.
    return Environment(
        loader=PackageLoader("app.prompt"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - a prompt is no page
        trim_blocks=True,
        lstrip_blocks=True,
    )


class PromptBuilder:
    """Builds the prompts of one bot. `name` and `role` are its persona."""

    def __init__(self, tokens: TokenCounter, *, name: str = "", role: str = "", budget: Budget = Budget()) -> None:
        self._tokens = tokens
        self._name = name
        self._role = role or "продавец-консультант"
        self._budget = budget

    @property
    def factor(self) -> float:
        """What our count of tokens is multiplied with, by what the server has counted."""
        return self._tokens.factor

    def with_factor(self, factor: float) -> "PromptBuilder":
        """The same builder counting as it did when its factor was this: for replaying a turn."""
        tokens = TokenCounter(factor)
        return PromptBuilder(tokens, name=self._name, role=self._role, budget=self._budget)

    def system(self, method: str, *, structured: bool) -> str:
        """The fixed text of one flow; the same for every turn and customer."""
        template = _environment().get_template("system.j2")
        return template.render(role=self._role, name=self._name, method=method, structured=structured).strip()

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
        wanted: tuple[str, ...] = (),
        structured: bool = True,
    ) -> Prompt:
        """The prompt of one turn. `slots` are the known ones in words; `goal` is the stage's; `wanted` may be reported.

        Passages are cut first, then the customer's own text, then the history; never the system text.
        """
        system = self.system(method, structured=structured)
        turn = self._turn(step, passages, sanitise(text), goal, slots)
        left = self._budget.total - self._tokens.count_message(system) - self._tokens.count_message(turn)
        messages = (*self._history(snapshot, left), Message("user", turn))
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
        )

    def _turn(self, step: Step, passages: tuple[Passage, ...], text: str, goal: str, slots: Mapping[str, str]) -> str:
        def render(shown: list[_Shown], words: str) -> str:
            return _environment().get_template("turn.j2").render(
                passages=shown,
                language=_LANGUAGES[step.language],
                goal=goal,
                slots="; ".join(f"{name}: {sanitise(value)}" for name, value in slots.items()),
                greeting=step.greeting,
                statement=" ".join(part for part in (step.statement, step.lead if shown else None) if part),
                question=step.question,
                text=words,
            )  # fmt: skip

        room = self._budget.turn
        words = self._cut(text, room - self._tokens.count(render([], "")))
        shown: list[_Shown] = []
        for passage in passages:
            candidate = _Shown(passage, passage.section.text)
            if self._tokens.count(render([*shown, candidate], words)) > room:
                if not shown:  # the best one is worth its beginning
                    spare = room - self._tokens.count(render([_Shown(passage, "")], words))
                    shown.append(_Shown(passage, self._cut(passage.section.text, spare)))
                break
            shown.append(candidate)
        return render(shown, words).strip()

    def _cut(self, text: str, tokens: int) -> str:
        """The longest beginning of `text` within `tokens`, found by halving."""
        if tokens <= 0:
            return ""
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

    def _history(self, snapshot: Snapshot, tokens: int) -> tuple[Message, ...]:
        """The tail that fits, beginning at a multiple of a block counted from the conversation's first exchange."""
        history = snapshot.history
        first = max(0, snapshot.revision - len(history))  # place of history[0] in the whole conversation
        costs = [sum(self._tokens.count_message(m.content) for m in _messages(exchange)) for exchange in history]
        start = 0 if first == 0 else -first % _BLOCK
        while start < len(history) and sum(costs[start:]) > tokens:
            start += _BLOCK - (first + start) % _BLOCK
        return tuple(message for exchange in history[start:] for message in _messages(exchange))


def _messages(exchange: Exchange) -> tuple[Message, Message]:
    return Message("user", sanitise(exchange.user or _UNKNOWN) or _UNKNOWN), Message("assistant", exchange.answer)
