"""The release of Ollama that the test host installs: its tarball, holding the emulator as `bin/ollama`, over HTTP.

    python -m tests.host.ollama_release --folder DIR --host 10.213.2.1 [--port 0] [--version 0.32.7]

It writes `v<version>/ollama-linux-amd64.tar.zst` and `sha256sum.txt`, as the releases' page has them, serves the folder
and prints one line `{"url", "sha256", "version"}`. What is inside runs with the host's own python3 and nothing else.
"""

import argparse
import functools
import hashlib
import importlib.util
import io
import json
import subprocess
import tarfile
import threading
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSET = "ollama-linux-amd64.tar.zst"
VERSION = "0.32.7"
_TIME = 1_700_000_000  # the same tarball each time, so its hash says what it holds

# `bin/ollama`: reads the environment that the unit gives to the real server, keeps pulled models in OLLAMA_MODELS.
_PROGRAM = '''#!/usr/bin/python3 -B
"""Stands in for Ollama's program: `ollama serve`, `ollama --version`."""
import argparse, asyncio, hashlib, os, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib" / "ollama"))
VERSION = "@VERSION@"
if sys.argv[1:] in (["--version"], ["-v"]):
    print(f"ollama version is {VERSION}")
    sys.exit(0)
if sys.argv[1:] != ["serve"]:
    sys.exit(f"this stand-in knows `serve` and `--version`, not {sys.argv[1:]}")

from loadtests.emulators import answers, ollama
from loadtests.emulators.several import Several

ollama.VERSION = VERSION
manifests = Path(os.environ["OLLAMA_MODELS"], "manifests")
# What the registry has besides the usual model: size in VRAM (None: all of it), what it answers (None: as usual).
MODELS = @MODELS@


def stored(name):
    """Where the real one keeps what a model consists of; a model that a bundle brought has its digest from there."""
    parts = name.rpartition(":")[0].split("/")
    before = ["registry.ollama.ai", "library"][: max(0, 3 - len(parts))]
    return manifests.joinpath(*before, *parts, name.rpartition(":")[2])


class Server(ollama.Server):
    """Has only the models that were pulled into its folder, whichever server pulled them, also after a restart."""

    def __init__(self, settings):
        super().__init__(settings)
        name = settings.model
        self._pulled = stored(name)
        self._model.present = self._pulled.exists()
        vram = os.environ.get("EMULATOR_SIZE_VRAM")
        self._model.size_vram = int(vram) if vram else None
        if name in MODELS:
            self._model.digest, self._model.size_vram, self._model.says = MODELS[name]

    async def __call__(self, request, reply):
        self._model.present = self._pulled.exists()
        if self._model.present and (content := self._pulled.read_bytes()):
            self._model.digest = hashlib.sha256(content).hexdigest()
        await super().__call__(request, reply)

    async def _pull(self, request, reply):
        await super()._pull(request, reply)
        if self._model.present:
            self._pulled.parent.mkdir(parents=True, exist_ok=True)
            self._pulled.touch()


class Shelf(Several):
    def __init__(self, settings):
        super().__init__(settings, list(MODELS), Server, lambda name: stored(name).unlink())


ollama.Server = Shelf
host, _, port = os.environ.get("OLLAMA_HOST", "127.0.0.1:11434").rpartition(":")
sys.argv[1:] = ["--host", host, "--port", port, "--cold", "--profile", os.environ.get("EMULATOR_PROFILE", "instant"),
                "--speed", os.environ.get("EMULATOR_SPEED", "1"),
                "--num-parallel", os.environ.get("OLLAMA_NUM_PARALLEL", "1"),
                "--context-length", os.environ.get("OLLAMA_CONTEXT_LENGTH", "4096")]
asyncio.run(ollama.serve(ollama.arguments()))
'''


# Models that can be pulled besides the usual one: a good one, one that answers without figures, one whose drafts are never
# an answer (facts are said instead), one too large for the card.
MODELS: dict[str, tuple[str, int | None, str | None]] = {
    "qwen3:8b": (hashlib.sha256(b"qwen3:8b").hexdigest(), None, None),
    "qwen3:4b": (hashlib.sha256(b"qwen3:4b").hexdigest(), None, "Об этом лучше спросить у менеджера."),
    "qwen3:1.7b": (hashlib.sha256(b"qwen3:1.7b").hexdigest(), None, "Да"),
    "qwen3:32b": (hashlib.sha256(b"qwen3:32b").hexdigest(), 1000, None),
}


def program(version: str = VERSION) -> str:
    """`bin/ollama` of a release that works."""
    return _PROGRAM.replace("@VERSION@", version).replace("@MODELS@", repr(MODELS))


@dataclass(frozen=True)
class Release:
    """A tarball that is being served."""

    url: str
    sha256: str
    version: str


def build(folder: Path, version: str = VERSION, replaced: str | None = None) -> Path:
    """Writes the tarball and `sha256sum.txt` under `folder`/v`version`; returns the tarball's path.

    `replaced` takes the place of `bin/ollama`: a broken one, for instance.
    """
    target = folder / f"v{version}"
    target.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, "./bin/ollama", (replaced or program(version)).encode(), 0o755)
        _add(archive, "./lib/ollama/tests/__init__.py", b"", 0o644)
        for base, name in (
            (ROOT / "loadtests" / "emulators", "loadtests/emulators"),
            (_package("httptools"), "httptools"),
        ):
            for path in sorted(base.rglob("*")):
                if path.suffix in {".py", ".so", ".json"}:
                    _add(archive, f"./lib/ollama/{name}/{path.relative_to(base)}", path.read_bytes(), 0o644)
    tarball = target / ASSET
    packed = subprocess.run(["zstd", "-q", "-3", "-c"], input=content.getvalue(), stdout=subprocess.PIPE, check=True)
    tarball.write_bytes(packed.stdout)
    (target / "sha256sum.txt").write_text(f"{digest(tarball)}  ./{ASSET}\n")
    return tarball


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), mode, _TIME
    archive.addfile(entry, io.BytesIO(data))


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{name} is not installed here; `make install` brings it")
    return Path(spec.origin).parent


def digest(path: Path) -> str:
    """sha256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Mirror:
    """Serves a folder over HTTP on the test host's bridge. A context manager."""

    def __init__(self, folder: Path, host: str, port: int = 0) -> None:
        self._folder = folder
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = ThreadingHTTPServer((host, port), handler)
        self.url = f"http://{host}:{self._server.server_address[1]}"

    def release(self, version: str = VERSION, replaced: str | None = None) -> Release:
        """A release that is built and served from now on."""
        tarball = build(self._folder, version, replaced)
        return Release(f"{self.url}/v{version}/{ASSET}", digest(tarball), version)

    def __enter__(self) -> "Mirror":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    """Builds the release and serves it until it is ended."""
    parser = argparse.ArgumentParser(description="Serve a stand-in for Ollama's release.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--version", default=VERSION)
    options = parser.parse_args()
    with Mirror(options.folder, options.host, options.port) as mirror:
        print(json.dumps(mirror.release(options.version).__dict__), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
