"""Makes the one page of all servers out of what each said of itself (playbooks/files/fleet.py).

    fleet_page.py PAGE < ANSWERS

ANSWERS is a JSON object: the name of each server and what it said, null where it did not answer. Lines go to standard
output, a page of HTML to PAGE unless it is empty. Exit status 1: a server is silent, in error, or does not serve.
Standard library alone.
"""

import html
import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Answers = Mapping[str, Mapping[str, Any] | None]
COLUMNS = {
    "release": "release",
    "since": "since (UTC)",
    "knowledge": "knowledge",
    "model": "model",
    "server": "Ollama",
    "driver": "driver",
    "kernel": "kernel",
    "system": "system",
    "ready": "ready",
    "level": "doctor",
    "backup": "last backup (UTC)",
}
# What should be the same everywhere; another value than most servers have is marked.
ALIKE = ("release", "knowledge", "model", "server", "driver", "kernel", "system")
STYLE = """body{font:15px/1.4 sans-serif;margin:2em} table{border-collapse:collapse}
td,th{padding:.3em .7em;border:1px solid #ccc;text-align:left}
.other,.warn{background:#fff2cc} .bad{background:#f8d0d0}"""


def main(arguments: list[str], text: str, now: datetime) -> int:
    answers: Answers = json.loads(text)
    page = arguments[0] if arguments else ""
    print("\n".join(lines(answers)))
    if page:
        Path(page).write_text(html_page(answers, now), "utf-8")
    return 1 if any(in_trouble(said) for said in answers.values()) else 0


def in_trouble(said: Mapping[str, Any] | None) -> bool:
    return said is None or said["ready"] != "yes" or said["level"] not in {"ok", "warning"}


def usual(answers: Answers) -> dict[str, str]:
    """What most servers have, of each column that should be alike; the first of those that are equally many."""
    found = {}
    for key in ALIKE:
        values = [said[key] for said in answers.values() if said]
        found[key] = Counter(values).most_common(1)[0][0] if values else ""
    return found


def lines(answers: Answers) -> list[str]:
    """A table, then what is wrong. `*` marks what differs from most servers."""
    common = usual(answers)
    rows = [["", *COLUMNS.values()]]
    for name, said in answers.items():
        if said is None:
            rows.append([name, "does not answer", *[""] * (len(COLUMNS) - 1)])
            continue
        shown = [str(said[key]) or "none" for key in COLUMNS]
        rows.append(
            [
                name,
                *(
                    f"{text}{'*' if common.get(key, said[key]) != said[key] else ''}"
                    for key, text in zip(COLUMNS, shown, strict=True)
                ),
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    told = [f"{name}: {finding}" for name, said in answers.items() if said for finding in said["findings"]]
    return [*table, *told]


def html_page(answers: Answers, now: datetime) -> str:
    common = usual(answers)
    head = "".join(f"<th>{html.escape(text)}</th>" for text in ("server", *COLUMNS.values()))
    body = []
    for name, said in answers.items():
        if said is None:
            silent = f'<td colspan="{len(COLUMNS)}" class="bad">does not answer</td>'
            body.append(f"<tr><th>{html.escape(name)}</th>{silent}</tr>")
            continue
        cells = "".join(
            f"<td{_class(key, said, common)}>{html.escape(str(said[key]) or 'none')}</td>" for key in COLUMNS
        )
        body.append(f"<tr><th>{html.escape(name)}</th>{cells}</tr>")
    told = [(name, finding) for name, said in answers.items() if said for finding in said["findings"]]
    list_ = "".join(f"<li>{html.escape(name)}: {html.escape(finding)}</li>" for name, finding in told)
    hint = "Yellow: other than on most servers, or a warning. Red: in trouble."
    return (
        f'<!doctype html><meta charset="utf-8"><title>Servers</title><style>{STYLE}</style>'
        f"<h1>Servers</h1><p>{now:%Y-%m-%d %H:%M} UTC. {hint}</p>"
        f"<table><tr>{head}</tr>{''.join(body)}</table><ul>{list_}</ul>\n"
    )


def _class(key: str, said: Mapping[str, Any], common: Mapping[str, str]) -> str:
    if (key == "ready" and said[key] != "yes") or (key == "level" and said[key] not in {"ok", "warning"}):
        return ' class="bad"'
    if key == "level" and said[key] == "warning":
        return ' class="warn"'
    return ' class="other"' if common.get(key, said[key]) != said[key] else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.read(), datetime.now(UTC)))
