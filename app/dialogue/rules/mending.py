"""He says that we answered beside the point, or asks again: what he asked is looked for anew; sorry is said once."""

from dataclasses import replace

from app.dialogue.hearing.asking import content_of
from app.dialogue.hearing.leaning import thing_of
from app.dialogue.hearing.text import Message, fold, read
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.resources import load_words
from app.dialogue.rules import earlier
from app.dialogue.rules.plainly import in_plain_words
from app.dialogue.rules.scene import SORRY, Decision, Scene
from app.language.words import questions
from app.understanding.acts import Classifier

_WORDS = load_words("rules", "words.yaml")
_CORRECTING = frozenset(map(fold, _WORDS["correcting"]))
_INSISTING = frozenset(map(fold, _WORDS["insisting"]))
_PRICED = frozenset({"price", "sum"})
_MENDED = frozenset({"answer", "ask"})
_SURELY = 0.7
_A_PRICE = 0.3
"""Probability from which who corrects us asks for a price."""
_BACK = 4
_ASKED = frozenset({"feature", "price", "sum", "comparison", "payment", "about_us", "discount_request", "demo"})
_FEW = 3
"""Words that name what he means; more of them say it by themselves."""


def mended(s: Scene, plan: Decision) -> Decision:
    """The plan for a message that corrects our last answer or asks again; any other's as it is."""
    if not s.last_answer or plan.topic or plan.closes or plan.hands_over:
        return plan
    if s.u.has("correction"):
        return _corrected(s, plan)
    if _only_angry(s, plan):
        return _asked_before(s, plan)
    again = _insists(s) if plan.query is not None and plan.reason != "price" else ""
    return replace(plan, wider=again) if again else plan


def _only_angry(s: Scene, plan: Decision) -> bool:
    """«Do you read at all what I write?»: anger about us, and no question of its own."""
    if not s.u.has("frustration") or s.heard.values:
        return False
    surely = s.u.acts.get("frustration", 0.0) >= _SURELY
    return plan.reason == "frustration" or (surely and plan.reason in ("feature", "about_us"))


def _asked_before(s: Scene, plan: Decision) -> Decision:
    """His newest question is looked for anew; where it finds nothing else, a person is offered."""
    newest = next((asked[-1] for text in s.written[1:_BACK] if (asked := _questions(text))), "")
    question = _meant(s) or newest
    if not question or s.state.handed_over:
        return plan
    sorry = None if SORRY in s.state.said else s.say("missed")
    fallback = s.say("person_offer")
    return replace(
        plan, action="answer", reason="feature", statement=sorry, query=question, fallback=fallback, asks=False,
        greet=False, mark=SORRY, question=None, wider=_about(question),
    )  # fmt: skip


def _questions(text: str) -> tuple[str, ...]:
    """What a message of his asked, but for reproaches."""
    asked = earlier.questions_of(text)
    return tuple(each for each in asked if Classifier.load().scored(each).best in _ASKED)


def _corrected(s: Scene, plan: Decision) -> Decision:
    # «You skipped my question about recipes» is no other subject than ours.
    if plan.action not in _MENDED and plan.reason != "off_topic":
        return plan
    if s.heard.answered or s.heard.corrected or (plan.query is None and plan.reason == "language_wish"):
        return plan
    if parts := _put_right(s):
        return replace(
            plan, action="answer", reason=plan.reason if plan.query is not None else "feature",
            statement=None if SORRY in s.state.said else s.say("missed"), query=". ".join(parts), queries=parts,
            fallback=s.not_found, greet=False, mark=SORRY, asks=False, question=None,
        )  # fmt: skip
    asks_price = (
        plan.reason == "price" and s.u.acts.get("price", 1.0) >= _A_PRICE
    )  # «not about the price» asks for none
    query = plan.query if asks_price else _anew(s)  # what is priced the facts know best
    if query is None:
        return plan
    before = _before(s)
    priced = s.state.priced and before and query.startswith(before)  # it goes on with a price that he asked for
    looked = plan.query is not None and plan.reason != "off_topic"
    kept = plan.reason if looked and (plan.reason != "price" or asks_price) else "feature"
    reason = "price" if priced else kept
    sorry = None if SORRY in s.state.said else s.say("missed")
    return replace(
        plan, action="answer", reason=reason, statement=sorry, query=query, wider=_meant(s), fallback=s.not_found,
        greet=False, mark=SORRY, asks=False, question=None,
    )  # fmt: skip


def _put_right(s: Scene) -> tuple[str, ...]:
    """«No, I meant how long. And do you take cash?»: what he puts right, asked of what he asked before, and what he
    asks beside it; nothing where he does not do both.
    """
    parts = s.said.questions or s.said.clauses
    at = next((n for n, part in enumerate(parts) if _corrects(part)), len(parts))
    others = tuple(part for n, part in enumerate(parts) if n > at and _asks(part))
    about = _about(parts[at]).rstrip("?") if others else ""
    if not about or len(about.split()) > _FEW:
        return ()
    before, said = next(iter(s.written[1:]), "").rstrip("?!. "), content_of(about)
    if not before or len(said) > 1:
        return (f"{about}?", *others)
    # «How long», asked of a delivery's price, is asked of the delivery.
    asks = said <= questions()["light"] or not questions()["asks"].isdisjoint(about.split())
    asked = f"{thing_of(before)}, {about}" if asks else f"{_before(s)} {about}"
    return (f"{asked}?", *others)


def _corrects(part: str) -> bool:
    """Whether a part of a message says what was meant."""
    named = any(match.label[:2] == ("intent", "correction") for match in Vocabulary.load().find(read(part)))
    return named or Classifier.load().scored(part).of("correction") >= _A_PRICE


def _asks(part: str) -> bool:
    return part.endswith("?") or Classifier.load().scored(part).best in _ASKED


def _anew(s: Scene) -> str | None:
    """What he asks: what he says beside the correction, or the earlier question that its few words name."""
    if s.worded or s.said.questions:
        return s.query
    said = _about(s.said.asked or s.query)
    words = said.split()
    if not words or _only_points(s, said):
        return _pointed_at(s) or _before(s) or None
    if meant := _meant(s):
        if plain := in_plain_words(meant, s.texts):
            return plain
        return said  # his words say whether what is found fits; his question finds what they alone do not
    before = _pointed_at(s) or _before(s)
    unmeant = [word for each in s.said.without for word in each.split() if not word[0].isupper()]
    if set(map(fold, before.split())) & set(map(fold, unmeant)):
        before = ""  # it was about what he says he did not mean
    return f"{before} {said}".strip() if len(words) <= 1 else said


def _meant(s: Scene) -> str:
    """The earlier question that the few words beside a correction name."""
    said = _about(s.said.asked or s.query)
    return earlier.meant(said, s.written[1:]) if 0 < len(said.split()) <= _FEW else ""


def _insists(s: Scene) -> str:
    """The earlier question that «so, is it each or all?» repeats; empty where it is a new one."""
    tokens = s.u.message.tokens
    if not s.u.message.asking or not tokens or tokens[0].text not in _INSISTING:
        return ""
    return earlier.meant(" ".join(token.text for token in tokens[1:]), s.written[1:])


def _only_points(s: Scene, said: str) -> bool:
    """Whether what is left of his words only counts: «the first question»."""
    places = {place for match in _ordinals(s) for place in range(match[1], match[2])}
    named = {s.u.message.tokens[place].text for place in places}
    return bool(places) and {token.text for token in read(said).tokens} <= named


def _pointed_at(s: Scene) -> str:
    """His question of the message before: the one that he counts, or the one that was left open."""
    asked = earlier.questions_of(s.written[1]) if len(s.written) > 1 else ()
    number = next((int(name) for name, _, _ in _ordinals(s)), 0)
    if 0 < number <= len(asked):
        return asked[number - 1]
    if len(asked) <= 1:
        return ""
    left = earlier.left_open(s.written[1:], s.last_answer)
    # The parts of an order are asked for together, and what else is asked beside them by itself.
    return "" if s.state.priced and Classifier.load().scored(left).best in _PRICED else left


def _ordinals(s: Scene) -> list[tuple[str, int, int]]:
    found = [
        (match.label[1].removeprefix("ordinal_"), match.start, match.end)
        for match in s.u.matches
        if match.label[0] == "word" and match.label[1].startswith("ordinal_")
    ]
    return [each for each in found if each[0].isdecimal()]


def _before(s: Scene) -> str:
    """What his message before was about."""
    return _about(next(iter(s.written[1:]), ""))


def _about(text: str) -> str:
    """The words of a message but for those of a correction; empty where they name nothing."""
    message = read(text)
    unwanted = _unwanted(message)
    kept = [token for place, token in enumerate(message.tokens) if place not in unwanted]
    words = [token for token in kept if token.text not in _CORRECTING]
    if not any(token.text.isalpha() and len(token.text) > 1 for token in words):
        return ""
    return " ".join(message.text[token.start : token.end] for token in words)


def _unwanted(message: Message) -> set[int]:
    """The places of what he says that it is not about, where he names in another clause what it is about."""
    tokens = message.tokens
    found: set[int] = set()
    for match in Vocabulary.load().find(message):
        if match.label[:2] != ("word", "not_about"):
            continue
        clause = tokens[match.start].clause
        behind = {place for place in range(match.start, len(tokens)) if tokens[place].clause == clause}
        if any(token.clause > clause and token.text not in _CORRECTING for token in tokens):
            found |= behind
    return found
