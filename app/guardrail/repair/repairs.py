"""Harmless repairs of a draft: they take away or tidy up, and never add a claim."""

import re
from bisect import bisect_left
from collections.abc import Callable

from app.guardrail.model import Context
from app.guardrail.repair.tracked import Tracked
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists
from app.guardrail.text.sentences import spans
from app.guardrail.text.words import plain

_LISTS = Lists("app.guardrail.repair", "repairs.yaml")

PIECE = 200
"""Characters of a piece that a messenger gets: longer sentences are given a break."""

_THOUGHT = re.compile(
    r"<\s*think(?:ing)?\s*>[\s\S]*?<\s*/\s*think(?:ing)?\s*>|<\s*think(?:ing)?\s*>[\s\S]*\Z", re.IGNORECASE
)
_THOUGHT_END = re.compile(r"\A[\s\S]*<\s*/\s*think(?:ing)?\s*>", re.IGNORECASE)
_SPECIAL = _LISTS.pattern("special", re.IGNORECASE)
_BREAK_TAG = re.compile(r"<br\s*/?>|</?p>", re.IGNORECASE)
_HTML = re.compile(r"</?(?:b|i|u|em|strong|span|div|li|ul|ol)>", re.IGNORECASE)
_ROLE = _LISTS.pattern("role", re.IGNORECASE)
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffd\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]"
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*(?:\n|\Z)|```", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})[ \t]*(?:\n|\Z)", re.MULTILINE)
_RULER = re.compile(
    r"^[ \t]*(?:\|[ \t]*)?:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)+(?:\|[ \t]*)?(?:\n|\Z)", re.MULTILINE
)
_ROW = re.compile(r"^[ \t]*\|(.+?)\|[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE)
_QUOTE = re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[*+-][ \t]+", re.MULTILINE)
# Bounded: no honest label or address is longer, and each of n brackets would look at all that follows.
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\([^)\n]{0,500}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((https?://[^)\s]{1,500})\)")
_STRONG = re.compile(r"\*{2,3}|(?<!\w)_{2}(?=\S)|(?<=\S)_{2}(?!\w)|~~")
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*])|(?<!\w)_(?=[^\s_][^_\n]*_(?!\w))|(?<=[^\s_])_(?!\w)"
)
_CODE = re.compile(r"`")
_MANY_MARKS = re.compile(r"([?!])[?!]+|(?<!\.)\.\.(?!\.)|\.{4,}")
_SPACES = re.compile(r"[ \t\u00a0\u202f\u2009]{2,}")
_SPACE_MARK = re.compile(r"(?<![ \t])[ \t]+(?=[,.!?;:](?!\w)(?!\)))")
_LINE_SPACE = re.compile(r"(?<![ \t])[ \t]+(?=\n)|(?<=\n)[ \t]+")
_LINES = re.compile(r"\n{3,}")
_EDGE = re.compile(r"\A\s+|(?<!\s)\s+\Z")
_NAME = _LISTS.word("name")
_GREETING = _LISTS.pattern("greeting")
_GREETING_START = re.compile(r"\A\s*" + _GREETING.pattern, re.IGNORECASE)
_AFTER_GREETING = re.compile(
    _NAME + r"\s*(?P<mark>[!.?…,]+|[—–-]|(?=\n)|\Z)\s*(?:[\U0001F300-\U0001FAFF\u2600-\u27bf\ufe0f]\s*)*"
)
_END_MARK = re.compile(r"[.!?…][\"'»)\]]*\s*\Z|[:]\s*\Z")
_CUT_WORDS = _LISTS.words("cut_words")
_CUT_MARK = re.compile(r"[,;:(\[«—–-]\s*\Z")


def repair(draft: str, context: Context) -> tuple[Tracked, tuple[str, ...]]:
    """The tidied text and the names of the repairs made. Repairs are repeated until nothing changes."""
    tracked = Tracked(draft)
    names: list[str] = []
    for _ in range(6):
        changed = False
        for name, step in _STEPS:
            if step(tracked, context):
                changed = True
                if name not in names:
                    names.append(name)
        if not changed:
            break
    return tracked, tuple(names)


def _thoughts(t: Tracked, _: Context) -> bool:
    if "think" not in t.text.lower():
        return False
    return t.sub(_THOUGHT, "") | t.sub(_THOUGHT_END, "")


def _marks(t: Tracked, _: Context) -> bool:
    return (
        t.sub(_SPECIAL, "") | t.sub(_INVISIBLE, "")
        if ("<" in t.text or "[" in t.text or "/" in t.text or _INVISIBLE.search(t.text))
        else False
    )


def _role(t: Tracked, _: Context) -> bool:
    return t.sub(_ROLE, "")


def _markdown(t: Tracked, _: Context) -> bool:
    text = t.text
    changed = False
    if "`" in text or "~~" in text:
        changed |= t.sub(_FENCE, "") | t.sub(_CODE, "")
    if "<" in text:
        changed |= t.sub(_BREAK_TAG, "\n") | t.sub(_HTML, "")
    if "|" in text:
        changed |= t.sub(_RULER, "") | t.sub(_ROW, lambda m: " — ".join(cell.strip() for cell in m[1].split("|")))
    if "](" in text:
        changed |= t.sub(_IMAGE, "") | t.sub(_LINK, lambda m: f"{m[1]} {m[2]}")
    if any(c in text for c in "#>*_-+=~"):
        changed |= t.sub(_RULE, "") | t.sub(_HEADING, "") | t.sub(_QUOTE, "") | t.sub(_BULLET, "• ")
        if any(c in t.text for c in "*_~"):
            changed |= t.sub(_STRONG, "") | t.sub(_EMPHASIS, "")
    return changed


def _tidy(t: Tracked, _: Context) -> bool:
    changed = t.sub(_MANY_MARKS, lambda m: _one_mark(m.group()))
    for pattern, new in ((_SPACES, " "), (_SPACE_MARK, ""), (_LINE_SPACE, ""), (_LINES, "\n\n"), (_EDGE, "")):
        changed |= t.sub(pattern, new)
    return changed


def _one_mark(marks: str) -> str:
    if "." in marks:
        return "…" if len(marks) > 2 else "."
    return "?" if "?" in marks else "!"


def _greeting(t: Tracked, context: Context) -> bool:
    """A greeting that was said before, or a second one; the dialogue's own greeting stays."""
    own = " ".join(context.own).lower()
    match = _GREETING_START.match(t.text)
    if not match:
        return False
    said = match.group().strip().lower()
    first_end = _greeting_end(t.text, match.end())
    if first_end is None:
        return False
    if said in own or not context.greeted:
        return _second_greeting(t, first_end, "" if said in own else own)
    if not re.search(r"[^\W_]", t.text[first_end:]):
        return False
    return _drop(t, match.start(), first_end)


def _second_greeting(t: Tracked, place: int, own: str) -> bool:
    """Cuts the greeting that stands at a place, behind the first, unless it is one of the texts in `own`."""
    again = _GREETING_START.match(t.text[place:])
    end = _greeting_end(t.text, place + again.end()) if again else None
    if again is None or end is None or again.group().strip().lower() in own:
        return False
    return _drop(t, place, end)


def _greeting_end(text: str, place: int) -> int | None:
    match = _AFTER_GREETING.match(text, place)
    return match.end() if match else None


def _drop(t: Tracked, start: int, end: int) -> bool:
    """Cut a span and give what follows a capital."""
    following = t.text[end : end + 1]
    if following.islower() and len(following.upper()) == 1:
        return t.edit([(start, end, ""), (end, end + 1, following.upper())])
    return t.cut(start, end)


def _doubled(t: Tracked, _: Context) -> bool:
    """A sentence that was just said word for word."""
    seen: set[str] = set()
    edits: list[tuple[int, int, str]] = []
    for a, b in spans(t.text):
        words = plain(t.text[a:b])
        if not words:
            continue
        if words in seen and len(words) > 3:
            edits.append((a, b, ""))
        seen.add(words)
    return t.edit(edits) if edits else False


def _unfinished(t: Tracked, _: Context) -> bool:
    """A last sentence that breaks off, if another one stands before it."""
    sentences = spans(t.text)
    if len(sentences) < 2:
        return False
    a, b = sentences[-1]
    last = t.text[a:b]
    if _END_MARK.search(last) or not _END_MARK.search(t.text[sentences[-2][0] : sentences[-2][1]]):
        return False
    words = plain(last).split()
    broken = (
        _CUT_MARK.search(last) is not None
        or (bool(words) and words[-1] in _CUT_WORDS and last[-1:].isalpha())
        or last.count("«") > last.count("»")
        or last.count("(") > last.count(")")
        or (
            len(t.text) > 300
            and last[-1:].isalpha()
            and "\n" not in t.text[sentences[-2][1] : a]
            and not _has_figure(last)
        )
    )
    return t.cut(sentences[-2][1], b) if broken else False


def _has_figure(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _questions(t: Tracked, context: Context) -> bool:
    """One question: the flow's own, else the last; others go if anything remains."""
    if t.text.count("?") < 2:
        return False
    sentences = spans(t.text)
    asked = [
        (a, b) for a, b in sentences if t.text[a:b].rstrip("\"'»)] ").endswith("?") and not t.text[a:b].startswith("«")
    ]
    if len(asked) < 2:
        return False
    own = fold(" ".join(context.own))
    keep = next((s for s in reversed(asked) if fold(t.text[s[0] : s[1]]) in own), asked[-1])
    edits = []
    for a, b in asked:
        if (a, b) == keep:
            continue
        if fold(t.text[a:b]) in own and keep != (a, b) and _greets(t.text[a:b]):
            continue
        if _greets(t.text[a:b]):
            continue
        at = bisect_left(sentences, b, key=lambda span: span[0])
        following = sentences[at][0] if at < len(sentences) else len(t.text)
        edits.append((a, following, "") if following < len(t.text) else (a, b, ""))
    return t.edit(edits) if edits else False


def _greets(text: str) -> bool:
    return _GREETING_START.match(text) is not None and len(text) < 40


def _breaks(t: Tracked, _: Context) -> bool:
    """A line break inside sentences that are longer than a piece, behind a mark and before a small letter."""
    edits: list[tuple[int, int, str]] = []
    for a, b in spans(t.text):
        start = a
        for line in re.finditer(r"[^\n]+", t.text[a:b]):
            start = a + line.start()
            end = a + line.end()
            while end - start > PIECE:
                place = _place(t.text, start, min(start + PIECE, end))
                if place is None:
                    break
                edits.append((place, place + 1, "\n"))
                start = place + 1
    return t.edit(edits) if edits else False


def _place(text: str, start: int, end: int) -> int | None:
    """The space to break at: behind «;», «,» or a dash, else between words; only before a small letter."""
    best: tuple[int, int] | None = None
    for i in range(start + 40, end):
        if text[i] != " " or not text[i + 1 : i + 2].islower():
            continue
        rank = 3 if text[i - 1] == ";" else 2 if text[i - 1] in ",:—–" else 1 if i - start > PIECE // 2 else 0
        if rank and (best is None or (rank, i) >= best):
            best = (rank, i)
    return best[1] if best else None


_STEPS: tuple[tuple[str, Callable[[Tracked, Context], bool]], ...] = (
    ("thoughts", _thoughts),
    ("marks", _marks),
    ("role", _role),
    ("markdown", _markdown),
    ("spaces", _tidy),
    ("greeting", _greeting),
    ("doubled", _doubled),
    ("questions", _questions),
    ("unfinished", _unfinished),
    ("breaks", _breaks),
)
