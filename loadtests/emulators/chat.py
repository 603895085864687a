"""POST /api/chat: one request from its body to its last line."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtests.emulators import answers, faults
from loadtests.emulators.engine import Busy, Engine, Run
from loadtests.emulators.faults import Fault, FaultQueue
from loadtests.emulators.golang import marshal, now
from loadtests.emulators.prompt import Rendered, render
from loadtests.emulators.requests import ChatRequest, Refused, parse_chat
from loadtests.emulators.tokens import Tokens, tokenise
from loadtests.emulators.wire import Reply, Request

_REPEATS = 40  # identical chunks of a stream that the server gives up on


@dataclass(slots=True)
class Installed:
    """The model that can be asked for. `size_vram` None: all of it is in the card's memory."""

    name: str
    digest: str
    present: bool = True
    size_vram: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    """Values of a structured answer's other fields, by name."""


@dataclass(frozen=True, slots=True)
class Output:
    """What the model will say: thoughts, then content; `stopped` tells how the content ends."""

    thoughts: Tokens
    content: Tokens
    stopped: str


@dataclass(slots=True)
class Timing:
    """Moments in ns of the monotonic clock."""

    began: int = field(default_factory=time.perf_counter_ns)
    loaded: int = 0
    prefill: int = 0
    decode: int = 0


class ChatHandler:
    """Answers chats one by one. `answer_tokens` is the length of an answer in tokens, None for the usual one."""

    def __init__(
        self, engine: Engine, model: Installed, queue: FaultQueue, *, num_ctx: int, answer_tokens: int | None
    ) -> None:
        self._engine = engine
        self._model = model
        self._faults = queue
        self._num_ctx = num_ctx
        self._answer_tokens = answer_tokens

    async def __call__(self, request: Request, reply: Reply) -> None:
        """Raises Refused before the first byte; a client that leaves is counted as cancelled."""
        timing = Timing()
        chat = parse_chat(request.body)
        if not self._model.present or chat.model != self._model.name:
            raise Refused(404, f"model '{chat.model}' not found")
        if not chat.messages:
            await self.load(chat, reply)
            return
        stats = self._engine.stats
        stats.calls += 1
        stats.choices += chat.schema is not None and answers.only_chooses(chat.schema)
        writer = Writer(reply, chat.model, stream=chat.stream)
        try:
            await self._chat(chat, self._faults.take(), writer, timing)
        except asyncio.CancelledError:
            stats.cancelled += 1
            stats.cancels.append({"at": time.monotonic(), "tokens_out": writer.tokens})
            raise
        except Refused:
            stats.failed += 1
            raise
        if writer.done:
            stats.completed += 1
        else:
            stats.failed += 1

    async def load(self, chat: ChatRequest, reply: Reply, body: Mapping[str, Any] | None = None) -> None:
        """A request without a prompt: loads the model, or lets it go when its keep_alive is 0."""
        content = body or {"message": {"role": "assistant", "content": ""}}
        if chat.keep_alive_s == 0:
            self._engine.unload()
        else:
            await self._ready(chat)
        reason = "unload" if chat.keep_alive_s == 0 else "load"
        reply.json(200, {"model": chat.model, "created_at": now(), **content, "done": True, "done_reason": reason})

    async def _ready(self, chat: ChatRequest) -> None:
        try:
            async with self._engine.loaded_with(chat.load_options(self._num_ctx), chat.keep_alive_s):
                pass
        except Busy:
            raise Refused(503, faults.BUSY) from None

    async def _chat(self, chat: ChatRequest, fault: Fault | None, writer: "Writer", timing: Timing) -> None:
        kind = fault.kind if fault else None
        if fault and kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault and kind == "503":
            raise Refused(503, fault.text or faults.BUSY)
        if kind == "not_loaded":
            raise Refused(404, f"model '{chat.model}' not found")
        options = chat.load_options(self._num_ctx)
        try:
            async with self._engine.loaded_with(options, chat.keep_alive_s):
                timing.loaded = time.perf_counter_ns()
                prompt = render(
                    chat.messages,
                    think=chat.think,
                    num_ctx=options["num_ctx"],
                    num_keep=chat.options.get("num_keep", 4),
                )
                self._engine.stats.truncated += prompt.truncated
                async with self._engine.slot(prompt.tokens) as run:
                    await self._run(chat, fault, writer, timing, prompt, run)
        except Busy:
            raise Refused(503, faults.BUSY) from None

    async def _run(
        self, chat: ChatRequest, fault: Fault | None, writer: "Writer", timing: Timing, prompt: Rendered, run: Run
    ) -> None:
        if fault and fault.kind == "hang":
            await asyncio.Event().wait()
        if fault and fault.kind == "500":
            self._engine.unload()  # the runner is gone: the next request starts another
            raise Refused(500, fault.text or faults.CRASHED)
        timing.prefill = time.perf_counter_ns()
        await self._engine.prefill(run)
        timing.decode = time.perf_counter_ns()
        output = self._output(chat, fault, prompt, chat.limit(chat.load_options(self._num_ctx)["num_ctx"]))
        async with self._engine.decoding():
            await self._say(output, fault, writer, run)
        if fault and fault.kind in faults.ENDINGS:
            await self._stop(fault, writer)
        elif output.stopped == "silently":
            writer.end()
        else:
            writer.finish(output.stopped, timing, run)

    def _output(self, chat: ChatRequest, fault: Fault | None, prompt: Rendered, limit: int) -> Output:
        told = "".join(prompt.tokens)
        answer = faults.spoil_text(fault, answers.compose(_turn(chat, prompt), self._answer_tokens, _said(chat)), told)
        content, end = answer, 0
        if chat.schema is not None:
            fields = {
                **answers.chosen(chat.schema, prompt.user),
                **self._model.fields,
                **(fault.fields if fault else {}),
            }
            content, end = answers.structured(chat.schema, answer, fields)
        pieces = tokenise(faults.spoil_content(fault, content, end))
        stopped = "stop"
        if fault and fault.kind == "repeat_stop":
            pieces = (*pieces[: fault.after_tokens], *(fault.text or " да",) * _REPEATS)
            stopped = "silently"
        thoughts = tokenise(answers.THOUGHT)[:limit] if chat.think else ()
        if len(thoughts) + len(pieces) > limit:
            pieces, stopped = pieces[: limit - len(thoughts)], "length"
        return Output(thoughts, pieces, stopped)

    async def _say(self, output: Output, fault: Fault | None, writer: "Writer", run: Run) -> None:
        interval = fault.seconds if fault and fault.kind == "slow" else None
        last = fault.after_tokens if fault and fault.kind in faults.ENDINGS else None
        for place, token in enumerate(output.thoughts):
            if place == last:
                return
            await self._engine.decode(run, token, interval)
            writer.token(thinking=token)
        for place, token in enumerate(output.content, len(output.thoughts)):
            if place == last:
                return
            if fault and fault.kind == "garbage_line" and place == fault.after_tokens:
                writer.raw((fault.text or "<html>502 Bad Gateway</html>").encode() + b"\n")
            await self._engine.decode(run, token, interval)
            writer.token(token)

    async def _stop(self, fault: Fault, writer: "Writer") -> None:
        match fault.kind:
            case "hang_mid":
                await asyncio.Event().wait()
            case "cut":
                writer.reply.cut(reset=fault.reset)
            case "crash_mid_stream":
                self._engine.unload()
                writer.error(fault.text or faults.CRASHED_MID_STREAM)
            case _:
                writer.end()


class Writer:
    """Writes an answer as a stream of lines, one a token, or gathers it for a single body."""

    def __init__(self, reply: Reply, model: str, *, stream: bool) -> None:
        self.reply = reply
        self.tokens = 0
        self.done = False
        self._model = model
        self._stream = stream
        self._content: list[str] = []
        self._thinking: list[str] = []

    def token(self, content: str = "", *, thinking: str = "") -> None:
        self.tokens += 1
        if self._stream:
            self._line({"message": _message(content, thinking), "done": False})
            return
        self._content.append(content)
        self._thinking.append(thinking)

    def raw(self, line: bytes) -> None:
        """Bytes that are no line of the protocol."""
        if self._stream:
            self.reply.chunk(line)
        else:
            self.reply.body(200, line)

    def error(self, text: str) -> None:
        """An error behind tokens: a line of a stream whose status was 200, else the status 500."""
        if not self._stream or not self.reply.started:
            raise Refused(500, text)
        self.reply.chunk(marshal({"error": text}) + b"\n")
        self.reply.end()

    def end(self) -> None:
        """Ends without the last line; a single body then says that it is not done."""
        if self._stream:
            self.reply.end()
        else:
            self._whole({"done": False})

    def finish(self, reason: str, timing: Timing, run: Run) -> None:
        """The last line, or the whole body, with the counts and durations (ns); zeros are left out."""
        ended = time.perf_counter_ns()
        figures = {
            "total_duration": ended - timing.began,
            "load_duration": timing.loaded - timing.began,
            "prompt_eval_count": len(run.prompt),
            "prompt_eval_duration": timing.decode - timing.prefill,
            "eval_count": len(run.output),
            "eval_duration": ended - timing.decode,
        }
        tail = {"done": True, "done_reason": reason, **{name: value for name, value in figures.items() if value}}
        self.done = True
        if self._stream:
            self._line({"message": _message("", ""), **tail})
            self.reply.end()
        else:
            self._whole(tail)

    def _whole(self, tail: Mapping[str, Any]) -> None:
        if self.reply.started:  # a raw body has gone out in its place
            return
        message = _message("".join(self._content), "".join(self._thinking))
        self.reply.json(200, {"model": self._model, "created_at": now(), "message": message, **tail})

    def _line(self, rest: Mapping[str, Any]) -> None:
        self.reply.chunk(marshal({"model": self._model, "created_at": now(), **rest}) + b"\n")


def _message(content: str, thinking: str) -> dict[str, str]:
    message = {"role": "assistant", "content": content}
    return message | {"thinking": thinking} if thinking else message


def _said(chat: ChatRequest) -> list[str]:
    return [str(message.get("content")) for message in chat.messages if message.get("role") == "assistant"]


def _turn(chat: ChatRequest, prompt: Rendered) -> str:
    """The last message that holds facts: a demand for a correction stands behind it."""
    if "# Факты" in prompt.user:
        return prompt.user
    texts = [str(message.get("content")) for message in chat.messages if message.get("role") == "user"]
    return next((text for text in reversed(texts) if "# Факты" in text), prompt.user)
