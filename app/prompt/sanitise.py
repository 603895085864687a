"""Somebody else's text inside a prompt: it can say anything, but it opens no role, no block and no frame of ours.

Everything here takes time in proportion to the text's length, whatever the text: it runs for messages that any stranger
may send, on the loop that serves everybody.
"""

import re
import unicodedata
from functools import lru_cache

from app.prompt.poses import posing
from app.prompt.template_marks import without_marks

# What is read once is not read again: a conversation's history is the same texts in every turn. By text, and not at the
# commit: what is stored stays what the customer wrote, so a later release can clean it better. 512 texts are the
# histories of some twenty conversations; they hold 50 MB at the very most, when all are of the greatest length.
_KEPT = 512

_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_DROPPED = frozenset({"Cc", "Cf", "Co", "Cs"})
# Seen by nobody, though their category says letter, sign or mark: fillers, joiners, and the two blanks.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_BRACKETS = {**dict.fromkeys("⟦〚【〔〘⟬⦗❲⁅", "["), **dict.fromkeys("⟧〛】〕〙⟭⦘❳⁆", "]")}
# Pointed brackets and bars of other alphabets, of mathematics and of quotations: a mark is read through them.
_POINTED = {
    **dict.fromkeys("‹〈⟨❬❮❰ᐸ˂≺⧼⟪《≪⪡⋖", "<"),
    **dict.fromkeys("›〉⟩❭❯❱ᐳ˃≻⧽⟫》≫⪢⋗", ">"),
    **dict.fromkeys("❘∣ǀ│┃⎮⏐❙❚¦⎸⎹‖∥", "|"),
}
_ESCAPED = re.compile(
    r"&(?:amp;){0,4}(?:(lt|gt|vert|verbar|lbrack|lsqb|rbrack|rsqb)|#0{0,6}(60|62|124|91|93)|#x0{0,6}(3c|3e|7c|5b|5d));"
    r"|\\(?:u00|x)(3c|3e|7c|5b|5d)",
    re.IGNORECASE,
)
_MEANT = {
    **dict.fromkeys(("lt", "60", "3c"), "<"),
    **dict.fromkeys(("gt", "62", "3e"), ">"),
    **dict.fromkeys(("vert", "verbar", "124", "7c"), "|"),
    **dict.fromkeys(("lbrack", "lsqb", "91", "5b"), "["),
    **dict.fromkeys(("rbrack", "rsqb", "93", "5d"), "]"),
}
_FENCE = re.compile(r"#[\W_]|([-=`~*_])\1\1")
_LEADING = re.compile(r"[\W_]*")
_BLANK_LINES = re.compile(
    r"\n{3,}"
)  # two line ends are kept of any number: a thousand of them are not looked at one by one


@lru_cache(maxsize=_KEPT)
def sanitise(text: str, names: tuple[str, ...] = ()) -> str:
    """`text` as plain words: no control signs, no marks of templates; a line that poses as another's is in «».

    `names`: who else speaks here, besides managers, systems and the like. Idempotent. Emoji stay, one that is joined of
    several falls into them.
    """
    text = _BLANK_LINES.sub("\n\n", without_marks(plain_signs(text)).strip())
    lines = [_unfenced(line.rstrip()) for line in text.split("\n")]
    text = "\n".join(line for place, line in enumerate(lines) if line or (place and lines[place - 1])).strip()
    lines = text.split("\n")
    return "\n".join(_quoted(line) if poses else line for line, poses in zip(lines, posing(text, names), strict=True))


def one_line(text: str, names: tuple[str, ...] = ()) -> str:
    """The same for a value that stands within a line of ours."""
    return " ".join(sanitise(text, names).split())


def plain_signs(text: str) -> str:
    """`text` with line ends and spaces of one kind each, styled and escaped signs plain, and nothing unseen."""
    text = _LINE_ENDS.sub("\n", text)
    text = text.translate({ord(sign): plain for sign in set(text) if (plain := _plain(sign)) != sign})
    return _ESCAPED.sub(_unescaped, text) if "&" in text or "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    return _MEANT[match[match.lastindex or 0].lower()]


def _plain(sign: str) -> str:
    if sign in "\n\t" or " " <= sign <= "~":
        return sign
    category = unicodedata.category(sign)
    if category in _DROPPED or sign in _BLANK or _is_selector(sign) or _is_noncharacter(sign):
        return ""
    if category == "Zs":
        return " "
    if sign in _BRACKETS:
        return _BRACKETS[sign]
    if sign in _POINTED:
        return _POINTED[sign]
    same = unicodedata.normalize("NFKC", sign)
    # Raised and circled numbers stay as they are: a number is more than the sign it resembles.
    return same if len(same) == 1 and " " < same <= "~" and category != "No" else sign


def _is_selector(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def _is_noncharacter(sign: str) -> bool:
    return "\ufdd0" <= sign <= "\ufdef" or ord(sign) & 0xFFFE == 0xFFFE


def _unfenced(line: str) -> str:
    """Without a heading's or a fence's signs at its beginning; a word behind # is neither."""
    if not line or line[0].isalnum():
        return line
    leading = _LEADING.match(line)
    end = leading.end() if leading else 0
    # A line of signs alone may not hold a # at all: it would be one of these once it is quoted.
    return line[end:] if _FENCE.search(line, 0, end) or (end == len(line) and "#" in line) else line


def _quoted(line: str) -> str:
    return line if line.startswith("«") and line.endswith("»") else f"«{line}»"
