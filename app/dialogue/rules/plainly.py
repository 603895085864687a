"""Questions that are plainly of one kind, however they are worded: looked up in the words that all shops ask them in.

Who asks whether his own scanner will do, whether what he buys can be given back, or when we work, says little by which
a section is found, and much by which another is: «does my scanner suit the program?» is near to what the program suits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from app.dialogue.hearing.listening import Said
from app.dialogue.hearing.text import Message, read
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.resources import Texts

_NEAR = 3
"""Words between a thing and that it is his."""
_BESIDE = 3
"""Words, beside that it suits, of a question that leaves to the rest of the message what it asks of."""
_ADVICE = 7
"""Words of a question for advice that says by itself nothing of what is chosen among."""
_NAME = re.compile(r"(?<![\w.@/-])[A-Z][A-Za-z0-9]{2,}(?:[ -][A-Z]{0,3}[0-9]\w*)?(?![\w@])")
_NAMES = 2
_LONG = 300
"""Characters of a message that are looked at."""
_KINDS = ("own", "giving_back", "hours", "advice")
_Spans = Mapping[str, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Plain:
    """What is looked up: `query` and the questions of `said`; `before`: his own words, where these are others."""

    said: Said
    query: str
    before: str = ""


def plainly(said: Said, query: str, texts: Texts) -> Plain:
    """The questions, those of a plain kind in the words for it. As they are where none is."""
    whole = _spans(said.text[:_LONG])
    if not whole.keys() & {"goods", "our_hours", "open_days", "advises"}:
        return Plain(said, query)
    if not said.questions:
        each_asked = (query, *(clause for clause in said.clauses if clause.endswith("?")))
        found = next((plain for each in each_asked if (plain := _words(each, said.text, whole, texts))), "")
        return Plain(replace(said, asked=found), found, query) if found else Plain(said, query)
    made = {each: _words(each, said.text, whole, texts) or each for each in said.questions}
    if all(new == old for old, new in made.items()):
        return Plain(said, query)
    named = {**said.named, **{new: old.rstrip("?") for old, new in made.items() if new != old}}
    asked = ". ".join(made.values())
    changed = replace(said, questions=tuple(dict.fromkeys(made.values())), named=named, asked=asked)
    return Plain(changed, asked, query)


def is_plain(query: str, texts: Texts) -> bool:
    """Whether a query is in the plain words for a kind: what he rejects is said in others, and is none of them."""
    return any(query.startswith(str(texts.data[f"query_{kind}"])) for kind in _KINDS)


def in_plain_words(question: str, texts: Texts) -> str:
    """The plain words for an earlier question of his; empty where it is of no kind."""
    return _words(question, question, _spans(question[:_LONG]), texts)


def _words(question: str, text: str, whole: _Spans, texts: Texts) -> str:
    """The words for the kind that a question is of, with the names of what is his; empty where it is of none."""
    kind = _kind(read(question[:_LONG]), _spans(question[:_LONG]), whole)
    if not kind:
        return ""
    names = [name for name in _NAME.findall(text[:_LONG]) if not text.startswith(name)] if kind == "own" else []
    return ", ".join((str(texts.data[f"query_{kind}"]), *dict.fromkeys(names[:_NAMES])))


def _kind(message: Message, own: _Spans, whole: _Spans) -> str:
    """`own`: what is found in the question, `whole`: in all of the message."""
    if _of_hours(message, own):
        return "hours"
    if "advises" in own and len(message.tokens) <= _ADVICE and not own.keys() & {"goods", "how_much"}:
        return "advice"
    if "how_much" in own or not own.keys() & {"suits", "gives_back"}:
        return ""
    brief = len(message.tokens) - sum(end - start for start, end in own.get("suits", [])) <= _BESIDE
    things = own.get("goods", []) or (whole.get("goods", []) if brief or "gives_back" in own else [])
    yours = own.get("your", [])
    if not things or _of_others(own) or any(your[1] == thing[0] for your in yours for thing in things):
        return ""
    if "gives_back" in own:
        return "giving_back"
    mine = "has_own" in whole or any(
        _near(thing, his) for thing in whole["goods"] for his in whole.get("his_thing", [])
    )
    return "own" if mine else ""


def _of_hours(message: Message, own: _Spans) -> bool:
    """Whether it asks when we work, or little more than whether we do on a day."""
    beside = len(message.tokens) - sum(end - start for start, end in own.get("open_days", ()))
    return ("our_hours" in own and "goods" not in own) or ("open_days" in own and beside < _BESIDE)


def _of_others(own: _Spans) -> bool:
    """Whether the question is of what a shop does for its own buyers: a word of a thing's name is none of theirs."""
    things = own.get("goods", [])
    return any(not any(a <= start < b for a, b in things) or end - start > 1 for start, end in own.get("third", []))


def _near(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0] - other[1], other[0] - one[1]) <= _NEAR


@lru_cache(maxsize=512)
def _spans(text: str) -> _Spans:
    """What is found in a text; the message and its one question are often the same."""
    found: dict[str, list[tuple[int, int]]] = {}
    for match in Vocabulary.load().find(read(text)):
        if match.label[0] == "word" and match.label[1] in _LISTS:
            found.setdefault(match.label[1], []).append((match.start, match.end))
    return found


_LISTS = frozenset(
    {
        "advises", "goods", "has_own", "his_thing", "suits", "gives_back", "third", "our_hours", "open_days",
        "how_much", "your",
    }
)  # fmt: skip
