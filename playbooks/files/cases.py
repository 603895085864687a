"""What customers ask about prices, as cases of `machine eval`: JSON (which is YAML too) on standard output.

    PYTHON cases.py FOLDER MOST

Run with the Python of an installed release, which has PyYAML. FOLDER is the published knowledge; at most MOST cases,
spread over the sections that begin with an amount, which are about it. An answer is right when it holds one of these.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_BLANKS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3})")
"""Between thousands."""


def cases(folder: Path, most: int) -> dict[str, Any]:
    found = list(_sections(folder))
    step = max(1, len(found) // most)
    return {"cases": found[::step][:most]}


def _sections(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.y*ml")):
        for section in (yaml.safe_load(path.read_text("utf-8")) or {}).get("sections") or []:
            begun = _BLANKS.sub("", re.split(r"(?<=[.!?])\s", str(section.get("text", "")).strip(), maxsplit=1)[0])
            amounts = [fact["amount"] for fact in section.get("facts") or [] if fact.get("amount") is not None]
            amounts = [amount for amount in amounts if any(form in begun for form in _forms(amount))]
            if amounts and section.get("questions"):
                spelled = sorted({form for amount in amounts for form in _forms(amount)})
                yield {
                    "id": f"{path.stem}-{section['id']}",
                    "user": section["questions"][0],
                    "expected": {"must_include_any": spelled},
                }


def _forms(amount: float) -> list[str]:
    """14900.0 as 14900, 0.5 as 0.5 and 0,5: `machine eval` itself knows blanks between thousands."""
    if float(amount).is_integer():
        return [str(int(amount))]
    return [str(float(amount)), str(float(amount)).replace(".", ",")]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(cases(Path(sys.argv[1]), int(sys.argv[2]))))
