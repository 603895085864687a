"""The bot's own topics (`policy/`) met in a message: what they say, and which question they leave to the search."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.dialogue.hearing.reader import base_intent
from app.dialogue.hearing.text import fold, read, without
from app.dialogue.policy.model import MAX_JOINED, Topic
from app.dialogue.resources import load_words
from app.dialogue.rules import support
from app.dialogue.rules.beside import LOOKED_UP, looks_up, of_hours
from app.dialogue.rules.beside import others as beside_questions
from app.dialogue.rules.scene import QUESTIONS, RULED, Decision, Scene
from app.dialogue.rules.strangers import NO_BUYER
from app.understanding.acts import Classifier

_AND = frozenset(map(fold, load_words("rules", "words.yaml")["and"]))
_A_QUESTION = 2
"""From so many words on what is left of a question is one, even without words that ask."""
_IN_NEED = frozenset({"medical", "emergency"})
_ALONE = _IN_NEED | {
    "legal",
    "abuse",
    "injection",
    "opt_out",
    "trouble",
    "order_status",
    "paid",
    "complaint",
    *NO_BUYER,
}
"""What nothing else is looked up beside."""
SUPPLIER = "supplier"
"""Who has an offer to make, and may ask for a price of ours as a customer does."""
_OF_GOODS = frozenset({"price", "sum", "about_us", "payment"})
_OFFERS = 0.9
"""Probability from which who has talked with us as a customer has an offer to make, or asks for work."""
_ASKED = 0.1
"""Probability of that topic from which a question is one for its rule."""
_BETWEEN = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A topic met, by the words at `places` (token indices; none where an intent rests on no words)."""

    topic: Topic
    places: frozenset[int]


def hits(s: Scene) -> list[Hit]:
    """The bot's topics in a message, in the policy's order."""
    words: dict[str, set[int]] = {}
    intents: dict[str, set[int]] = {}
    off: set[str] = set()
    for match in s.u.matches:
        kind, name, _ = match.label
        if kind == "topic":
            words.setdefault(name, set()).update(range(match.start, match.end))
        elif kind == "intent":
            intents.setdefault(base_intent(name), set()).update(range(match.start, match.end))
        elif kind == "except":
            off.add(name)
    found = []
    excused: set[int] = set()
    for topic in s.policy.topics:
        heard = [intent for intent in topic.intents if s.u.has(intent)]
        if topic.name in off:
            # What the bot excepts from its own topic is no case for the package's one behind it either.
            excused |= words.get(topic.name, set()).union(*(intents.get(intent, ()) for intent in heard))
            continue
        if excused:
            heard = [i for i in heard if not (intents.get(i) and excused & intents[i])]
        if topic.name in NO_BUYER and topic.name not in words and _amidst(s, topic, heard, intents):
            continue
        if heard or topic.name in words:
            places = frozenset(words.get(topic.name, ())).union(*(intents.get(intent, ()) for intent in heard))
            found.append(Hit(topic, places))
    return found


def _amidst(s: Scene, topic: Topic, heard: Sequence[str], intents: Mapping[str, set[int]]) -> bool:
    """Whether it only sounds like somebody's offer, in the middle of a talk about our things."""
    goes_on = s.state.turns > 0 and s.state.lane != topic.name
    return goes_on and not any(intents.get(each) or s.u.acts.get(each, 0.0) >= _OFFERS for each in heard)


def by_topic(s: Scene) -> Decision | None:
    """The first topic of the policy that is met decides; `also` topics are said together."""
    found = hits(s)
    if not found:
        return None
    first = found[0]
    said = [first]
    if first.topic.also:
        for hit in found[1:]:
            # Words that one topic explained are no second one: «адрес» beside «где вы находитесь» is.
            if hit.topic.also and len(said) < MAX_JOINED and not _within(hit, said):
                said.append(hit)
    texts = [s.vary(text) for hit in said if (text := support.lines(s, hit.topic))]
    statement, question = split_question(texts)
    if question and question in s.last_answer:
        question = None  # asked a moment ago, in the same words
    topic = next((hit.topic for hit in said if hit.topic.action == "handover"), first.topic)
    query, reason = s.query if any(hit.topic.search for hit in said) else None, topic.name
    several: tuple[str, ...] = ()
    if query is None and topic.action == "handover":
        query = support.first_aid(s, topic) or _general(s, first) or support.broken(s)
        if query is None and (left := _apart(s, said)):
            several = beside_questions(s, topic.intents) if _IN_NEED.isdisjoint(s.u.intents) else ()
            several = several if len(several) > 1 else ()
            query = " ".join(several) or left
        reason = "feature" if query and not _general(s, first) else reason
    if query is None and first.topic.also and topic.action == "answer":
        query = remaining_question(s, said)
        reason = next((name for name in QUESTIONS if query and s.u.has(name)), reason)
    apart = support.asked_apart(s) if topic.name == support.LANE and query else ()
    others = _others(s, said) if query is None else ()
    if others:
        query, reason = ". ".join(others), "feature"
    # A text stands by itself; without one the search decides, and may find nothing.
    fallback = s.not_found if query is not None and statement is None else None
    fallback = support.asked_too(s) if apart else fallback
    calm = not s.u.has("refusal", "frustration", "goodbye")
    made = Decision(
        topic.action if query is None or topic.action != "ask" else "answer",
        reason,
        statement,
        query,
        fallback,
        question,
        slot=topic.slot,
        topic=topic.name,
        asks=topic.action in ("answer", "ask") and calm and s.may_ask,
        hands_over=topic.action == "handover",
        queries=apart or others or several,
    )
    if made.hands_over:
        later = s.say("later").replace("{time}", s.opening) if s.tells_when else None
        statement = " ".join(part for part in (statement, later) if part) or s.say("human_open")
        if name := s.heard.values.get("name"):
            statement = f"{s.say('named').replace('{name}', name)} {statement}"
        made = replace(made, statement=statement, question=None)
        return support.answered_first(s, made) if topic.name == support.LANE and query else made
    return made


def beside(s: Scene) -> Decision | None:
    """What the topics add to an answer that something stronger decides: fixed answers, without their questions."""
    made = by_topic(s)
    return made if made is not None and made.action in ("answer", "handover") else None


def remaining_question(s: Scene, said: list[Hit]) -> str | None:
    """What else the message asks, beside the parts that these topics explain; None when nothing is left."""
    own = frozenset[int]().union(*(hit.places for hit in said))
    tokens = s.u.message.tokens
    part, parts = 0, []
    for place, token in enumerate(tokens):
        # «во сколько открываетесь и сколько стоит педикюр?» is one clause of two parts.
        part += place > 0 and (token.clause != tokens[place - 1].clause or token.text in _AND)
        parts.append(part)
    explained = {parts[place] for place in own}
    rest = frozenset(place for place in range(len(tokens)) if parts[place] not in explained)
    asks = {
        place
        for match in s.u.matches
        if match.label[0] == "intent" and base_intent(match.label[1]) in QUESTIONS
        for place in range(match.start, match.end)
    }
    asked = [place for place in s.u.content if place in rest and tokens[place].clause in s.u.asking]
    if not asked or not (len(asked) >= _A_QUESTION or asks & rest):
        return None
    dropped = frozenset(range(len(tokens))) - rest | s.u.greeting | {p for p in rest if tokens[p].text in _AND}
    return without(s.u.message, dropped).lstrip("?! ") or None


def _general(s: Scene, hit: Hit) -> str | None:
    """«Is the money given back if it does not suit?»: the rule is looked up, and a person has the case all the same."""
    if hit.topic.name != RULED or not s.u.message.asking or s.state.handed_over:
        return None
    questions, classifier = s.said.questions, Classifier.load()
    if len(questions) <= 1:
        return str(s.texts.data[f"rule_query_{RULED}"])
    # «Give it back, and what does delivery cost?» asks for no rule.
    marked = (dict(classifier.scored(each).acts) for each in questions if each.endswith("?"))
    asked = any(acts.get(RULED, 0.0) >= _ASKED for acts in marked)
    return s.query if asked else None


def _others(s: Scene, said: list[Hit]) -> tuple[str, ...]:
    """Of several questions those that these topics do not answer, each to be looked up by itself."""
    if SUPPLIER in s.u.intents and said[0].topic.name == SUPPLIER:
        return beside_questions(s, (SUPPLIER,), only=_OF_GOODS)
    if len(s.said.questions) < _A_QUESTION or not _ALONE.isdisjoint(s.u.intents):
        return ()
    own = {s.u.message.tokens[place].text for hit in said for place in hit.places}
    intents = frozenset(intent for hit in said for intent in hit.topic.intents)
    kept = []
    for question in s.said.questions:
        if own.isdisjoint(token.text for token in read(question).tokens):
            if of_hours(question):
                kept.append(str(s.texts.data["query_hours"]))
            elif looks_up(question, (), LOOKED_UP - intents):
                kept.append(question)
    return tuple(kept) if len(kept) < len(s.said.questions) else ()


def _apart(s: Scene, said: list[Hit]) -> str | None:
    """A question in another sentence than the words that brought it to a person."""
    # What stands beside an illness or a danger asks about that: only a price is something else.
    about_it = not _IN_NEED.isdisjoint(s.u.intents) and not s.u.has("price", "comparison")
    return remaining_question(s, said) if said[0].places and s.u.message.asking and not about_it else None


def split_question(texts: list[str]) -> tuple[str | None, str | None]:
    """(statement, question) of texts said together: the last question ends the answer, others are left out."""
    sentences = [sentence for text in texts for sentence in _BETWEEN.split(text)]
    questions = [sentence for sentence in sentences if "?" in sentence]
    statement = " ".join(sentence for sentence in sentences if "?" not in sentence)
    return statement or None, questions[-1] if questions else None


def _within(hit: Hit, said: list[Hit]) -> bool:
    own = frozenset[int]().union(*(other.places for other in said))
    return not hit.places or hit.places <= own
