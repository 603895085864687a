"""What a server says of a prompt that is longer than its context: llama.cpp's own error, as Ollama hands it on too."""

import json
from collections.abc import Mapping

KIND = "too_long"
"""What such a refusal is called."""
_NAMES = frozenset({"exceed_context_size_error", "context_length_exceeded"})
_WORDS = ("maximum context length", "longer than the context length", "exceeds the available context size")
_MOST = 1 << 30


def overlong(said: object) -> tuple[int, int] | None:
    """Tokens of the prompt and of the context, 0 where that is not told; None: it is another error.

    `said`: an error's object or text; Ollama's text is JSON again, and both may stand inside an object `error`.
    """
    error = _inside(said)
    if isinstance(error, str):
        return (0, 0) if any(words in error for words in _WORDS) else None
    if not isinstance(error, Mapping):
        return None
    named = _NAMES & {value for name in ("type", "code") if isinstance(value := error.get(name), str)}
    if not named and overlong(str(error.get("message"))) is None:
        return None
    return _count(error.get("n_prompt_tokens")), _count(error.get("n_ctx"))


def _inside(said: object) -> object:
    for _ in range(3):
        if isinstance(said, str) and said.lstrip().startswith("{"):
            try:
                said = json.loads(said)
            except (ValueError, RecursionError):
                return said
        if isinstance(said, Mapping) and said.get("error"):
            said = said["error"]
    return said


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 < value < _MOST else 0
