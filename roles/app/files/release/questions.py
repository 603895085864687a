"""What customers ask about prices, and the amounts that a right answer holds: JSON on standard output.

    PYTHON questions.py FOLDER

Run with the Python of an installed release, which has PyYAML. FOLDER is a knowledge base; at most five questions,
spread over its sections with prices.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

MOST = 5


def questions(folder: Path) -> list[dict[str, Any]]:
    """[{"ask": str, "amounts": [str, ...]}]: the first question of a section and the amounts of its facts."""
    found = list(_sections(folder))
    step = max(1, len(found) // MOST)
    return found[::step][:MOST]


def _sections(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.y*ml")):
        for section in (yaml.safe_load(path.read_text("utf-8")) or {}).get("sections") or []:
            amounts = [fact["amount"] for fact in section.get("facts") or [] if fact.get("amount") is not None]
            if amounts and section.get("questions"):
                yield {"ask": section["questions"][0], "amounts": [_digits(amount) for amount in amounts]}


def _digits(amount: float) -> str:
    """14900 and 14900.0 as 14900, 0.5 as 0.5: an answer is compared without blanks, its commas as dots."""
    return str(int(amount)) if float(amount).is_integer() else str(float(amount))


if __name__ == "__main__":
    print(json.dumps(questions(Path(sys.argv[1]))))
