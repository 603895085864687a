"""What the phrases of one message amount to: negation, context and the readings that exclude each other."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from app.dialogue.hearing.lexicon import Match
from app.dialogue.hearing.text import Contact, Message, Token
from app.dialogue.resources import load_words

_NEGATABLE = frozenset(
    {
        "human_wanted", "agreement", "objection_price", "objection_trust", "frustration", "purchase", "thanks",
        "goodbye", "opt_out", "complaint", "medical", "legal", "booking", "reschedule", "cancel_request",
        "discount_request",
    }
)  # fmt: skip
"""«не дорого», «не надо менеджера», «не согласен»: said so, these are not meant. A price question still is one."""

_POLITE = frozenset({"greeting", "thanks", "goodbye", "agreement"})
_QUESTIONS = frozenset({"price", "feature", "comparison"})
_OBJECTIONS = frozenset({"objection_price", "objection_trust", "objection_have", "objection_think"})
_CONCERNS = frozenset(
    {
        "injection", "opt_out", "complaint", "refund", "legal", "medical", "payment", "discount_request",
        "reschedule", "cancel_request", "booking", "off_topic",
    }
)  # fmt: skip
_EXPLAIN = (
    _OBJECTIONS
    | _CONCERNS
    | {"price", "comparison", "refusal", "frustration", "goodbye", "bot_question", "human_wanted", "greeting"}
)
"""A question mark in a clause with one of these belongs to it: «почему так дорого?» asks for no feature."""
_SAYS_MORE = 2
"""Words beside a greeting from which it is no bare one."""
_COUNTED = ("other_unit", "people", "role", "shop", "your", "pieces")
_PRICED = 4
"""Words of a thing whose price is asked without a verb."""
_WORDS = load_words("hearing", "words.yaml")
"""Endings and words beside «сколько» that make it another question than one for a price."""
WEAK_LIMIT = 3
"""A free-text answer of more words than this may name a price or a plan without asking for it."""


class Reader:
    """The working state of one `understand` call."""

    def __init__(self, message: Message, matches: Sequence[Match]) -> None:
        self.message = message
        self.tokens = message.tokens
        self.by_word: dict[str, list[Match]] = {}
        self.by_intent: dict[str, list[Match]] = {}
        for match in matches:
            kind, name, _ = match.label
            if kind == "word":
                self.by_word.setdefault(name, []).append(match)
            elif kind == "intent":
                self.by_intent.setdefault(name, []).append(match)
        self._places: dict[tuple[str, str], frozenset[int]] = {}
        self._strange: dict[str, Sequence[int]] = {}  # by intent the places of words that do not belong to it
        self._before = self.places_of("negation_before")
        self._after = self.places_of("negation_after")
        self._only = self.places_of("only")
        filler = self.places_of("filler") | frozenset().union(*(self.places(name) for name in _POLITE))
        self.content = tuple(place for place in range(len(self.tokens)) if place not in filler)

    def places_of(self, word: str) -> frozenset[int]:
        """The places of the words of a helper list."""
        return self._once("word", word, self.by_word)

    def places(self, intent: str) -> frozenset[int]:
        """The places of the words that mean an intent."""
        return self._once("intent", intent, self.by_intent)

    def _once(self, kind: str, name: str, matches: Mapping[str, Sequence[Match]]) -> frozenset[int]:
        # Asked for every match of a message: gathered once, the cost grows with its length and not with its square.
        if (kind, name) not in self._places:
            found = (place for match in matches.get(name, ()) for place in range(match.start, match.end))
            self._places[kind, name] = frozenset(found)
        return self._places[kind, name]

    def negated(self, start: int, end: int, reach: int = 2) -> bool:
        """Whether a negation governs tokens `start`..`end`: just before, or («1С нет», «керек емес») just behind."""
        clause = self.tokens[start].clause
        for place in range(max(0, start - reach), start):
            if place in self._before and self.tokens[place].clause == clause and place + 1 not in self._only:
                return True
        return any(
            place in self._after and self.tokens[place].clause == clause
            for place in range(end, min(len(self.tokens), end + reach))
        )

    def intents(self, pending: str | None, open_answer: bool) -> set[str]:
        """The names of the intents that hold."""
        found: set[str] = set()
        for name, matches in self.by_intent.items():
            base = base_intent(name)
            limit = name[len(base) + 1 :]
            for match in matches:
                if self._part_of_another(match, base):
                    continue
                if base in _NEGATABLE and self.negated(match.start, match.end):
                    continue
                if limit == "bare" and not self._bare(match, base):
                    continue
                # A free-text answer may name a plan («не знаем, какие цены ставить») or wish for something.
                long = len(self.content) > WEAK_LIMIT
                if open_answer and not self.message.asking and (limit == "wish" or (limit == "weak" and long)):
                    continue
                found.add(base)
        return self._settle(found, pending)

    def _part_of_another(self, match: Match, intent: str) -> bool:
        """«good» in «good morning» agrees to nothing, «где» in «где-то» asks nothing."""
        if intent == "agreement":
            return match.start in self.places("greeting") and match.start not in self.places("thanks")
        return intent == "feature" and match.start in self.places_of("indefinite")

    def _bare(self, match: Match, intent: str) -> bool:
        """Whether nothing else is said: in the clause for a refusal, in the whole message for the rest."""
        clause = self.tokens[match.start].clause
        if intent == "refusal":
            rest = self._refused.get(clause, ())
            return clause not in self.message.asking and all(match.start <= place < match.end for place in rest)
        if intent not in self._strange:
            own = self.places(intent) | self.places(f"{intent}_bare") | self.places("refusal")
            self._strange[intent] = tuple(place for place in self.content if place not in own)
        return all(match.start <= place < match.end for place in self._strange[intent])

    @cached_property
    def _refused(self) -> Mapping[int, Sequence[int]]:
        """By clause the places of what is said in it beside a refusal."""
        courtesies = self.places("thanks") | self.places("greeting")
        allowed = self.places_of("refusal_filler") | self.places("refusal_bare") | courtesies
        return {
            clause: tuple(place for place in places if place not in allowed)
            for clause, places in self._by_clause.items()
        }

    @cached_property
    def _by_clause(self) -> Mapping[int, Sequence[int]]:
        """The places of each clause."""
        found: dict[int, list[int]] = {}
        for place, token in enumerate(self.tokens):
            found.setdefault(token.clause, []).append(place)
        return found

    def _how_dear(self) -> bool:
        """Whether each word of a worry about money is a part of a question for the price: «насколько дорого?»."""
        asked = self.by_intent.get("price", ())
        return all(
            any(price.start <= worry.start and worry.end <= price.end for price in asked)
            for worry in self.by_intent.get("objection_price", ())
        )

    def _of_money(self, found: set[str], marked: bool) -> set[str]:
        """«не дорого ли?», «дорого?»: whoever asks so wants to hear the price. «почему так дорого?» complains."""
        found = found - {"agreement"} if marked else found
        alone = len(self.content) <= 1 or bool(self.places_of("whether"))
        negated = any(self.negated(match.start, match.end) for match in self.by_intent.get("objection_price", ()))
        if marked and (("objection_price" in found and alone) or negated):
            return found - {"objection_price"} | {"price"}
        return found - {"objection_price"} if self._how_dear() else found

    def _settle(self, found: set[str], pending: str | None) -> set[str]:
        """Resolve readings that exclude each other."""
        marked = bool(self.message.asking)
        found = self._of_money(found, marked)
        if any(self.tokens[m.start].clause in self.message.asking for m in self.by_intent.get("objection_have", ())):
            found.discard("objection_have")  # «программа уже стоит?» asks
        if pending == "current_tools":
            found.discard("objection_have")  # «у нас уже есть 1С» answers our question
        if "bot_question" in found:
            found -= {"human_wanted", "feature"}
        if "human_wanted" in found:
            found.discard("feature")
        if "injection" in found:
            found -= {"off_topic", "bot_question", "human_wanted"}
        if found & {"reschedule", "cancel_request"}:
            found -= {"booking", "purchase"}  # «отмените заказ», «запишите меня на другое время»
        if "refusal" in found:
            # «нет, спасибо, не надо» thanks for nothing and agrees to nothing.
            found -= {"thanks", "agreement", "objection_think", "purchase"}
        if "agreement" in found and self.content and not self.places("agreement") & {0, 1}:
            found.discard("agreement")
        if not found & (_CONCERNS | {"price", "comparison"}) and self._prices():
            found.add("price")
        found = self._question(found, marked)
        # «какая погода и сколько стоит тариф?» asks for something of ours too.
        if found & (_QUESTIONS | _CONCERNS - {"off_topic"} | {"purchase"}) or "ours" in self.by_word:
            found.discard("off_topic")
        return found

    def _prices(self) -> bool:
        """«скока маникюр», «подмышки сколько»: «сколько» of a thing that is not counted asks for its price."""
        counted = frozenset[int]().union(*(self.places_of(name) for name in _COUNTED))
        substance = frozenset(self.content)
        of_counts = {self.tokens[place].clause for place in counted}
        said = {clause: [p for p in places if p in substance] for clause, places in self._by_clause.items()}
        for match in self.by_word.get("how_much", ()):
            clause = self.tokens[match.start].clause
            following = self._beside(match.end, clause)
            before = self._beside(match.start - 1, clause)
            if before and (before.text in _WORDS["no_price"] or before.text.endswith(_WORDS["knows"])):
                continue  # «не знаю сколько»
            if following and following.text in _WORDS["no_price"]:
                continue  # «во сколько открытие»
            own = sum(place in substance for place in range(match.start, match.end))
            if not 1 <= len(said[clause]) - own <= _PRICED or clause in of_counts:
                continue
            thing = match.end in substance and following and not following.text.endswith(_WORDS["endings"])
            if following is None or thing:
                return True
        return False

    def _said(self, clause: int) -> Sequence[int]:
        """The places of what is said in a clause beside a greeting."""
        own = self.places("greeting")
        return [place for place in self._by_clause.get(clause, ()) if place in self._substance and place not in own]

    @cached_property
    def _substance(self) -> frozenset[int]:
        return frozenset(self.content)

    def _beside(self, place: int, clause: int) -> Token | None:
        """The token at a place, if it stands in that clause."""
        within = 0 <= place < len(self.tokens) and self.tokens[place].clause == clause
        return self.tokens[place] if within else None

    def _question(self, found: set[str], marked: bool) -> set[str]:
        """Whether the message asks for information beside what else it does: in a clause that nothing else explains."""
        busy = {
            self.tokens[m.start].clause
            for name in self.by_intent
            if base_intent(name) in found & _EXPLAIN
            for m in self.by_intent[name]
            # «Hello how do I load them?»: without a comma, too, more is said than hello.
            if name != "greeting" or len(self._said(self.tokens[m.start].clause)) < _SAYS_MORE
        }
        why = (
            {self.tokens[m.start].clause for m in self.by_word.get("why", ())}
            if found & {"refusal", *_OBJECTIONS}
            else set()
        )
        asked = {self.tokens[p].clause for p in self.content} & self.message.asking
        if "feature" in found:
            asked |= {
                self.tokens[m.start].clause
                for name in self.by_intent
                if base_intent(name) == "feature"
                for m in self.by_intent[name]
            }
        if not marked and found & {"refusal", "frustration", *_OBJECTIONS}:
            asked.clear()  # «подумаю, как быть» asks nothing
        substance = {self.tokens[place].clause for place in self.content}
        # «а что у вас есть?»: fillers all, and yet a question.
        assortment = "assortment" in self.by_word and not found & (_EXPLAIN - {"greeting"})
        if assortment or (asked & substance) - busy - why:
            return found | {"feature"}
        # The courtesy before («можно вопрос?») asks nothing yet.
        return found - {"feature"}

    def taken(self, places: Sequence[int], names: set[str]) -> bool:
        """Whether all these words belong to intents that were found."""
        own: frozenset[int] = self.places_of("refusal_filler") if "refusal" in names else frozenset()
        if "denial" in names:
            own |= self.places_of("deny")
        for name in names - _QUESTIONS - {"project"}:
            own |= self.places(name) | self.places(f"{name}_bare")
        return own.issuperset(places)

    def asking(self, names: set[str]) -> frozenset[int]:
        """The clauses that ask: those with a question mark, and those whose words ask without one."""
        clauses = set(self.message.asking)
        for name in _QUESTIONS & names:
            for variant in (name, f"{name}_bare", f"{name}_weak", f"{name}_wish"):
                clauses |= {self.tokens[match.start].clause for match in self.by_intent.get(variant, ())}
        return frozenset(clauses)


def base_intent(name: str) -> str:
    """The intent of a phrase list: `price_weak` and `price_bare` are lists of `price`."""
    return name.rpartition("_")[0] if name.endswith(("_bare", "_weak", "_wish")) else name


def is_foreign(reader: Reader, contact: Contact) -> bool:
    """Whether a number is not the customer's own: «не звоните на …», «это ваш номер …?»."""
    places = [place for place, token in enumerate(reader.tokens) if contact.start <= token.start < contact.end]
    if not places:
        return False
    clause = reader.tokens[places[0]].clause
    if reader.places_of("no_call") and not (reader.places_of("channel") or reader.places_of("part_of_day")):
        return True  # «туда не звоните»; who says how to write to it, or when not to call, means his own
    if any(reader.tokens[place].clause == clause for place in reader.places_of("your")):
        return clause in reader.message.asking or reader.tokens[places[-1]].clause in reader.message.asking
    return reader.negated(places[0], places[-1] + 1, reach=3)
