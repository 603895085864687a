"""A person as the model: each prompt is laid in a folder as a file, and what is written beside it is the answer.

`0001.prompt.md` is the prompt as the model would have it, with the form that is wanted; the answer is written to
`0001.answer.md` (plain words, or the JSON of the form). A prompt whose caller has left becomes `0001.left.md`.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadtests.emulators import answers

_LOOK_S = 0.2


class Folder:
    """`path` is made where it is not there; numbers go on behind those that lie in it."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._number = max((int(each.name[:4]) for each in path.glob("[0-9][0-9][0-9][0-9].*")), default=0)

    async def answer(self, messages: tuple[Mapping[str, Any], ...], schema: Mapping[str, Any] | None) -> str:
        """What was written back, in the form that was wanted. Waits for it as long as the caller does."""
        self._number += 1
        name = f"{self._number:04d}"
        prompt, answer = self._path / f"{name}.prompt.md", self._path / f"{name}.answer.md"
        _lay(prompt, _shown(messages, schema))
        try:
            said, before = "", None
            while not said or said != before:  # twice the same: it has been written to its end
                await asyncio.sleep(_LOOK_S)
                before, said = said, answer.read_text("utf-8").strip() if answer.exists() else ""
        except asyncio.CancelledError:
            prompt.rename(self._path / f"{name}.left.md")
            raise
        if schema is None or said.startswith("{"):
            return said
        return answers.structured(schema, said, {})[0]


def _shown(messages: tuple[Mapping[str, Any], ...], schema: Mapping[str, Any] | None) -> str:
    parts = [f"===== {message.get('role')} =====\n{message.get('content') or ''}\n" for message in messages]
    if schema is not None:
        parts.append(f"===== the form =====\n{json.dumps(schema, ensure_ascii=False, indent=1)}\n")
    return "\n".join(parts)


def _lay(path: Path, text: str) -> None:
    """All of it at once: whoever looks sees no half of a prompt."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, "utf-8")
    unfinished.rename(path)
