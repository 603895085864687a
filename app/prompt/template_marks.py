"""Marks of chat templates, which a text must not bring into a prompt. A family of models more is a word more."""

import re

CUT = "…"
"""Stands where a mark was. No mark holds it, so what stood around a mark cannot close up into another one."""

# Names of angle-bracket tags that families of models were trained on: their frames of thinking, tools and turns. A
# name with an underscore is nobody's word (<tool_response>, <start_of_turn>, <begin_of_text>): all of them are marks.
_TAGS = (
    "think thinking thought thoughts reasoning reflection reflect scratchpad analysis plan final "  # thinking
    "tool tools toolcall function functions invoke parameter parameters observation action result results response "
    "output documents document context instruction instructions "
    "system assistant user human developer model bot ai customer client admin message im turn role prompt answer "
    "knowledge fact facts rule rules price prices data source sources search query history memory persona policy "
    "s bos eos pad unk sep cls mask sys inst endoftext eot eom eoh eop"
).split()
_BRACKETED = (
    "inst sys cls sep mask gmask sop system user assistant tool tools think "
    "system_prompt available_tools tool_calls tool_results tool_content prefix suffix middle"
).split()
_GAP = r"[ \t]{0,3}"
_NAMED = rf"(?:{'|'.join(_TAGS)}|[a-z0-9]{{1,24}}(?:[_▁][a-z0-9]{{1,24}}){{1,6}})"
# What opens without its end is closed by a model itself. Short names are left to stand: a word before <s is no mark.
_OPENING = "|".join(sorted((tag for tag in _TAGS if len(tag) > 3), key=len, reverse=True))
# One pass takes out every mark: no alternative can match CUT, so none can match across a place that was cut. Every
# repetition is bounded, so the time is in proportion to the length.
_MARKS = re.compile(
    rf"<{_GAP}(?:"
    rf"\|(?:[^|<>{CUT}\n]{{0,60}}\|{_GAP}>)?"  # <|im_start|> whole, or what is left of one
    rf"|<{_GAP}/?sys{_GAP}>>"
    rf"|(?:/{_GAP})?(?=[a-z0-9])(?:[a-z0-9]{{1,24}}:)?(?:"
    rf"{_NAMED}(?:[ \t=:][^<>{CUT}\n]{{0,120}})?{_GAP}/?{_GAP}>"
    rf"|[a-z0-9]{{1,24}}(?:[_▁][a-z0-9]{{1,24}}){{1,6}}|(?:{_OPENING})(?![a-z0-9])))"  # left open
    rf"|\|{_GAP}>"
    rf"|\[{_GAP}/?{_GAP}(?:{'|'.join(_BRACKETED)}){_GAP}\]"
    rf"|/(?:no_?)?think(?![a-z0-9])"  # the switch of qwen
    rf"|[⟦⟧]",  # our own
    re.IGNORECASE,
)
_CUTS = re.compile(rf"{CUT}(?:[ \t]*{CUT})+")


def without_marks(text: str) -> str:
    """`text` with CUT for every mark of a chat template or of our own frames."""
    return _CUTS.sub(CUT, _MARKS.sub(CUT, text))
