"""Markdown as owners write it -> drafts.

A price list that fits one message stays one section, because customers ask for the list as often as for a line of it;
a longer one becomes a section per line, because nobody reads forty lines in a messenger.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest

from app.knowledge.drafts import ASKED, BOLD, SectionDraft, questions_in, slug
from app.knowledge.figures import BULLET, column_kind, facts_in, priced_line
from app.knowledge.owners import either, word
from app.knowledge.tables import from_row


def _marked(kind: str) -> str:
    """A line behind a word or a letter that says what it is."""
    words, letter = either(kind), word(f"{kind}_letter")
    return rf"(?:(?i:{words})\s*(?:№\s*)?(?:\d+\s*)?[:.]|[{letter}]\d*\s*:)\s*(.*)"


_LIST_LINES, _LIST_CHARS = 10, 600  # a longer price list is no message
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*)")
_CLOSING = "# \t\u00a0"  # what may stand behind a heading
_NUMBERING = re.compile(r"^\d+(?:\.\d+)*[.)]\s+")
_BOLD_LINE = re.compile(r"(\*\*|__)((?:(?!\1).)+)\1\s*(.*)")
_QUESTION = re.compile(_marked("asked"))
_ANSWER = re.compile(_marked("answered"))
_TABLE_RULE = re.compile(r"\s*(?:\|\s*)?(?::?-+:?\s*\|\s*)+(?::?-+:?\s*)?")
_RULE = re.compile(r"\s*([-*_=])(?:\s*\1){2,}\s*")


def markdown_drafts(text: str, stem: str, problems: list[str]) -> list[SectionDraft]:
    drafts, fenced, at = [SectionDraft(1)], False, 0
    lines = [re.sub(r"^\s*(?:>\s?)+", "", line).rstrip() for line in text.split("\n")]
    while at < len(lines):
        line, at = lines[at], at + 1
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif fenced:
            drafts[-1].lines.append(line)
        elif "|" in line and at < len(lines) and _TABLE_RULE.fullmatch(lines[at]):
            end = next((i for i in range(at + 1, len(lines)) if "|" not in lines[i]), len(lines))
            _add_table(drafts, [_cells(row) for row in (line, *lines[at + 1 : end])], at, problems)
            at = end
        elif not _RULE.fullmatch(line):
            _add_line(drafts, line, at)
    named = [draft for draft in drafts if draft.title or draft.questions or draft.text]
    return [part for draft in _outlined(named, stem, problems) for part in _by_line(draft)]


def _add_line(drafts: list[SectionDraft], raw: str, number: int) -> None:
    """A line outside tables and code opens a section, asks the open one's question once more, or is its text."""
    draft, level, title, rest = drafts[-1], 0, "", ""
    bare = BULLET.sub("", raw, count=1).strip()
    if heading := _HEADING.fullmatch(raw):
        level, title = len(heading[1]), _NUMBERING.sub("", _plain(heading[2].rstrip(_CLOSING)), count=1)
    elif (bold := _BOLD_LINE.fullmatch(bare)) and _opens(bold[2].strip(), bold[3]):
        level, title, rest = ASKED if questions_in(bold[2]) else BOLD, bold[2].strip(), _plain(bold[3]).lstrip(" :—–-")
    if asked := _QUESTION.fullmatch(title or _plain(bare)):
        level, title = level if 0 < level < BOLD else ASKED, asked[1]
        if inside := re.search(rf"(?<=[?.!»\"])\s+{_ANSWER.pattern}", title):  # the answer stands on the same line
            title, rest = title[: inside.start()], inside[1]
    if not level:
        answer = _ANSWER.fullmatch(_plain(bare)) if draft.level and not draft.answered else None
        if answer and not (draft.questions or draft.level == ASKED) and len(answer[0].split(":")[0]) <= 2:
            answer = None  # "A: ..." of a list of variants
        if answer:
            _end_question(draft)
        draft.lines.append(answer[1] if answer else _plain(raw))
        return
    questions = questions_in(title) or ([title] if asked and title else [])
    if questions and draft.questions and draft.level == level and not (draft.text or draft.answered):
        draft.questions += questions  # questions one below the other share the answer below the last
    elif title or asked:
        drafts.append(SectionDraft(number, level, "" if questions else title, questions))
    drafts[-1].answered = bool(asked and rest)
    drafts[-1].lines += [rest] if rest else []


def _end_question(draft: SectionDraft) -> None:
    """An answer is announced: what stands before it went on asking."""
    said = [BULLET.sub("", text, count=1).strip() for text in draft.lines if text.strip()]
    if said and (draft.level == ASKED or all(text.endswith("?") for text in said)):
        whole = " ".join([*draft.questions[-1:], *said])
        draft.questions[-1:] = questions_in(whole) or [whole]
        draft.lines.clear()
    draft.answered = True


def _opens(bold: str, rest: str) -> bool:
    """Whether a line that starts with these bold words opens a section."""
    if _ANSWER.fullmatch(bold):
        return False
    return bool(questions_in(bold)) or (not rest and len(bold) <= 80 and bold[-1:] not in ".!;:,…")


def _plain(line: str) -> str:
    """Without Markdown's marks: a messenger would show them. Indents stay."""
    line = re.sub(r"!?\[([^\]]{0,300})\]\(([^\s()]{1,2000})\)", r"\1 (\2)", re.sub(r"<br\s*/?>", " ", line))
    line = re.sub(r"\*\*(?=\S)(.{0,300}?\S)\*\*", r"\1", line)
    line = re.sub(r"(?<!\w)__(?=\S)(.{0,300}?\S)__(?!\w)", r"\1", line)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!|>~-])", r"\1", line).rstrip()


def _outlined(drafts: list[SectionDraft], stem: str, problems: list[str]) -> Iterator[SectionDraft]:
    """The sections among the drafts, each knowing its category and the headings above it."""
    kept: list[SectionDraft] = []
    for draft, after in pairwise([*drafts, SectionDraft(0)]):
        if draft.level == BOLD and not draft.text and after.level <= BOLD and kept:
            kept[-1].lines.append(draft.title)  # emphasis, not a title
        else:
            kept.append(draft)
    top, category, above = min((d.level for d in kept if d.level), default=0), stem, list[SectionDraft]()
    for draft, after in pairwise([*kept, SectionDraft(0)]):
        parent = 0 < draft.level < after.level and not (draft.level == BOLD and draft.text)
        names_category = parent and draft.level == top < BOLD and bool(draft.title)
        if draft.level == top < BOLD:
            category = slug(draft.title) if names_category else stem
        above = [up for up in above if up.level < draft.level]
        draft.category = draft.category or category
        draft.keywords += [name for up in above for name in (up.title, *([] if up.text else up.questions)) if name]
        if parent and not names_category:
            above.append(draft)
        lines = [line for line in draft.lines if line.strip()]
        asked = next((i for i, line in enumerate(lines) if not (BULLET.match(line) and line.endswith("?"))), 0)
        for line in lines[:asked]:  # bullets that ask, before the answer
            draft.questions.append(BULLET.sub("", line, count=1).strip())
            draft.lines.remove(line)
        if draft.text:
            yield draft
        elif not parent:
            problems.append(f"{draft.line}: {draft.name!r} has no text below it; write the answer or delete the line")


def _add_table(drafts: list[SectionDraft], rows: list[list[str]], number: int, problems: list[str]) -> None:
    """A table of questions and answers is read as sections, another as lines: what a row is about, then its cells."""
    head, *body = rows
    if not body:  # a head alone: its words are text
        drafts[-1].lines.append(" — ".join(filter(None, head)))
        return
    for i in reversed(range(len(head))):
        if not head[i].strip("№# ") and all(len(row) > i and row[i].strip(".").isdigit() for row in body):
            head, body = head[:i] + head[i + 1 :], [row[:i] + row[i + 1 :] for row in body]  # the rows' numbers
    if {"question", "text"} <= {column_kind(cell) for cell in head}:
        drafts += [from_row(number + 2 + i, head, row, problems) for i, row in enumerate(body)]
        drafts.append(SectionDraft(number, ASKED))  # for the text behind the table
        return
    draft = drafts[-1]
    for name, *cells in body:
        others = [(column, cell) for column, cell in zip_longest(head[1:], cells, fillvalue="") if cell]
        line, facts = priced_line(name, others)
        draft.lines.append(f"- {line}")
        draft.facts[f"- {line}"] = facts
    draft.keywords += filter(None, head)


def _cells(row: str) -> list[str]:
    return [_plain(cell).strip() for cell in re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))]


def _by_line(draft: SectionDraft) -> list[SectionDraft]:
    """The draft itself, or its price lines one by one if they are no message together."""
    priced = {
        line: facts
        for line in draft.lines
        if BULLET.match(line) and (facts := draft.facts.get(line) or facts_in(line, ""))
    }
    if len(priced) <= _LIST_LINES and sum(map(len, priced)) <= _LIST_CHARS:
        return [draft]
    rest = replace(draft, lines=[line for line in draft.lines if line not in priced])
    parts = [rest] if rest.text else []
    about = [name for name in (draft.title, *draft.questions, *draft.keywords) if name]
    for line, facts in priced.items():
        bare = BULLET.sub("", line, count=1).strip()
        text = f"{draft.title}: {bare}" if draft.title else bare
        name = bare.split(" — ")[0] if " — " in bare else facts[0].name or bare
        parts.append(SectionDraft(draft.line, draft.level, name, [], [text], about, {text: facts}, draft.category))
    return parts
