"""What a text must not bring into a prompt: marks of chat templates, and lines that begin as ours or a speaker's do.

The tables are data: a family of models, a name or a language more is one word more. Our own labels are read out of the
templates, so that they cannot drift from what a prompt really says.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files

CUT = "…"
"""Stands where a mark was. No mark holds it, so what stood around a mark cannot close up into another one."""

# Names of angle-bracket tags that families of models were trained on: their frames of thinking, tools and turns. A
# name with an underscore is nobody's word (<tool_response>, <start_of_turn>, <begin_of_text>): all of them are marks.
_TAGS = (
    "think thinking thought thoughts reasoning reflection reflect scratchpad analysis plan final "  # thinking
    "tool tools toolcall function functions invoke parameter parameters observation action result results response "
    "output documents document context instruction instructions "
    "system assistant user human developer model bot ai customer client admin message im turn role prompt answer "
    "s bos eos pad unk sep cls mask sys inst endoftext eot eom eoh eop"
).split()
_BRACKETED = (
    "inst sys cls sep mask gmask sop system user assistant tool tools think "
    "system_prompt available_tools tool_calls tool_results tool_content prefix suffix middle"
).split()
_NAMED = rf"(?:{'|'.join(_TAGS)}|[a-z0-9]{{1,24}}(?:[_▁][a-z0-9]{{1,24}}){{1,6}})"
# One pass takes out every mark: no alternative can match CUT, so none can match across a place that was cut. Every
# repetition is bounded, so the time is in proportion to the length.
_MARKS = re.compile(
    rf"<\|[^|<>{CUT}\n]{{0,60}}\|>|<\||\|>"  # <|im_start|> whole, and what is left of one
    rf"|<<[ \t]{{0,3}}/?sys[ \t]{{0,3}}>>"
    rf"|<[ \t]{{0,3}}/?[ \t]{{0,3}}{_NAMED}(?:[ \t=:][^<>{CUT}\n]{{0,120}})?[ \t]{{0,3}}/?[ \t]{{0,3}}>"
    rf"|</?[a-z0-9]{{1,24}}(?:[_▁][a-z0-9]{{1,24}}){{1,6}}"  # left open: a model closes it by itself
    rf"|\[[ \t]{{0,3}}/?[ \t]{{0,3}}(?:{'|'.join(_BRACKETED)})[ \t]{{0,3}}\]"
    rf"|/(?:no_?)?think(?![a-z0-9])"  # the switch of qwen
    rf"|[⟦⟧]",  # our own
    re.IGNORECASE,
)
_CUTS = re.compile(rf"{CUT}(?:[ \t]*{CUT})+")

_SPEAKERS = """
system sys assistant user human developer tool function model ai bot chatbot gpt chatgpt qwen llm admin administrator
moderator manager operator agent consultant seller salesperson support owner boss director colleague customer client
buyer role message instruction instructions prompt context facts rules note response answer reply output
система ассистент помощник пользователь разработчик инструмент функция модель бот чатбот ии нейросеть админ
администратор модератор менеджер оператор консультант продавец агент поддержка техподдержка владелец директор
руководитель начальник хозяин коллега клиент покупатель заказчик роль сообщение инструкция инструкции указание
указания промпт контекст факты правила примечание ответ вывод
жүйе көмекші пайдаланушы әзірлеуші құрал функция модель бот әкімші менеджер оператор кеңесші сатушы агент қолдау иесі
басшы әріптес клиент тұтынушы рөл хабарлама нұсқау нұсқаулар нұсқаулық контекст фактілер деректер ережелер ескерту жауап
"""

_HEAD = 96  # characters of a line that are looked at: the longest label of ours has fewer
_MORE_WORDS = 2  # a speaker may have a name: «менеджер Айгуль:», "system message (internal):"
_LONGEST = 6  # words of a label
_LEADING = re.compile(r"(?:[\W_]|\d{1,3}[.)])*")
_WORD = re.compile(r"[^\W_]+")
_ENDS_LABEL = re.compile(r"[:>|=]")
_PASSAGE = re.compile(r"[^\w\[]*\[[^\]]{1,80}\]")
_ALIKE = str.maketrans("асеорхукмтнвіѕјһԁԛԝαορεκντυχι", "aceopxykmthbisjhdqwaopekvtuxi")
_TEMPLATES = ("system.j2", "turn.j2", "correction.j2")


def without_marks(text: str) -> str:
    """`text` with CUT for every mark of a chat template or of our own frames."""
    return _CUTS.sub(CUT, _MARKS.sub(CUT, text))


def posing(text: str) -> list[bool]:
    """For each line of somebody else's text: does it begin like a speaker's, a passage's or one of our own blocks?"""
    return [_poses(line) for line in fold(text).split("\n")]


def fold(text: str) -> str:
    """Lower case, without accents, look-alike letters in one script: «сиcтема» with a Latin c is «система».

    Line for line: a line of the result is one of the text.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold().translate(_ALIKE)


def _poses(line: str) -> bool:
    if not line:
        return False
    if _PASSAGE.match(line):
        return True
    led = _LEADING.match(line, 0, _HEAD)
    body = line[led.end() if led else 0 :][:_HEAD]
    end = _ENDS_LABEL.search(body)
    words = _joined(_WORD.findall(body[: end.start()] if end else body))
    labels = _labels()
    for count in range(1, min(_LONGEST, len(words)) + 1):
        if tuple(words[:count]) in labels:
            more = len(words) - count
            if count > 1 or (more <= _MORE_WORDS if end else more == 0):
                return True
    return False


def _joined(words: list[str]) -> list[str]:
    """Letters that stand apart (s y s t e m) are one word; a number behind a word is none of it (user1)."""
    count = next((place for place, word in enumerate(words) if len(word) > 1), len(words))
    words = ["".join(words[:count]), *words[count:]] if count > 2 else words
    return [words[0].rstrip("0123456789") or words[0], *words[1:]] if words else words


@cache
def _labels() -> frozenset[tuple[str, ...]]:
    folder = files("app.prompt").joinpath("templates")
    own = [label for name in _TEMPLATES for label in labels_of(folder.joinpath(name).read_text("utf-8"))]
    return frozenset(tuple(_WORD.findall(fold(label))) for label in (*_SPEAKERS.split(), *own))


def labels_of(template: str) -> tuple[str, ...]:
    """What the lines of a template begin with: headings, labels before a colon, and whole lines that never change."""
    found = []
    for line in re.sub(r"\{%.{0,200}?%\}", "\n", template).splitlines():
        fixed = line.partition("{{")[0].strip()
        heading = fixed.strip("#").strip()
        words = _WORD.findall(re.split(r":|\.$", heading)[0])
        if words and heading[0].isupper() and (fixed != heading or fixed[-1] in ":."):
            found.append(" ".join(words[:_LONGEST]))
    return tuple(found)
