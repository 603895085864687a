"""The acts that examples teach, joined with what the phrase lists found: each sees what the other misses.

The lists know a trade's words and what waits for an answer; the examples know how people say a thing. Where the lists
found a word of a hard lane by a slip or a second meaning, and the examples are sure of another act, the examples win.
"""

import re
from collections.abc import Mapping, Sequence

from app.understanding.acts import Classifier
from app.understanding.doubt import SURE

_DOUBTED = 0.02
"""Probability below which the lists' finding is a second meaning, where the examples are sure of another act."""
_SENTENCE = re.compile(r"[^.!?\u2026\n]+[.!?\u2026]*")
_MOST = 12
"""Sentences of a message that are looked at one by one."""

# What is believed of examples alone, by the name of the intent that it becomes.
_ADDED = {
    "price": "price", "sum": "price", "comparison": "comparison", "discount_request": "discount_request",
    "payment": "payment", "invoice": "invoice", "demo": "demo", "booking": "booking", "reschedule": "reschedule",
    "cancel_request": "cancel_request", "about_us": "about_us", "feature": "feature", "callback_time": "callback_time",
    "bot_question": "bot_question", "purchase": "purchase", "refusal": "refusal", "opt_out": "opt_out",
    "objection_think": "objection_think", "objection_price": "objection_price", "objection_trust": "objection_trust",
    "human_wanted": "human_wanted", "complaint": "complaint", "refund": "refund", "legal": "legal",
    "medical": "medical",
    "emergency": "emergency", "trouble": "trouble", "order_status": "order_status", "paid": "paid",
    "supplier": "supplier", "applicant": "applicant",
    "abuse": "abuse", "frustration": "frustration", "injection": "injection", "off_topic": "off_topic",
    "auto_reply": "auto_reply", "small_talk": "small_talk", "language_wish": "language_wish",
    "correction": "correction",
    "thanks": "thanks", "goodbye": "goodbye", "agreement": "agreement", "project": "project", "stranger": "stranger",
}  # fmt: skip
_DOUBTFUL = frozenset({"legal", "medical", "off_topic", "frustration", "objection_have", "project"})
"""What the lists may have found in a second meaning of a word."""
_OF_THE_WHOLE = frozenset(
    {"frustration", "off_topic", "objection_have", "paid", "applicant", "supplier", "stranger", "auto_reply"}
)
"""What a piece of a message may sound like («fed up», «we have three shops») and the whole of it does not."""
_WEARY = frozenset({"frustration", "off_topic", "objection_have"})
_WORRIED = 0.1
"""Probability below which a word of a list voices no worry: a laptop, too, may not be up to it."""
_VOICED = 0.85
"""Probability from which a worry about money is one that no word of the lists names."""
_BROKEN = 0.9
"""Probability of a broken thing from which a call for help is one for it, and tells of no danger."""
_HARMLESS = 0.05
_A_PRICE = 0.5
_OF_A_PART = 0.1
"""Probability below which a broken thing is only what a price is asked instead of."""
_TELLING = 0.15
"""The same where he tells of himself: what he is tired of is not us."""
_LEAVES = frozenset({"refusal", "opt_out"})
_LEANING = {"agreement": ("small_talk",), "refusal": ("denial", "small_talk"), "thanks": ("goodbye", "small_talk")}
"""What the lists found, and the acts that say no more than it."""
_OF_OTHERS = frozenset({"supplier", "applicant"})
"""What asks by its nature: who buys here, whether there is work."""
_ASKED_OF_GOODS = frozenset(
    {"refund", "reschedule", "cancel_request", "complaint", "legal", "opt_out", "human_wanted", "booking"}
)
"""A question with their words may be one about the goods: "how is a sale cancelled?"."""
_LANES = frozenset(
    {
        "emergency",
        "trouble",
        "paid",
        "supplier",
        "applicant",
        "stranger",
        "abuse",
        "injection",
        "medical",
        "refund",
        "opt_out",
        "complaint",
    }
)
"""What is believed, and nothing else, of words that may answer a question of ours."""
_DANGER = 0.5
"""The probability that a danger needs: a person too many is better than one too few."""
_CALLS_SOMEBODY = 0.7
"""The probability that they need elsewhere, where nothing asks: each brings a person."""
_DECIDED = frozenset({"demo", "invoice", "purchase", "callback_time", "language_wish", "auto_reply", "correction"})
"""What is no answer to a question of ours, however short."""
_TURNS = frozenset({"price", "human_wanted", "bot_question", "correction", "legal", "discount_request", "payment"})
"""What turns away from a question of ours, in more than a few words."""
_BEYOND_DOUBT = 0.95
_SEARCHED = frozenset({"about_us", "feature", "comparison"})
"""What is looked up: believed as reluctantly, where nothing asks."""
_PLAIN = 0.85
"""The probability that they need for it."""
_QUESTIONS = frozenset({"price", "comparison", "feature"})
_OFFERED = frozenset({"human_wanted", "booking", "demo", "discount_request", "purchase"})
"""What a no declines."""
_ASKS_NOTHING = frozenset(
    {
        "small_talk",
        "thanks",
        "goodbye",
        "agreement",
        "auto_reply",
        "language_wish",
        "paid",
        "applicant",
        "supplier",
        "info",
        "introduction",
    }
)
"""Beside these the lists' guess that words of content ask something is none."""


def acts_of(text: str, classifier: Classifier, clauses: Sequence[str] = ()) -> Mapping[str, float]:
    """The acts of a message: the highest probability (0..1) that one of its sentences, or all of it, gives each.

    `clauses`: instead of its sentences.
    """
    if not any(character.isalpha() for character in text):
        return {}
    sentences = clauses or _SENTENCE.findall(text)
    parts = [part for found in sentences[:_MOST] if (part := found.strip())]
    whole = _scores(" ".join(parts) if clauses else text, classifier)
    found = dict(whole)
    calls = whole.get("trouble", 0.0) >= _BROKEN and whole.get("emergency", 0.0) < _HARMLESS
    for part in parts if len(parts) > 1 else ():
        for act, chance in _scores(part, classifier).items():
            if act not in _OF_THE_WHOLE and not (calls and act == "emergency"):
                found[act] = max(found.get(act, 0.0), chance)
    if whole.get("trouble", 0.0) < _OF_A_PART and found.get("price", 0.0) >= _A_PRICE:
        found["trouble"] = whole.get("trouble", 0.0)  # «the old one broke, what does a new one cost?» asks for a price
    return found


def _scores(text: str, classifier: Classifier) -> dict[str, float]:
    scored = dict(classifier.scored(text).acts)
    scored["price"] = scored.get("price", 0.0) + scored.get("sum", 0.0)  # a sum is the price of several
    return scored


def joined(
    names: set[str], acts: Mapping[str, float], *, asking: bool, contact: bool, waits: bool, denies: bool, brief: bool
) -> set[str]:
    """The lists' intents with those of the examples.

    `asking`: a question mark stands there; `contact`: one is given; `waits`: the words may answer a question of ours;
    `denies`: they begin with a no; `brief`: so few words that they are an answer rather than something else.
    """
    told = acts.get("info", 0.0) >= SURE
    least = {name: _TELLING if told else 0.0 if name in _WEARY else _DOUBTED for name in _DOUBTFUL}
    names = _voiced(names, acts)
    kept = {name for name in names if acts.get(name, 1.0) >= least.get(name, 0.0)}
    if waits and not asking:
        if acts.get("info", 0.0) >= _PLAIN and names == {"feature"} and acts.get("feature", 0.0) < _DOUBTED:
            return {"told"}  # «we need it by Friday» answers no question of ours, and looks for nothing
        return _of_us(kept | {_ADDED[act] for act in _away(acts, brief=brief)}, acts)
    asks = asking or not names.isdisjoint(_QUESTIONS)
    calls = _PLAIN if asks else _CALLS_SOMEBODY
    sure = {
        act
        for act, chance in acts.items()
        if chance
        >= (
            _DANGER
            if act == "emergency" and not asks
            else SURE
            if act == "stranger"  # brings nobody, and is told only where he is
            else _CALLS_SOMEBODY
            if act in _OF_OTHERS
            else calls
            if act in _LANES
            else _PLAIN
            if act in _SEARCHED and not asking
            else _VOICED
            if act == "objection_price" and act not in names
            else SURE
        )
        and (act != "contact_given" or contact)
    }
    if not names.isdisjoint(_QUESTIONS):
        silence = not asking and acts.get("opt_out", 0.0) >= _BEYOND_DOUBT  # «send me nothing» wants nothing sent
        sure -= _ASKED_OF_GOODS - ({"opt_out"} if silence else set())
    if asking and acts.get("medical", 0.0) < _BEYOND_DOUBT:
        sure.discard("medical")  # how a thing is cared for sounds much like it
    if denies:
        sure -= _OFFERED
    if asking:
        sure.discard("objection_price")  # who asks whether it is dear wants to hear the price
    for name, weaker in _LEANING.items():
        if name in names:
            sure -= set(weaker)
    if not sure:
        return names
    if "about_us" in sure:
        kept.add("feature")
    added = {_ADDED[act] for act in sure if act in _ADDED}
    kept = _of_us(kept | added, acts)
    if told and not asking and added <= {"info"}:
        added.add("told")
    if "feature" in kept and not asking and sure <= _ASKS_NOTHING and acts.get("feature", 0.0) < _DOUBTED:
        kept.discard("feature")
    return kept | added


def _voiced(names: set[str], acts: Mapping[str, float]) -> set[str]:
    """The lists' intents but for a worry about money, a danger and a leave that the examples hear nothing of."""
    unheard = {"objection_price"} if acts.get("objection_price", 1.0) < _WORRIED else set()
    if acts.get("trouble", 0.0) >= _BROKEN and acts.get("emergency", 0.0) < _HARMLESS:
        unheard.add("emergency")
    if acts.get("info", 0.0) >= _PLAIN and max(acts.get(act, 0.0) for act in _LEAVES) < _TELLING:
        unheard |= _LEAVES  # «stop, there will be five» stops us, and tells
    return names - unheard


def _of_us(names: set[str], acts: Mapping[str, float]) -> set[str]:
    """Whoever asks whether he talks to a machine asks nothing of the goods, unless he sounds like it."""
    return names - {"feature"} if "bot_question" in names and acts.get("feature", 0.0) < _TELLING else names


def _away(acts: Mapping[str, float], *, brief: bool) -> set[str]:
    """The acts that turn away from our question: in few words only what is no answer to any."""
    away = {act for act in _LANES if acts.get(act, 0.0) >= _PLAIN}
    away |= {act for act in _DECIDED if acts.get(act, 0.0) >= (_PLAIN if brief else _CALLS_SOMEBODY)}
    if not brief:
        away |= {act for act in _TURNS if acts.get(act, 0.0) >= SURE}
    return away
