"""What the emulated model says: sentences of the prompt's own facts, so a test can follow a fact to the customer."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from loadtests.emulators.tokens import tokenise

_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[«\"“A-ZА-ЯЁӘҒҚҢӨҰҮҺІ0-9])|\n+")
_PASSAGE = re.compile(r"^\[[^\]\n]+\][^\n]*$", re.MULTILINE)
_STEM = 4  # letters of a word by which it is known again
_IDS = re.compile(r"^\[[^\]\n]+\] ", re.MULTILINE)
_STATEMENTS = ("Отклик, если подходит", "Скажи своими словами")
_USUAL = 2  # sentences of an answer whose length nobody asked for
_UNKNOWN = {
    "казахский": "Бұл туралы нақты мәліметім жоқ, сұрағыңызды менеджерге жеткізе аламын.",
    "английский": "I do not have this information, but I can pass your question to a manager.",
    "русский": "Об этом у меня нет сведений, но могу передать ваш вопрос менеджеру.",
}
_AGAIN = "Как я уже говорил выше, повторю это ещё раз, если так будет понятнее."
_GENERIC = "Хорошо, я вас понял и готов помочь."
THOUGHT = "Клиент задал вопрос. Посмотрю, что об этом сказано, и отвечу коротко."


@dataclass(frozen=True, slots=True)
class Told:
    """What the last message of a turn asks the model to say."""

    sentences: tuple[str, ...] = ()
    language: str = "русский"
    greeting: str = ""
    statement: str = ""
    question: str = ""


def read(message: str) -> Told | None:
    """The blocks of a turn's last message; None when it is another kind of prompt."""
    if "# Факты" not in message or "# Ход" not in message:
        return None
    facts, _, rest = message.partition("# Факты")[2].partition("# Ход")
    step = rest.partition("# Клиент")[0]
    sections, *blocks = facts.split("\n# ")
    reckoned = next((block.partition("\n")[2] for block in blocks if block.startswith("Посчитано")), "")
    bodies = [_IDS.sub("", reckoned), *_PASSAGE.split(sections)[1:]]
    sentences = tuple(sentence for body in bodies for sentence in _sentences(body))
    return Told(
        sentences,
        _line(step, "Язык ответа").split(" ")[0] or "русский",
        _line(step, "Начни с приветствия"),
        " ".join(said for label in _STATEMENTS if (said := _line(step, label))),
        _line(step, "Закончи вопросом"),
    )


def compose(message: str, tokens: int | None = None, said: Sequence[str] = ()) -> str:
    """The answer to a prompt's last message, of about `tokens` tokens when the facts have so many; never invented.

    `said` are its earlier answers: what would be one of them begins at a later fact.
    """
    told = read(message)
    if told is None:
        return _GENERIC
    answer = _of(told, tokens)
    while answer in said and told.sentences:
        told = replace(told, sentences=told.sentences[1:])
        answer = _of(told, tokens)
    return answer if answer not in said else f"{_AGAIN} {answer}"


def _of(told: Told, tokens: int | None) -> str:
    opening = [part for part in (_closed(told.greeting), _closed(told.statement)) if part]
    closing = [told.question] if told.question else []
    if not told.sentences:
        unknown = _UNKNOWN.get(told.language, _UNKNOWN["русский"])
        return " ".join([*opening, *([] if told.statement else [unknown]), *closing])
    count = _USUAL if tokens is None else _fitting(told.sentences, tokens - _count([*opening, *closing]))
    return " ".join([*opening, *told.sentences[:count], *closing])


def structured(schema: Mapping[str, Any], answer: str, fields: Mapping[str, Any]) -> tuple[str, int]:
    """JSON of `schema` with its properties in their order, and where its answer's string ends in the text.

    `fields` are values for properties beside the answer.
    """
    if schema.get("type", "object") != "object":
        return _json(_value(schema, schema)), 0
    properties = schema.get("properties") or {"answer": {"type": "string"}}
    values = {name: _value(kind, schema) for name, kind in properties.items()}
    place = "answer" if "answer" in values else next((name for name, value in values.items() if value == ""), None)
    values |= {name: value for name, value in fields.items() if name in values}
    if place is not None:
        values[place] = answer
    text, end = "{", 0
    for name, value in values.items():
        text += f"{'' if text == '{' else ', '}{_json(name)}: {_json(value)}"
        end = len(text) if name == place else end
    return text + "}", end


def chosen(schema: Mapping[str, Any], message: str) -> dict[str, str]:
    """For each choice of a form, the name whose line in the message has the most of the customer's words; else the
    first."""
    said, _, task = message.partition("# Задание")
    lines = {name: meaning for name, mark, meaning in (line.partition(": ") for line in task.splitlines()) if mark}
    words = _stems(said)
    forms = {
        name: kind.get("enum") for name, kind in (schema.get("properties") or {}).items() if isinstance(kind, dict)
    }
    return {
        name: max(names, key=lambda each: len(words & _stems(lines.get(each, ""))))
        for name, names in forms.items()
        if names
    }


def only_chooses(schema: Mapping[str, Any]) -> bool:
    """Whether a form has nothing but choices."""
    forms = list((schema.get("properties") or {}).values())
    return bool(forms) and all(isinstance(kind, dict) and kind.get("enum") for kind in forms)


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in re.findall(r"\w+", text.casefold()) if len(word) >= _STEM}


def _value(kind: Any, root: Mapping[str, Any]) -> Any:
    """The plainest value that a schema allows."""
    if not isinstance(kind, Mapping):
        return ""
    if "$ref" in kind:
        return _value(root.get("$defs", {}).get(str(kind["$ref"]).rpartition("/")[2]), root)
    if "const" in kind or kind.get("enum"):
        return kind["const"] if "const" in kind else kind["enum"][0]
    for choice in ("anyOf", "oneOf"):
        if kind.get(choice):
            options = [_value(option, root) for option in kind[choice]]
            return None if None in options else options[0]
    return _plain(kind, root)


def _plain(kind: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    name = kind.get("type", "object" if "properties" in kind else "string")
    if isinstance(name, list):
        name = "null" if "null" in name else name[0]
    if name == "object":
        required = kind.get("required", ())
        return {key: _value(kind["properties"][key], root) for key in kind.get("properties", {}) if key in required}
    if name == "array":
        return [_value(kind.get("items", {}), root)] * int(kind.get("minItems", 0))
    return {"boolean": False, "null": None, "number": kind.get("minimum", 0), "integer": kind.get("minimum", 0)}.get(
        name, ""
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _sentences(body: str) -> list[str]:
    parts = (part.strip().removeprefix("- ") for part in _SENTENCE.split(body))
    return [_closed(part) for part in parts if part]


def _closed(sentence: str) -> str:
    """With a mark at its end, so that the next sentence does not run into it."""
    return sentence if not sentence or sentence[-1] in ".!?…»)" else f"{sentence.rstrip(',;:')}."


def _line(step: str, label: str) -> str:
    found = re.search(rf"^{label}:[ \t]*(.*)$", step, re.MULTILINE)
    return found[1].strip() if found else ""


def _count(parts: list[str]) -> int:
    return len(tokenise(" ".join(parts)))


def _fitting(sentences: tuple[str, ...], tokens: int) -> int:
    """How many sentences come nearest to `tokens`; at least one."""
    lengths = {count: _count(list(sentences[:count])) for count in range(1, len(sentences) + 1)}
    return min(lengths, key=lambda count: abs(lengths[count] - tokens))
