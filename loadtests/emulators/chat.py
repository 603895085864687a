"""POST /api/chat: one request from its body to its last line."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from loadtests.emulators import answers, faults
from loadtests.emulators.engine import Busy, Engine, Run
from loadtests.emulators.faults import Fault, FaultQueue
from loadtests.emulators.golang import now
from loadtests.emulators.output import Output, Schema, Told, output_of
from loadtests.emulators.prompt import Rendered, Tokenise, TooLong, render
from loadtests.emulators.requests import ChatRequest, Refused, parse_chat, refused_by_llama, schema_of
from loadtests.emulators.speakers.folder import Folder
from loadtests.emulators.speakers.gguf import Gguf, Written
from loadtests.emulators.tokens import tokenise
from loadtests.emulators.wire import Reply, Request
from loadtests.emulators.writer import Timing, Writer

_UNSHIFTED = (
    "the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the"
    " context length in settings, or use a model with a longer context length"
)


@dataclass(slots=True)
class Installed:
    """The model that can be asked for. `size_vram` None: all of it is in the card's memory."""

    name: str
    digest: str
    present: bool = True
    size_vram: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    """Values of a structured answer's other fields, by name."""
    says: str | None = None
    """What it answers whatever it is asked."""


class ChatHandler:
    """Answers chats one by one. `answer_tokens` is the length of an answer in tokens, None for the usual one.

    `real` and `folder`: who speaks in its place. `coarse`: tokens that its vocabulary makes of one of qwen3's.
    """

    def __init__(
        self,
        engine: Engine,
        model: Installed,
        queue: FaultQueue,
        *,
        num_ctx: int,
        answer_tokens: int | None,
        real: Gguf | None = None,
        folder: Folder | None = None,
        coarse: float = 1.0,
    ) -> None:
        self._engine = engine
        self._model = model
        self._faults = queue
        self._num_ctx = num_ctx
        self._answer_tokens = answer_tokens
        self._real = real
        self._folder = folder
        self._tokenise: Tokenise = real.tokenise if real else partial(tokenise, coarse=coarse)

    async def __call__(self, request: Request, reply: Reply) -> None:
        """Raises Refused before the first byte; a client that leaves is counted as cancelled."""
        timing = Timing()
        chat = parse_chat(request.body)
        if not self._model.present or chat.model != self._model.name:
            raise Refused(404, f"model '{chat.model}' not found")
        if not chat.messages:
            await self.load(chat, reply)
            return
        await self.answer(chat, Writer(reply, chat.model, stream=chat.stream), timing)

    async def answer(self, chat: ChatRequest, writer: Writer, timing: Timing) -> None:
        """One answer, counted by how it ends. Raises Refused."""
        stats = self._engine.stats
        stats.calls += 1
        stats.choices += isinstance(chat.format, dict) and answers.only_chooses(chat.format)
        try:
            await self._chat(chat, self._faults.take(), writer, timing)
        except asyncio.CancelledError:
            stats.cancelled += 1
            stats.cancels.append({"at": time.monotonic(), "tokens_out": writer.tokens})
            raise
        except Refused as refused:
            stats.failed += 1
            if not (refused.late and chat.stream):
                raise
            writer.reply.chunked(refused.status, {"error": refused.error})
            return
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

    async def _chat(self, chat: ChatRequest, fault: Fault | None, writer: Writer, timing: Timing) -> None:
        kind = fault.kind if fault else None
        if fault and kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault and kind == "503":
            raise Refused(503, fault.text or faults.BUSY)
        if kind == "not_loaded":
            raise Refused(404, f"model '{chat.model}' not found")
        options = chat.load_options(self._num_ctx)
        was_loaded = self._engine.loaded
        try:
            async with self._engine.loaded_with(options, chat.keep_alive_s):
                if was_loaded:
                    await self._engine.front()
                timing.loaded = time.perf_counter_ns()
                schema = schema_of(chat.format)
                prompt = self._rendered(chat, options["num_ctx"])
                self._engine.stats.truncated += prompt.truncated
                async with self._engine.slot(prompt.tokens) as run:
                    await self._run(chat, schema, fault, writer, timing, prompt, run)
        except Busy:
            raise Refused(503, faults.BUSY) from None

    def _rendered(self, chat: ChatRequest, num_ctx: int) -> Rendered:
        """Raises Refused where the prompt is too long and must not be cut."""
        keep = chat.options.get("num_keep", 4)
        may_cut = chat.truncate and chat.shift
        try:
            return render(
                chat.messages, think=chat.think, num_ctx=num_ctx, num_keep=keep, cut=may_cut, tokenise=self._tokenise
            )
        except TooLong as error:
            if chat.truncate:
                raise Refused(400, _UNSHIFTED, late=True) from None
            said = f"request ({error.tokens} tokens) exceeds the available context size ({num_ctx} tokens)"
            raise refused_by_llama(
                f"{said}, try increasing it", "exceed_context_size_error", n_prompt_tokens=error.tokens, n_ctx=num_ctx
            ) from None

    async def _run(
        self,
        chat: ChatRequest,
        schema: Schema,
        fault: Fault | None,
        writer: Writer,
        timing: Timing,
        prompt: Rendered,
        run: Run,
    ) -> None:
        if fault and fault.kind == "hang":
            await asyncio.Event().wait()
        if fault and fault.kind == "500":
            self._engine.unload()  # the runner is gone: the next request starts another
            raise Refused(500, fault.text or faults.CRASHED, late=True)
        limit = chat.limit(chat.load_options(self._num_ctx)["num_ctx"])
        if self._real is not None and fault is None:
            await self._really(
                self._real.write("".join(prompt.tokens), chat.options, schema, limit), writer, timing, run
            )
            return
        written = await self._asked(chat, schema, fault)
        timing.prefill = time.perf_counter_ns()
        await self._engine.prefill(run)
        timing.decode = time.perf_counter_ns()
        told = Told(chat, schema, prompt, fault, self._model.fields, self._model.says)
        output = output_of(told, limit, self._answer_tokens, written, self._tokenise)
        async with self._engine.decoding():
            await self._say(output, fault, writer, run)
        if fault and fault.kind in faults.ENDINGS:
            await self._stop(fault, writer)
        elif output.stopped == "silently":
            writer.end()
        else:
            writer.finish(output.stopped, timing, run)

    async def _really(self, pieces: AsyncIterator[Written], writer: Writer, timing: Timing, run: Run) -> None:
        """What a real model writes, in its own time."""
        timing.prefill = time.perf_counter_ns()
        async with aclosing(pieces), self._engine.decoding():  # type: ignore[type-var]
            async for piece in pieces:
                if not run.prefilled:
                    run.prefilled, timing.decode = True, time.perf_counter_ns()
                if piece.reason:
                    stats = self._engine.stats
                    stats.prompt_tokens += piece.read
                    stats.output_tokens += piece.count
                    writer.finish(piece.reason, timing, run, (piece.read, piece.count))
                    return
                run.output.append(piece.text)
                writer.token(piece.text)

    async def _asked(self, chat: ChatRequest, schema: Schema, fault: Fault | None) -> str | None:
        """What a person writes in the model's place; None where nobody is asked: of a warm-up, a choice, a fault."""
        warms = chat.options.get("num_predict") == 1
        if self._folder is None or fault is not None or warms or (schema and answers.only_chooses(schema)):
            return None
        return await self._folder.answer(chat.messages, schema)

    async def _say(self, output: Output, fault: Fault | None, writer: Writer, run: Run) -> None:
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

    async def _stop(self, fault: Fault, writer: Writer) -> None:
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
