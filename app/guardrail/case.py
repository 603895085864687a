"""A draft with everything that its checks need, each part worked out once and only when asked for."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from app.guardrail.addresses import Address, addresses
from app.guardrail.allowed import knowledge as known_by
from app.guardrail.allowed.model import AllowedByKnowledge
from app.guardrail.claimed import Claimed, asked, claimed
from app.guardrail.customer import heard, spent, told
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.read import figures
from app.guardrail.grounds import Grounds
from app.guardrail.model import Context
from app.guardrail.subject.binding import Binding, bind
from app.guardrail.subject.mentions import Mention, mentions
from app.guardrail.text.folding import fold
from app.guardrail.text.lexicon import lexicon
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import Turns, phrases
from app.guardrail.text.sentences import spans
from app.guardrail.text.words import PlacedToken, Text, read

_LISTS = Lists("app.guardrail", "case.yaml")
_TIMES = _LISTS.words("times")

_PRICE = ("@price", "@pay")
_COSTS = _LISTS.pattern("costs")
"""Beginnings of words behind which a number is a price, beside those with the keys above."""
_MEASURES: dict[str, tuple[int, ...]] = {"month": (1, 12), "minute": (1, 60, 1440, 10080), "second": (1,), "": ()}
MONEY_FLOOR = 500
"""A bare number from here on is taken for money: nothing smaller is a price here without a sign of one."""

_ANSWERS, _ANSWER = 3, 600
"""Answers before, and characters of one, whose figures may be taken up again."""
_BACK = 3
"""Messages before the newest whose things may be meant without their names."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding in the places of the repaired text."""

    check: str
    detail: str
    start: int
    end: int


class Case:
    """One draft in its context."""

    def __init__(self, draft: str, context: Context) -> None:
        self.context = context
        self.lexicon = lexicon(context.shop)
        self.text = read(draft, context.language, self.lexicon)
        stock = context.known.stock if context.known else None
        self.knowledge: AllowedByKnowledge = known_by.of(context.passages, self.lexicon, stock)

    def heard(self, message: str) -> tuple[Text, tuple[Figure, ...], frozenset[Decimal]]:
        """A customer's message as read, with its numbers."""
        return heard(message, self.lexicon)

    def spent(self, message: str) -> frozenset[Decimal]:
        """Figures of a customer's message that are what they have or pay now."""
        return spent(message, self.lexicon)

    @cached_property
    def names(self) -> frozenset[str]:
        """The shop's own names, folded."""
        return frozenset(fold(name) for name in self.lexicon.names)

    def turns(self, name: str) -> Turns:
        """The turns of speech of one list of phrases.yaml that the draft has."""
        return self._turns[name]

    @cached_property
    def _turns(self) -> dict[str, Turns]:
        return phrases().find(self.text)

    @cached_property
    def addresses(self) -> list[Address]:
        """Links, e-mail addresses, telephones and accounts of the draft."""
        return addresses(self.text, self.turns("telephones").sentences)

    @cached_property
    def grounds(self) -> Grounds:
        """What its words may rest on."""
        return Grounds(self.context, self.told)

    @cached_property
    def claimed(self) -> list[Claimed]:
        """Its sentences that claim something, with the sections of the whole knowledge that bear on them."""
        return claimed(self.text, self.context, self.is_own)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        return figures(self.text, self.knowledge.models)

    @cached_property
    def own(self) -> tuple[tuple[int, int], ...]:
        """Places of the dialogue's own texts in the draft."""
        found = []
        for own in self.context.own:
            wanted = own.strip()
            if not wanted:
                continue
            at = self.text.raw.find(wanted)
            if at >= 0:
                found.append((at, at + len(wanted)))
                continue
            for a, b in spans(wanted):  # its sentences, if line breaks moved
                at = self.text.raw.find(wanted[a:b])
                if at >= 0:
                    found.append((at, at + b - a))
        return tuple(found)

    def is_own(self, start: int, end: int) -> bool:
        return any(a <= start and end <= b for a, b in self.own)

    @cached_property
    def numbers_heard(self) -> frozenset[Decimal]:
        """Every number that the customer wrote."""
        return frozenset().union(*(self.heard(message)[2] for message in self.told))

    @cached_property
    def customer(self) -> str:
        """What was heard of the customer, folded."""
        return "\n".join(fold(message) for message in self.told)

    @cached_property
    def customer_words(self) -> frozenset[str]:
        """Its words, as they stand between spaces."""
        return frozenset(self.customer.split())

    @cached_property
    def told(self) -> tuple[str, ...]:
        """What is heard of the customer's messages, newest last: their beginnings, and of old ones only so many."""
        return told(self.context.customer)

    @cached_property
    def question(self) -> str:
        """What the newest message asks."""
        return asked(self.told[-1]) if self.told else ""

    @cached_property
    def earlier(self) -> tuple[tuple[Text, tuple[Figure, ...]], ...]:
        """Our last answers before, as read, with their figures."""
        return tuple(self.heard(answer[:_ANSWER])[:2] for answer in self.context.earlier[-_ANSWERS:])

    @cached_property
    def durations_heard(self) -> frozenset[Decimal]:
        """Values of the durations that the customer named."""
        return frozenset(g.value for message in self.told for g in self.heard(message)[1] if g.kind == "duration")

    @cached_property
    def _newest(self) -> tuple[Text, tuple[Figure, ...], frozenset[Decimal]] | None:
        return self.heard(self.told[-1]) if self.told else None

    @cached_property
    def newest_keys(self) -> frozenset[str]:
        """Meaning keys of the customer's newest message."""
        return frozenset(t.key for t in self._newest[0].tokens if t.key) if self._newest else frozenset()

    @cached_property
    def asked(self) -> frozenset[int]:
        """Products that the customer's newest message names."""
        return frozenset() if self._newest is None else self._named(self._newest)

    @cached_property
    def asked_before(self) -> frozenset[int]:
        """Products that the messages before it name."""
        return frozenset().union(*(self._named(self.heard(message)) for message in self.told[-_BACK - 1 : -1]))

    def _named(self, heard: tuple[Text, tuple[Figure, ...], frozenset[Decimal]]) -> frozenset[int]:
        named = mentions(heard[0], self.knowledge, [f for f in heard[1] if f.kind == "money"])
        return frozenset().union(*(m.products for m in named if not m.head and not m.unknown))

    @cached_property
    def numbers_given(self) -> frozenset[Decimal]:
        """Numbers of the sections that are no money, and those of lengths of time in each measure («18 лет»)."""
        given = set(self.knowledge.numbers)
        for k in self.knowledge.known:
            if k.kind == "duration":
                given |= {k.value / n for n in _MEASURES[k.unit or ""]}
        return frozenset(given)

    @cached_property
    def money(self) -> tuple[Figure, ...]:
        """Amounts of money: with a currency, or numbers that can only be that."""
        return tuple(f for f in self.figures if f.kind == "money" or self._is_money(f))

    @cached_property
    def prices(self) -> frozenset[Decimal]:
        """Every amount that the sections give as a price."""
        return frozenset(price.amount for product in self.knowledge.products for price in product.prices)

    def _is_money(self, f: Figure) -> bool:
        if f.kind != "bare":
            return f.value >= MONEY_FLOOR and bool(known_by.priced_by_name(self.knowledge, f))
        tokens = self.text.tokens
        before = [t for t in tokens[max(0, f.first - 3) : f.first] if t.sentence == f.sentence]
        priced = any(t.key in _PRICE or _COSTS.match(t.text) for t in before)
        after = tokens[f.last + 1].text if f.last + 1 < len(tokens) else ""
        if after in _TIMES and not any(
            p.amount == f.value for product in self.knowledge.products for p in product.prices
        ):
            return False  # «500 × 18 ₸»
        if f.value >= MONEY_FLOOR:
            return True
        numbered = any(t.text in "№#" for t in before[-1:])
        # «Тариф «Рост» — это 14.» to somebody who asks what it costs: a figure with nothing behind it is the answer.
        bare = after in ("", ".", "!") and self._asked_for_price
        return ((priced or bare) and not numbered) or (f.period is not None and not f.weak_period)

    @cached_property
    def _asked_for_price(self) -> bool:
        if self._newest is None:
            return False
        return any(t.key == "@price" or _COSTS.match(t.text) for t in self._newest[0].tokens)

    @cached_property
    def figures_in(self) -> dict[int, list[Figure]]:
        """Sentence -> its figures."""
        rows: dict[int, list[Figure]] = {}
        for f in self.figures:
            rows.setdefault(f.sentence, []).append(f)
        return rows

    @cached_property
    def mentions(self) -> list[Mention]:
        return mentions(self.text, self.knowledge, self.money, self.customer)

    @cached_property
    def bindings(self) -> list[Binding]:
        if not self.money:
            return []
        return bind(self.text, self.knowledge, self.mentions, self.money, self.asked)

    @cached_property
    def sentence_keys(self) -> list[frozenset[str]]:
        """Meaning keys per sentence."""
        keys: list[set[str]] = [set() for _ in self.text.sentences]
        for t in self.text.tokens:
            if t.key and t.sentence < len(keys):
                keys[t.sentence].add(t.key)
        return [frozenset(k) for k in keys]

    @cached_property
    def spoken_keys(self) -> frozenset[str]:
        """Meaning keys of the whole draft and of the customer's newest message."""
        return self.newest_keys.union(*self.sentence_keys)

    @cached_property
    def sentence_tokens(self) -> list[list[PlacedToken]]:
        """Tokens per sentence."""
        rows: list[list[PlacedToken]] = [[] for _ in self.text.sentences]
        for t in self.text.tokens:
            if t.sentence < len(rows):
                rows[t.sentence].append(t)
        return rows

    @cached_property
    def _clauses(self) -> dict[int, list[PlacedToken]]:
        rows: dict[int, list[PlacedToken]] = {}
        for t in self.text.tokens:
            rows.setdefault(t.clause, []).append(t)
        return rows

    def token_at(self, place: int) -> PlacedToken | None:
        """The token that a place of the draft lies in, else the one behind it; None behind the last."""
        at = self.text.token_at(place)
        return self.text.tokens[at] if at < len(self.text.tokens) else None

    def sentence_at(self, place: int) -> int:
        """The sentence of a place of the draft, 0 behind its last word."""
        token = self.token_at(place)
        return token.sentence if token else 0

    def clause_at(self, place: int) -> int:
        """The clause of a place of the draft, 0 behind its last word."""
        token = self.token_at(place)
        return token.clause if token else 0

    def clause_keys(self, clause: int) -> frozenset[str]:
        """Meaning keys of a clause."""
        return frozenset(t.key for t in self._clauses.get(clause, ()) if t.key)

    def clause_text(self, clause: int) -> str:
        """A clause, folded."""
        inside = self._clauses.get(clause)
        return self.text.folded[inside[0].start : inside[-1].end] if inside else ""

    def sentence_text(self, sentence: int) -> str:
        return self.text.folded[slice(*self.text.sentences[sentence])]

    def said(self, f: Figure) -> str:
        """A figure as the draft wrote it."""
        return self.text.raw[f.start : f.end]
