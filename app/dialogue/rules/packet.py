"""The packet a human gets with a conversation: why, who writes, what was asked, what is known."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.dialogue.hearing.intents import understand
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.resources import Texts, load_yaml
from app.dialogue.rules.scene import QUESTIONS, Scene
from app.dialogue.rules.wishes import wish_of
from app.dialogue.slots.names import NAME
from app.dialogue.slots.pending import THIS_CHAT
from app.types import Exchange, Handover, Language

_ANSWERS = frozenset({"yes", "no", "none", THIS_CHAT})
_NUMBER = re.compile(r"\+?[0-9]{1,15}")
_QUOTED = 160
"""Characters of the customer's words that the summary repeats."""
_READ_AGAIN = 8
"""Earlier messages that are read for a question without its mark, the newest ones."""
_LONGEST = 300
"""Characters of such a message: a longer one has the mark, or is no question."""


@lru_cache(maxsize=1)
def slot_names() -> Mapping[str, Mapping[str, str]]:
    """How slots are called for people: `{slot: {language: name}}`. Raises ConfigError."""
    return load_yaml("slot_names.yaml")


def slot_name(slot: str, language: Language) -> str:
    """How a slot is called for people; by its own name where no line says it."""
    return slot_names().get(slot, {}).get(language, slot.replace("_", " "))


def said_slots(slots: Mapping[str, str], vocabulary: Vocabulary, language: Language) -> dict[str, str]:
    """`{name: value}` as a person says both."""
    return {slot_name(slot, language): vocabulary.label(slot, value, language) for slot, value in slots.items()}


def in_own_words(slot: str, value: str, vocabulary: Vocabulary) -> bool:
    """Whether a value can say anything: it is none of a list, no number or telephone, and no name of one word."""
    if value in _ANSWERS or _NUMBER.fullmatch(value) or (slot == "name" and NAME.fullmatch(value)):
        return False
    return not vocabulary.lists(slot, value)


def handover_packet(
    scene: Scene,
    reason: str,
    slots: Mapping[str, str],
    *,
    history: Sequence[Exchange],
    vocabulary: Vocabulary,
    texts: Texts,
) -> Handover:
    """What a human needs to go on. `texts` are those of the shop's language, whatever the customer writes."""
    words: Mapping[str, Any] = texts.data["summary"]
    language = texts.language
    values = {
        slot: words["words"].get(value) or vocabulary.label(slot, value, language) for slot, value in slots.items()
    }
    asked, question = _last_question(scene, history, vocabulary)
    who = " ".join(part for part in (words["customer"], slots.get("name")) if part)
    why = words["reason"].get(reason, reason.replace("_", " "))
    facts = ", ".join(
        part for part in (words["language"][scene.u.heard], words["tone"].get(scene.u.tone)) if part is not None
    )
    known = "; ".join(
        f"{slot_name(slot, language)}: {value}"
        for slot, value in values.items()
        if slot not in ("name", "phone", "email") or (slot != "name" and "contact" not in values)
    )
    sentences = [
        f"{who} ({facts}): {why}.",
        words["asked" if asked else "wrote"].replace("{question}", _short(question)),
        words["known"].replace("{slots}", known) if known else words["nothing"],
    ]
    if wish := wish_of(scene):
        sentences.append(words["wish"].replace("{wish}", wish))
    return Handover(reason, " ".join(sentences), values, question)


def _last_question(scene: Scene, history: Sequence[Exchange], vocabulary: Vocabulary) -> tuple[bool, str]:
    """(whether it is a question, the text): the newest message that asked something, or else this one."""
    now = scene.u.message.text.strip()
    if scene.u.asking or scene.u.has(*QUESTIONS):
        return True, now
    language: Language = scene.u.language
    said = [exchange.user for exchange in reversed(history) if exchange.user]
    for place, text in enumerate(said):
        unmarked = place < _READ_AGAIN and len(text) <= _LONGEST
        if "?" in text or (unmarked and understand(text, vocabulary, language).has(*QUESTIONS)):
            return True, text.strip()
    return False, now


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1].rstrip() + "…"
