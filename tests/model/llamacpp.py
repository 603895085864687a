"""llama.cpp's server as a process of its own: the program, and the class that starts and ends it.

    python -m tests.model.llamacpp MODEL.gguf ALIAS PARALLEL CONTEXT THREADS

prints its address on one line once the model is loaded, and ends with its standard input.
"""

import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from loadtests.service import ROOT
from tests.model.weights import SMOLLM

ALIAS = SMOLLM.name
_START_S = 60


def weights() -> Path:
    """The file of the package's weights. Raises AssertionError when it is another than the one that was tried."""
    return SMOLLM.file(Path())  # it comes in one part


@dataclass
class LlamaServer:
    """`with LlamaServer() as server:` a server at `server.url`; `parallel` conversations of `context` tokens each."""

    parallel: int = 2
    context: int = 8192
    threads: int = 1
    """Of one call. Threads that wait for one another spin: more of them than idle cores are slower, not faster."""
    url: str = ""

    def __enter__(self) -> "LlamaServer":
        command = [sys.executable, "-m", "tests.model.llamacpp", str(weights()), ALIAS]
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            [*command, str(self.parallel), str(self.context), str(self.threads)], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        reader.join(_START_S)
        if not self.url:
            self._log.seek(0)
            said = self._log.read()[-2000:]
            self.__exit__()
            raise RuntimeError(f"llama.cpp's server did not start: {said}")
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self._log.close()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("listening "):
                self.url = line.split()[1]
                return


def main(model: str, alias: str, parallel: str, context: str, threads: str) -> None:
    """Serves until standard input ends."""
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path = model
    wanted.model_alias = {alias}
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = 0
    wanted.n_parallel = int(parallel)
    wanted.n_ctx = int(parallel) * int(context)
    wanted.n_gpu_layers = 0
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = int(threads)
    server = xllamacpp.Server(wanted)
    print(f"listening {server.listening_address}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
