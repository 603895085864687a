"""A model server of OpenAI's protocol that says exactly what a test wrote down; within the test's own loop."""

import asyncio
import json
from typing import Any

from tests.scripted import ScriptedModel, Turn

MODEL = "shop-7b"
ROLE = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}, "finish_reason": None}]}


def chunk(text: str | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of a stream."""
    delta = {} if text is None else {"content": text}
    said = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    return said | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]} | more


def counted(read: int, written: int) -> dict[str, Any]:
    """The last chunk, as include_usage asks for it."""
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {"id": "x", "object": "chat.completion.chunk", "choices": [], "usage": usage}


def answer(status: int, body: bytes | str, kind: str = "application/json", **headers: str) -> Turn:
    """A whole HTTP answer that is no stream."""

    async def turn(writer: asyncio.StreamWriter) -> None:
        writer.write(whole(status, body, kind, **headers))

    return turn


def whole(status: int, body: bytes | str, kind: str = "application/json", **headers: str) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": kind, "Content-Length": len(data), "Connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} x\r\n{head}\r\n".encode() + data


def refuses(status: int, message: str = "no", code: str | int | None = None, **headers: str) -> Turn:
    """A refusal in the protocol's envelope."""
    return answer(status, json.dumps({"error": {"message": message, "type": "x", "code": code}}), **headers)


def events(*data: str | dict[str, Any], line: str = "\n", sliced: int = 0, pause_s: float = 0.0, ends: bool = True,
           cut: bool = False, wait_s: float = 0.0) -> Turn:  # fmt: skip
    """A stream of these events; a str stands as it is.

    `line` ends each line; `sliced`: sent in pieces of so many bytes; `pause_s` before each event but the first; not
    `ends`: open and silent behind them; `cut`: the connection breaks behind them; `wait_s` before the first.
    """

    async def turn(writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 x\r\nContent-Type: text/event-stream\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await writer.drain()
        await asyncio.sleep(wait_s)
        sent = b""
        for place, each in enumerate(data):
            text = each if isinstance(each, str) else f"data: {json.dumps(each, ensure_ascii=False)}{line}{line}"
            if pause_s and place:
                await asyncio.sleep(pause_s)
            if pause_s:
                writer.write(_part(text.encode()))
                await writer.drain()
            else:
                sent += text.encode()
        for start in range(0, len(sent), sliced or len(sent) or 1):
            writer.write(_part(sent[start : start + (sliced or len(sent))]))
            await writer.drain()
            await asyncio.sleep(0)
        if not ends:
            await asyncio.Event().wait()
        if not cut:
            writer.write(_part(b""))

    return turn


def speaks(*pieces: str, read: int | None = 100, finish: str | None = "stop", done: bool = True, **how: Any) -> Turn:
    """An answer as llama.cpp streams it. `read` None: nothing is counted; `finish` None: the model never ends."""
    said: list[str | dict[str, Any]] = [ROLE, *(chunk(piece) for piece in pieces)]
    said += [chunk(finish=finish)] if finish else []
    said += [counted(read, len(pieces))] if read is not None else []
    return events(*said, *(["data: [DONE]\n\n"] if done else []), **how)


class ScriptedOpenAI(ScriptedModel):
    """`async with ScriptedOpenAI(speaks("Yes."), refuses(503)) as model:` answers its calls in this order.

    `models`: what its list says, a whole HTTP answer or names; a call of one token is a warm-up, which gets `warm`.
    """

    def __init__(
        self, *turns: Turn, models: tuple[str, ...] | bytes = (MODEL,), warm: bytes | None = None, root: str = "/v1"
    ) -> None:
        super().__init__(*turns, model=MODEL)
        self.models = models
        self.warm = warm
        self._root = root
        self.heads: list[str] = []
        """The heads of all requests, in small letters."""

    def _listed(self, head: str) -> bytes | None:
        self.heads.append(head)
        if not head.startswith(f"get {self._root}/models "):
            assert head.startswith(f"post {self._root}/chat/completions "), head
            return None
        if isinstance(self.models, bytes):
            return self.models
        return whole(200, json.dumps({"object": "list", "data": [{"id": name} for name in self.models]}))

    def _warmed(self, asked: dict[str, Any]) -> bytes | None:
        if asked["max_tokens"] != 1:
            return None
        said = f"data: {json.dumps(chunk('Yes', finish='length'))}\n\ndata: [DONE]\n\n"
        return self.warm or whole(200, said, "text/event-stream")


def _part(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
