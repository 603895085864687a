"""Hearing: one short call that says what a message is for, one of a few names. Never a second try.

What it says is one of the choices or nothing at all: neither a customer nor a model adds a name to them.
"""

import asyncio
import json
from typing import Any

from app.llm.client import CallFailed, ModelClient
from app.llm.reader import Blanks
from app.understanding.doubt import OTHER, ActHeard, ActQuestion

TOKENS = 40
"""That it may write at most."""
USUAL_TOKENS = 8
"""That it needs: a name in its braces."""
_SAMPLING = {"temperature": 0.0}
_LONGEST = 400
"""Characters that are read: a server that writes on is stopped."""


async def heard(client: ModelClient, question: ActQuestion, seconds: float) -> ActHeard:
    """What the model says within `seconds`. Raises nothing but the cancellation of its caller."""
    stream = client.once(
        question.system, question.messages, schema=_form(question), sampling=_SAMPLING, num_predict=TOKENS
    )
    said, blanks = "", Blanks()
    try:
        async with asyncio.timeout(seconds):
            async for piece in stream:
                said += piece.text
                if (
                    piece.usage is not None
                    or said.rstrip().endswith("}")
                    or len(said) > _LONGEST
                    or blanks.feed(piece.text)
                ):
                    break
    except TimeoutError:
        return ActHeard("", "late")
    except CallFailed as failure:
        return ActHeard("", failure.kind)
    finally:
        stream.stop()
        await stream.closed()
    return _of(said, question)


def _form(question: ActQuestion) -> dict[str, Any]:
    act = {"type": "string", "enum": list(question.choices)}
    return {"type": "object", "properties": {"act": act}, "required": ["act"]}


def _of(said: str, question: ActQuestion) -> ActHeard:
    try:
        act = json.loads(said)["act"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ActHeard("", "malformed")
    if act == OTHER:
        return ActHeard("", "other")
    if not isinstance(act, str) or act not in question.choices:
        return ActHeard("", "unknown")
    return ActHeard(act, "answered")
