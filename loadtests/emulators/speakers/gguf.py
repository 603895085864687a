"""A real model behind the emulator's wire: llama.cpp's server (`xllamacpp`) in a process of its own.

The emulator renders the prompt as the front does and cuts it by the model's own vocabulary; llama.cpp samples, keeps to
the form, and counts.
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from loadtests.emulators.requests import Refused
from loadtests.emulators.tokens import Tokens

HOW = "needs llama.cpp: pip install --no-deps xllamacpp (the extra modeltest)"
_SAMPLING = (
    "temperature", "top_k", "top_p", "min_p", "typical_p", "repeat_penalty", "repeat_last_n",
    "presence_penalty", "frequency_penalty", "seed", "stop",
)  # fmt: skip
_ENDINGS = {"limit": "length"}


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of an answer; the last one has no text, says why it is the last, and how much was read and written."""

    text: str
    reason: str = ""
    read: int = 0
    count: int = 0


class Gguf:
    """`with Gguf(path, parallel=4, context=6144) as model:`. Raises RuntimeError where it does not come up."""

    def __init__(self, path: Path, *, parallel: int, context: int, threads: int = 2) -> None:
        self._path, self._parallel, self._context, self._threads = path, parallel, context, threads

    def __enter__(self) -> "Gguf":
        if find_spec("xllamacpp") is None:
            raise RuntimeError(HOW)
        values = (str(self._path), str(self._parallel), str(self._context), str(self._threads))
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *values], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdout
        url = next((line.split()[1] for line in self._process.stdout if line.startswith("listening ")), "")
        if not url:
            raise RuntimeError(f"llama.cpp does not start with {self._path}")
        import httpx  # no need of it where no real model speaks

        self._http = httpx.AsyncClient(base_url=url, timeout=None, trust_env=False)  # nosec B113 - on this machine, as long as it writes
        self._plain = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self.tokenise = lru_cache(maxsize=512)(self._tokenise)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._plain.close()
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _tokenise(self, text: str) -> Tokens:
        """As many pieces as the model's vocabulary makes of it; joined they are `text` again."""
        answer = self._plain.post("/tokenize", json={"content": text, "with_pieces": True})
        pieces, held = [], b""
        for token in answer.raise_for_status().json()["tokens"]:
            piece = token["piece"]
            held += piece.encode() if isinstance(piece, str) else bytes(piece)  # a part of a sign comes as bytes
            try:
                pieces.append(held.decode())
                held = b""
            except UnicodeDecodeError:
                pieces.append("")
        return tuple(pieces) if "".join(pieces) == text else (text, *[""] * (len(pieces) - 1))

    async def write(
        self, prompt: str, options: Mapping[str, Any], schema: Mapping[str, Any] | None, limit: int
    ) -> AsyncIterator[Written]:
        """What the model writes. Raises Refused in llama.cpp's own words; leaving ends it."""
        body = {name: options[name] for name in _SAMPLING if name in options}
        body |= {"prompt": prompt, "n_predict": limit, "stream": True, "cache_prompt": True}
        if schema is not None:
            body["json_schema"] = schema or {"type": "object"}
        async with self._http.stream("POST", "/completion", json=body) as response:
            if response.status_code != 200:
                raise Refused(response.status_code, (await response.aread()).decode("utf-8", "replace"), late=True)
            async for line in response.aiter_lines():
                if not line.startswith("data: "):
                    continue
                event = json.loads(line.removeprefix("data: "))
                if event.get("content"):
                    yield Written(event["content"])
                if event.get("stop"):
                    reason = _ENDINGS.get(event.get("stop_type"), "stop")
                    yield Written("", reason, event.get("tokens_evaluated", 0), event.get("tokens_predicted", 0))


def main(model: str, parallel: str, context: str, threads: str) -> None:
    """Serves until standard input ends."""
    xllamacpp = import_module("xllamacpp")
    wanted = xllamacpp.CommonParams()
    wanted.model.path = model
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = 0
    wanted.n_parallel = int(parallel)
    wanted.n_ctx = int(parallel) * int(context)
    wanted.n_gpu_layers = 0
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = int(threads)
    server = xllamacpp.Server(wanted)
    sys.stdout.write(f"listening {server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
