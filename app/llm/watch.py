"""ModelWatch: keeps the model loaded, and knows whether it is.

Loading belongs here and never to a customer's turn: a caller that hangs up would abort it.
"""

import asyncio
import contextlib
from typing import Literal

from app.errors import ModelUnavailable
from app.llm.client import CallFailed, ModelClient
from app.settings import LlmSettings
from app.telemetry import Telemetry
from app.types import ModelState

_LOOK_S = 3.0  # a look that takes longer says nothing
_OPEN_S = 10.0  # that a start waits for a model which is loaded already
_IMPATIENT_S = 1.0  # between two looks while the model is not loaded
_SILENT = "hang"
_MISSED = 3  # looks without an answer after which the model counts as gone
_HUNG = 2  # calls in a row that fell silent after which the model counts as hung
_LONGEST_S = 60.0  # that a server may ask to be left alone


class ModelWatch:
    """`system` is a bot's system text, read at warm-up so that the first customer finds it cached."""

    def __init__(self, client: ModelClient, settings: LlmSettings, telemetry: Telemetry, system: str = "") -> None:
        self._client = client
        self._settings = settings
        self._telemetry = telemetry
        self._system = system
        self._state = ModelState("cold", "not looked at yet", expected_digest=settings.digest)
        self._task: asyncio.Task[None] | None = None
        self._doubt = asyncio.Event()
        self._looked = asyncio.Event()
        self._missed = 0
        self._silent = 0
        self._rest_s = 0.0  # for which the server asked to be left alone

    @property
    def state(self) -> ModelState:
        return self._state

    def available(self) -> None:
        """Raises ModelUnavailable unless the model is loaded."""
        if self._state.state == "warm":
            return
        if self._hung:
            raise ModelUnavailable("the model does not answer; use the fallback and try again", reason="hang")
        loading = self._state.state in ("cold", "loading")
        raise ModelUnavailable(
            "the model is being loaded; use the fallback and try again"
            if loading
            else "the model is not available; use the fallback and try again",
            retry_after=15 if loading else 5,
            reason="loading" if loading else "gone",
        )

    @property
    def _hung(self) -> bool:
        return self._silent >= _HUNG

    def silent(self) -> None:
        """A call fell silent though the server is there. After two in a row the model counts as away, until it has
        written to a call of the watch's own: that one also has a server notice that its runner hangs."""
        self._silent += 1
        if self._hung:
            self._failed(CallFailed(_SILENT))
            self._telemetry.model_up.set(0)
            self._doubt.set()

    def spoke(self) -> None:
        """A call was answered."""
        if not self._hung:  # an answer that was under way before says nothing of now
            self._silent = 0

    def doubt(self) -> None:
        """Look again now: a call has failed."""
        self._doubt.set()

    async def open(self) -> None:
        """Begins to watch. Returns once it is known whether the model can answer, without waiting for a cold one.

        So a service that restarts beside a loaded model takes its first caller only when it can serve.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="model-watch")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_OPEN_S):
                    await self._looked.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _watch(self) -> None:
        while True:
            await self._look()
            self._looked.set()
            self._telemetry.model_up.set(self._state.state == "warm")
            wait = self._settings.watch_s if self._state.state == "warm" else min(_IMPATIENT_S, self._settings.watch_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(wait, self._rest_s)):
                    await self._doubt.wait()
            self._doubt.clear()

    async def _look(self) -> None:
        self._rest_s = 0.0
        try:
            async with asyncio.timeout(_LOOK_S):
                loaded = await self._client.loaded()
        except TimeoutError:
            self._missed += 1
            if self._missed >= _MISSED:
                self._set(
                    "failed", f"{self._client.words.name} at {self._settings.host} does not answer within {_LOOK_S:g} s"
                )
            return
        except CallFailed as failure:
            self._failed(failure)
            return
        self._missed = 0
        if loaded is None:
            self._looked.set()
            await self._load()
            return
        if self._settings.digest and loaded.digest != self._settings.digest:
            detail = f"{self._settings.model} has the digest {loaded.digest[:12]}, not {self._settings.digest[:12]}"
            self._set("failed", f"{detail}; fetch the wanted one or change llm.digest", loaded.digest)
            return
        if self._hung:
            await self._try()
            return
        if self._state.state != "warm":
            await self._load()  # loaded by somebody else: with our options it stays as it is
            return
        self._set("warm", f"{self._settings.model} is loaded", loaded.digest, loaded.size, loaded.size_vram)

    async def _try(self) -> None:
        """One token of a model that is there and has fallen silent."""
        try:
            async with asyncio.timeout(self._settings.load_s):
                await self._client.warm(self._system)
        except TimeoutError:
            return
        except CallFailed as failure:
            self._failed(failure)
            return
        self._silent = 0
        self._set("warm", f"{self._settings.model} is loaded")
        self._doubt.set()  # sizes and digest are those of the next look

    async def _load(self) -> None:
        self._set("loading", f"{self._settings.model} is being loaded")
        try:
            async with asyncio.timeout(self._settings.load_s):
                await self._client.warm(self._system)
            async with asyncio.timeout(_LOOK_S):
                loaded = await self._client.loaded()
        except TimeoutError:
            self._set("failed", f"{self._settings.model} was not loaded within {self._settings.load_s:g} s")
            return
        except CallFailed as failure:
            self._failed(failure)
            return
        if loaded is None:
            self._set("failed", f"{self._settings.model} was unloaded as soon as it was loaded; look at its keep_alive")
            return
        if self._settings.digest and loaded.digest != self._settings.digest:
            return  # the next look says so
        self._silent = 0
        self._set("warm", f"{self._settings.model} is loaded", loaded.digest, loaded.size, loaded.size_vram)

    def _failed(self, failure: CallFailed) -> None:
        self._rest_s = min(failure.retry_after, _LONGEST_S)
        words = self._client.words
        if failure.kind in words.loading:
            self._set("loading", f"{self._settings.model} is being loaded")
            return
        values = {"host": self._settings.host, "model": self._settings.model, "kind": failure.kind}
        text = words.remedies.get(failure.kind, words.other)
        self._set("failed", text.format(**values, known=", ".join(failure.known) or "not told"))

    def _set(
        self,
        state: Literal["loading", "warm", "failed"],
        detail: str,
        digest: str = "",
        size: int = 0,
        size_vram: int = 0,
    ) -> None:
        new = ModelState(
            state,
            detail,
            size=size,
            size_vram=size_vram,
            digest=digest,
            expected_digest=self._settings.digest,
            fix=self._client.words.fix,
        )
        if new.state != self._state.state:
            self._telemetry.log.info("model", state=new.state, detail=detail)
        self._state = new
