"""A salon's rules and fixed texts -> the policy of its bot.

The phrases are general (phrases.yaml): how people write to any salon about money, health, complaints, appointments.
The texts and the lists that differ from salon to salon are read from its files.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

from salon_knowledge import Knowledge, advice_text, defers

Tree = Mapping[str, Any]
Topic = dict[str, Any]

_STOP = frozenset(
    "если можно есть будет будут почему такие такой какой какая после перед через лучше делать нужно чтобы".split()
)
_HANDOVERS = (
    "payment",
    "reschedule",
    "cancel",
    "medical",
    "complaint",
    "legal",
    "same_day",
    "master",
    "human",
    "deferred",
)


def policy(folder: Path, truth: Tree, knowledge: Knowledge, phrases: Tree) -> Tree:
    """The tree of `policy.yaml`."""
    salon = truth["salon"]
    hours = salon["hours"]
    span = f"{hours['open']}–{hours['close']}"
    texts = {
        language: {key: _named(text, salon["name"]) for key, text in own.items()}
        for language, own in phrases["texts"].items()
    }
    texts["ru"] |= {"value": salon["services_summary"], "fallback": [_not_found(truth, knowledge)]}
    return {
        "hours": {
            "open": hours["open"].rjust(5, "0"),
            "close": hours["close"].rjust(5, "0"),
            "timezone": salon["timezone"],
        },
        "closed_notice": {
            "ru": f"Сейчас салон закрыт, работаем {span}.",
            "kk": f"Қазір салон жабық, {span} аралығында жұмыс істейміз.",
        },
        "languages": list(salon["communication"]["languages"]),
        "discounts": [item["discount_percent"] for item in truth["promotions"]["items"]],
        "never": phrases["never"],
        "texts": texts,
        "questions": phrases["questions"],
        "skip": ["quantity", "delivery"],
        "topics": list(_topics(folder, truth, knowledge, phrases["topics"])),
    }


def _topics(folder: Path, truth: Tree, knowledge: Knowledge, general: Tree) -> Iterator[Topic]:
    """First match wins: money, health and complaints stand before advice, advice before appointments."""
    fields = ", ".join(truth["booking"]["collect_fields"])

    def topic(name: str, action: str, **own: Any) -> Topic:
        made = {"name": name, "action": action, **general.get(name, {}), **own}
        said = made.get("text", {})
        if name == "payment":
            said = {**said, "ru": _template(folder)}
        made["text"] = {language: [text.replace("{fields}", fields)] for language, text in said.items()}
        return {key: value for key, value in made.items() if value}

    deferred = sorted(
        {pattern for s in knowledge.written if defers(s.text) for q in s.questions for pattern in _from_question(q)}
    )
    yield topic("cancel_rules", "answer")
    for name in _HANDOVERS:
        yield topic(name, "handover", **({"phrases": {"ru": deferred}} if name == "deferred" else {}))
        if name == "medical":
            for pair, text in truth["procedure_compatibility"].items():
                yield topic(pair, "handover", phrases={"ru": _together(text)}, text={"ru": text})
    yield topic("fault", "answer", text={"ru": next(iter(truth["system_messages"].values()))})
    offers = next(section.text for section in knowledge.files["offers"] if section.id == "offers_all")
    yield topic("haggling", "answer", text={"ru": offers})
    for book in truth["domain_pack"]["consult_playbooks"]:
        if not book.get("fallback"):
            triggers = {
                language: list(dict.fromkeys(pattern for trigger in rows for pattern in _from_trigger(trigger)))
                for language, rows in book["triggers"].items()
            }
            text = f"{advice_text(book)} {_plain(book['questions'][0])}"
            yield topic(f"advice_{book['id']}", "answer", phrases=triggers, text={"ru": text})
    outside: Tree = truth["domain_pack"]["ood_anchors"]["out_of_domain"]
    off = {
        language: [*rows, *map(_stemmed, outside.get(language, ()))]
        for language, rows in general["off_topic"]["phrases"].items()
    }
    yield topic("off_topic", "refuse", phrases=off, text={"ru": _off_topic(knowledge)})
    yield topic("booking", "ask", slot="product", also=True)
    for name in ("address", "hours"):
        text = {s.language: s.text for s in knowledge.files["salon"] if s.id in (f"salon_{name}", f"salon_{name}_kk")}
        yield topic(name, "answer", text=text, also=True)
    yield topic("when", "ask", slot="contact")


def _named(text: Any, name: str) -> Any:
    return text.replace("{name}", name) if isinstance(text, str) else text


def _plain(text: object) -> str:
    """A text in which YAML took a colon for a mapping's."""
    return ", ".join(f"{key}: {value}" for key, value in text.items()) if isinstance(text, Mapping) else str(text)


def _template(folder: Path) -> str:
    """The text that the rules give for questions about money: `> Ответ-шаблон: «...»`."""
    found = re.search(r">\s*[^:«]*:\s*«([^»]+)»", (folder / "policy.md").read_text("utf-8"))
    return found[1] if found else "Об оплате расскажет администратор, передам ему вопрос."


def _not_found(truth: Tree, knowledge: Knowledge) -> str:
    catalog = truth["services_catalog"]
    return (
        catalog["not_found_reply"].format(suggestions=", ".join(catalog["suggestions"])) + " " + _off_topic(knowledge)
    )


def _off_topic(knowledge: Knowledge) -> str:
    """What the objections file says to questions that are not about the salon: its only section that asks nothing."""
    return next(s.text for s in knowledge.written if s.source.startswith("objections") and not s.questions)


def _together(text: str) -> list[str]:
    """Patterns for two procedures at once, from the text that forbids it: «A и B в один день …»."""
    first, _, second = re.split(r"\s+(?:в один день|вместе|одновременно)", text)[0].partition(" и ")
    stems = [f"{words[0].lower()[:5]}*" for words in (first.split(), second.split()) if words]
    either = "|".join(stems)
    return [
        *(" .. ".join(pair) for pair in permutations(stems, 2)),
        f"совме* .. {either}",
        f"{either} .. вместе|сразу|одновременно",
    ]


def _from_question(question: str) -> Iterator[str]:
    """Patterns for a question that a human answers: its two longest words, near each other, in either order."""
    words = [word for word in re.findall(r"[а-яё]{5,}", question.lower()) if word not in _STOP]
    stems = [f"{word[: max(5, len(word) - 3)]}*" for word in sorted(words, key=len, reverse=True)[:2]]
    if len(stems) == 2:
        yield from (" .. ".join(pair) for pair in permutations(stems))


def _from_trigger(trigger: str) -> Iterator[str]:
    """A trigger as it stands, and its two longest words as stems, near each other in either order."""
    words = re.findall(r"\w+", trigger.lower())
    yield " ".join(words)
    long = sorted((word for word in words if len(word) >= 4), key=len, reverse=True)[:2]
    stems = [f"{word[: max(4, len(word) - 2)]}*" for word in long]
    yield from (
        (" .. ".join(pair) for pair in permutations(stems)) if len(stems) == 2 else [s for s in stems if len(s) > 8]
    )


def _stemmed(phrase: str) -> str:
    return " ".join(f"{word[: max(4, len(word) - 2)]}*" for word in re.findall(r"\w+", phrase.lower()))
