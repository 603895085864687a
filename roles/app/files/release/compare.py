"""Whether a new release answers worse than the one that serves: both are asked the same questions about prices."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from state import CODE, USER, Failed, run

_QUESTIONS = Path(__file__).with_name("questions.py")


def write_questions(release: str, knowledge: Path, file: Path) -> list[dict[str, Any]]:
    """Questions that the knowledge answers with an amount, read by a release that works; also into `file`."""
    found = run(str(CODE / "releases" / release / "venv/bin/python"), "-B", str(_QUESTIONS), str(knowledge))
    file.write_text(found, "utf-8")
    file.chmod(0o640)
    shutil.chown(file, "root", USER)
    asked: list[dict[str, Any]] = json.loads(found)
    return asked


def refuse_worse(release: str, asked: list[dict[str, Any]], before: list[str], after: list[str]) -> None:
    """Raises Failed with the first question that was answered rightly before and is not any more."""
    for question, former, new in zip(asked, before, after, strict=True):
        if _right(former, question["amounts"]) and not _right(new, question["amounts"]):
            raise Failed(
                f"release {release} did not pass its gate: it answers worse than the one that serves. Asked"
                f" {question['ask']!r} it says {new!r}, without any of the amounts {', '.join(question['amounts'])}"
            )


def _right(answer: str, amounts: list[str]) -> bool:
    figures = re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d)[\s'](?=\d)", "", answer).replace(",", "."))
    return any(amount in figures for amount in amounts)
