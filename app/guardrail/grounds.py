"""What the words of a draft may rest on: our sections and texts, and what was said in the conversation."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

from app.guardrail.known import KnownWords
from app.guardrail.model import Context
from app.types import Section

_MESSAGES = 6
"""Of each side, newest last, whose words may be taken up again."""
_READ = 600
"""Characters of one."""


class Grounds:
    """Of one draft, each part made when first asked for. `told`: what was heard of the customer."""

    def __init__(self, context: Context, told: Sequence[str]) -> None:
        self._context = context
        self._told = told

    def facts(self, word: str) -> bool:
        """Whether our sections, what decides or a text of the dialogue has it, in any of its forms."""
        return self.used(word) or self._own.holds(word)

    def used(self, word: str) -> bool:
        """Whether a section in use has it."""
        return any(section.holds(word) for section in self._used)

    def any(self, word: str) -> bool:
        """Whether that, the conversation or what may be said of us has it."""
        return self.facts(word) or self._talk.holds(word)

    def newest(self, word: str) -> bool:
        """Whether the customer's newest message has it."""
        return self._newest.holds(word)

    @cached_property
    def readable(self) -> bool:
        """Whether the sections can bear a word of the answer out: none can that is in another language."""
        context = self._context
        if context.languages and context.language not in context.languages:
            return False
        return not context.passages or any(p.section.language == context.language for p in context.passages)

    @cached_property
    def _used(self) -> tuple[KnownWords, ...]:
        return tuple(_of(passage.section) for passage in self._context.passages)

    @cached_property
    def _own(self) -> KnownWords:
        context = self._context
        own = (text for text in context.own if text not in (context.shop.name, context.shop.sells))
        return KnownWords.of((*own, context.stated, *(each.said for each in context.deciding)))

    @cached_property
    def _talk(self) -> KnownWords:
        shop = self._context.shop
        talk = (*self._told[-_MESSAGES:], *self._context.earlier[-_MESSAGES:])
        return KnownWords.of((*(text[:_READ] for text in talk), shop.name, shop.sells))

    @cached_property
    def _newest(self) -> KnownWords:
        return KnownWords.of(self._told[-1:])


@lru_cache(maxsize=1024)
def _of(section: Section) -> KnownWords:
    return KnownWords.of((section.title, section.text, *section.keywords, *(fact.name for fact in section.facts)))
