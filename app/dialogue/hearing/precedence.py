"""Which readings of a message give way because it answers the question that waits: known by the kind of its slot.

«Через месяц» puts an offer off, «посоветуюсь с мужем» is an objection and «покажите» asks for something, but not where
we have just asked when, who decides, or whether to show it.
"""

from app.dialogue.hearing.reader import WEAK_LIMIT, Reader
from app.dialogue.kinds import FREE

_OWN = {"timing": "when", "authority": "who", "contact": "withhold", "money": "sum"}
"""The helper list that holds the usual words of an answer, by kind."""
_SOFT = frozenset(
    {
        "feature", "comparison", "objection_think", "objection_have", "human_wanted", "agreement", "purchase",
        "reschedule", "booking", "refusal",
    }
)  # fmt: skip
"""What gives way to an answer that is plainly one."""
_HARD = frozenset(
    {"injection", "opt_out", "complaint", "refund", "legal", "medical", "off_topic", "frustration", "bot_question"}
)
"""What never gives way."""
_DIFFER = {"authority": {"comparison"}, "criteria": {"comparison", "price", "discount_request", "feature"}}
"""What a statement may name in passing, by kind: whoever chooses by the price asks for none."""


def give_way(reader: Reader, names: set[str], kind: str) -> set[str]:
    """The intents that stay, of those found, while a slot of this kind waits. Anything with a question mark asks."""
    if not kind or reader.message.asking or names & _HARD:
        return names
    if kind == "yes_no":
        return _yes_or_no(reader, names)
    return names - _given_way(reader, names, kind)


def _given_way(reader: Reader, names: set[str], kind: str) -> frozenset[str] | set[str]:
    own = reader.places_of(_OWN[kind]) if kind in _OWN else frozenset()
    content = frozenset(reader.content)
    asks = bool(reader.places_of("asks_word") - own)
    numbered = any(token.text.isdecimal() for token in reader.tokens)
    if kind == "contact":
        return _SOFT if own and "price" not in names else set()
    if kind == "number" and numbered and not asks and len(content) <= WEAK_LIMIT:
        return {"feature"}  # «мне нужно 5»
    if kind not in FREE:
        return set()
    if own and own.issuperset(content):
        return _SOFT | ({"price", "discount_request"} if kind == "money" else set())
    dropped = {"objection_think"} if kind in ("timing", "authority", "money") else set[str]()
    if not asks:
        dropped |= _DIFFER.get(kind, set())
        if kind == "money" and numbered:
            dropped |= {"price", "discount_request"}
    return dropped


def _yes_or_no(reader: Reader, names: set[str]) -> set[str]:
    """«покажите», «не подходит»: where nothing but a yes or a no is said, it is that."""
    content = frozenset(reader.content)
    no = reader.places_of("dissent") | reader.places_of("deny")
    yes = reader.places_of("assent") | reader.places_of("affirm")
    if no and no.issuperset(content - yes):
        return names - _SOFT if reader.places("refusal") <= reader.places_of("dissent") else names - {"feature"}
    if yes and not no:
        asked = reader.places("feature") | reader.places("feature_weak") | reader.places("feature_wish")
        if yes.issuperset(content):
            return names - {"feature", "purchase"}
        if asked <= yes:
            return names - {"feature"}
    return names
