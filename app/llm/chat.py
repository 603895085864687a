"""A backend that speaks through a chat server: one streamed call per turn, read until its answer is whole.

The model writes JSON with `answer` first. When that string closes the draft is returned, and what follows (slots, the
wish for a person) is read on as the draft's `aside`, unless its place at the server is needed.
"""

import asyncio
import math
import time
from collections.abc import Callable, Mapping

from app.breaker import Breaker
from app.capacity.pace import Call, Pace
from app.deadline import Deadline
from app.errors import DeadlinePassed, ModelUnavailable, PromptTooLong
from app.llm.behind import Behind
from app.llm.client import SAMPLING, CallFailed, ModelClient, PieceStream, Usage
from app.llm.hearing import heard
from app.llm.overlong import KIND as TOO_LONG
from app.llm.patience import Patience
from app.llm.watch import ModelWatch
from app.llm.writing import TEXT_FAULTS, Spoiled, Writing, schema
from app.settings import Settings
from app.telemetry import Telemetry
from app.types import Aside, Draft, Ending, ModelState, Prompt
from app.understanding.doubt import ActHeard, ActQuestion

_ASIDE_TOKENS = 60  # room behind the answer
_TRUNCATED = 0.7  # of our own count: fewer tokens read than this, and the server has cut the prompt
_SAID = frozenset({"answered", "other", "unknown", "malformed", TOO_LONG})
"""Outcomes of hearing that speak for the server, whatever the model wrote."""
_TICK_S = 0.01  # that a timer may ring early
_WHOLE = 0.9  # of a turn's time: who is silent so long is silent all of it
_UNTOLD = 1.25  # contexts that a prompt has which is too long, where the server does not count
_WAIT_S, _LONGEST_WAIT_S = 5, 60  # that a caller is asked to wait, as the server asked us
_UNUSABLE = "the model wrote nothing usable; use the fallback and try again"
_GONE = "the model cannot be reached; use the fallback and try again"
_UNREAD = "the message and what belongs to it are too long for the model; use the fallback"
_LATE = "the answer would come too late; use the fallback and try again"
# A second try with the same sampling tends to walk into the same fault.
_OTHER_SAMPLING: Mapping[str, Mapping[str, float]] = {
    "loop": {**SAMPLING, "temperature": 0.9, "presence_penalty": 1.5},
    "foreign": {**SAMPLING, "temperature": 0.4, "presence_penalty": 0.3},
}
_CALMER: Mapping[str, float] = {**SAMPLING, "temperature": 0.4}


def answer_room(settings: Settings) -> int:
    """Tokens that a call may write at most."""
    return settings.llm.answer_tokens * 3 // 2 + (_ASIDE_TOKENS if settings.flags.structured else 0)


class Chat:
    """A Backend. `client` speaks its protocol; `on_count(ours, the server's)` hears how many tokens a prompt had."""

    wants_prompt = True
    inventive = True
    needs_gpu = False

    def __init__(
        self,
        client: ModelClient,
        settings: Settings,
        telemetry: Telemetry,
        pace: Pace,
        *,
        system: str,
        on_count: Callable[[int, int], None],
    ) -> None:
        self.name = settings.llm.label
        self._settings = settings
        self._telemetry = telemetry
        self._pace = pace
        self._on_count = on_count
        self._client = client
        self._watch = ModelWatch(client, settings.llm, telemetry, system)
        self._patience_s = min(settings.turn.facts_after_s, _WHOLE * settings.turn.timeout_s)
        self._breaker = Breaker(settings.llm.breaker_failures, settings.llm.breaker_s)
        self._hearing = Breaker(settings.llm.breaker_failures, settings.llm.breaker_s)
        self._writing = 0
        self._behind = Behind(telemetry, settings.turn.timeout_s)

    def available(self) -> None:
        self._watch.available()
        if self._breaker.retry_after() > 0:
            raise self._resting()

    def cannot_hear(self) -> str:
        """A trial of a model that was left alone is an answer's, never this call's."""
        if self._breaker.state != "closed" or self._watch.state.state != "warm":
            return "model"
        return "failing" if self._hearing.retry_after() > 0 else ""

    async def hear(self, question: ActQuestion, seconds: float) -> ActHeard:
        """Its failures are counted apart from those of answers: the answer's own call comes next, and tells."""
        if not self._hearing.allow():
            return ActHeard("", "failing")
        try:
            await self._make_room()
            self._writing += 1
            try:
                found = await heard(self._client, question, seconds)
            finally:
                self._writing -= 1
        except BaseException:
            self._hearing.abandoned()
            raise
        if found.outcome in _SAID:
            self._hearing.succeeded()
        else:
            self._hearing.failed()
        return found

    def state(self) -> ModelState:
        return self._watch.state

    async def open(self) -> None:
        await self._watch.open()

    async def close(self) -> None:
        await self._behind.leave(0)
        await self._watch.close()
        await self._client.close()

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        """One call; a second one only if the first wrote nothing that can be used and there is time for it."""
        if deadline.remaining() <= self._settings.turn.reserve_s:
            raise ModelUnavailable(_LATE, reason="late")  # no fault of the model: it was not asked
        if not self._breaker.allow():
            raise self._resting()
        try:
            draft = await self._answer(prompt, deadline)
        except ModelUnavailable as error:
            if error.reason in TEXT_FAULTS or error.reason == TOO_LONG:
                # The server does answer. Whoever can talk the model into a ruler must not shut it off for everybody.
                self._breaker.succeeded()
            else:
                self._breaker.failed()
                self._watch.doubt()
            raise
        except BaseException as error:
            self._breaker.abandoned()
            if isinstance(error, asyncio.CancelledError):
                self._telemetry.model_calls.labels("cancelled").inc()
            raise
        self._breaker.succeeded()
        return draft

    async def _answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        try:
            return await self._call(prompt, deadline, SAMPLING)
        except Spoiled as first:
            self._telemetry.model_calls.labels(first.kind).inc()
            if deadline.remaining() < self._settings.turn.repair_s:
                raise ModelUnavailable(_UNUSABLE, reason=first.kind) from None
            sampling = _OTHER_SAMPLING.get(first.kind, _CALMER)
        try:
            return await self._call(prompt, deadline, sampling)
        except Spoiled as second:
            self._telemetry.model_calls.labels(second.kind).inc()
            raise ModelUnavailable(_UNUSABLE, reason=second.kind) from None

    async def _call(self, prompt: Prompt, deadline: Deadline, sampling: Mapping[str, float]) -> Draft:
        await self._make_room()
        self._writing += 1
        streams = self._writing
        known = prompt.system + "".join(message.content for message in prompt.messages)
        writing = Writing(structured=self._settings.flags.structured, known=known)
        stream: PieceStream | None = None
        left = deadline.remaining() - self._settings.turn.reserve_s
        try:
            async with asyncio.timeout(left) as scope:
                patience = Patience(scope, self._patience_s if self._settings.flags.degraded else math.inf)
                stream = await self._open(prompt, deadline, sampling)
                await writing.read(stream, patience.heard)
            text, ending = writing.result()
            if writing.closed and writing.usage is None:
                aside = self._behind.read_on(stream, writing, lambda usage: self._count(prompt, usage))
                stream = None
            else:
                aside = None
            return self._draft(prompt, writing, text, ending, streams=streams, aside=aside)
        except TimeoutError:
            if not scope.expired():
                raise
            silent = writing.silent_s() >= self._patience_s - _TICK_S
            if silent:
                self._watch.silent()
            return self._draft(prompt, writing, self._in_time(writing, silent), "deadline", streams=streams)
        except CallFailed as failure:
            self._telemetry.model_calls.labels(failure.kind).inc()
            self._telemetry.log.warning("model call failed", kind=failure.kind)
            if failure.kind == TOO_LONG:
                raise self._too_long(prompt, failure) from None
            seconds = min(math.ceil(failure.retry_after), _LONGEST_WAIT_S) or _WAIT_S
            raise ModelUnavailable(_GONE, retry_after=seconds, reason=failure.kind) from None
        finally:
            self._writing -= 1
            if stream is not None:
                stream.stop()
                await stream.closed()

    async def _open(self, prompt: Prompt, deadline: Deadline, sampling: Mapping[str, float]) -> PieceStream:
        structured = self._settings.flags.structured
        return await self._client.stream(
            prompt.system,
            prompt.messages,
            schema=schema(prompt.wanted) if structured else None,
            sampling=sampling,
            num_predict=answer_room(self._settings),
            budget_s=max(0.0, deadline.remaining() - self._settings.turn.reserve_s),
        )

    def _too_long(self, prompt: Prompt, failure: CallFailed) -> PromptTooLong:
        context = failure.context or self._settings.llm.context
        tokens = failure.tokens or max(prompt.tokens, context) * _UNTOLD
        return PromptTooLong(_UNREAD, reason=TOO_LONG, tokens=round(tokens), room=context - answer_room(self._settings))

    def _in_time(self, writing: Writing, silent: bool) -> str:
        """What was written before time ran out. Raises DeadlinePassed, ModelUnavailable when it was silent."""
        if text := writing.begun():
            return text
        if silent or writing.first_token_at is None:
            self._telemetry.model_calls.labels("hang").inc()
            raise ModelUnavailable(_LATE, reason="hang")
        self._telemetry.model_calls.labels("late").inc()
        raise DeadlinePassed(_LATE)

    def _draft(
        self,
        prompt: Prompt,
        writing: Writing,
        text: str,
        ending: Ending,
        *,
        streams: int,
        aside: asyncio.Task[Aside] | None = None,
    ) -> Draft:
        self._telemetry.model_calls.labels(ending).inc()
        now = time.monotonic()
        first = writing.first_token_at or now
        whole = writing.whole_at or now
        seconds = {"prefill": first - writing.started, "decode": whole - first}
        if ending != "deadline":
            self._watch.spoke()
            shared = (streams + max(self._writing, 1)) / 2
            self._pace.called(Call(prompt.fresh, seconds["prefill"], writing.pieces, seconds["decode"], shared))
        if writing.usage is not None:
            self._count(prompt, writing.usage)
        self._telemetry.model_tokens.labels("fresh").inc(prompt.fresh)
        return Draft(text, self.name, prompt.passages, ending, seconds, aside)

    async def _make_room(self) -> None:
        """Ends what is being written behind older answers, if its place at the server is needed for a new one."""
        await self._behind.leave(max(0, self._settings.turn.parallel - self._writing - 1))

    def _count(self, prompt: Prompt, usage: Usage) -> None:
        if not usage.prompt_tokens:
            return  # nothing was counted
        self._telemetry.model_tokens.labels("prompt").inc(usage.prompt_tokens)
        self._telemetry.model_tokens.labels("answer").inc(usage.answer_tokens)
        if self._client.cuts_prompts and usage.prompt_tokens < _TRUNCATED * prompt.tokens:
            self._telemetry.model_truncated.inc()
            self._telemetry.log.warning("prompt cut by the server", ours=prompt.tokens, read=usage.prompt_tokens)
            return
        if prompt.usual:
            self._on_count(prompt.tokens, usage.prompt_tokens)

    def _resting(self) -> ModelUnavailable:
        return ModelUnavailable(_GONE, retry_after=max(1, round(self._breaker.retry_after())), reason="breaker")
