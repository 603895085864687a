"""Which weights the search may load: a commit that was chosen, in a format that cannot run code."""

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.knowledge.hub import FILES
from app.settings import load
from loadtests.service import ROOT, clean_environment
from tests import models

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MAKERS: dict[str, Callable[[Path], Path]] = {"embedder": models.embedder, "reranker": models.reranker}


def settings(**values: str) -> None:
    load(environ={f"MACHINE_RETRIEVER__{name.upper()}": value for name, value in values.items()})


@pytest.mark.parametrize("part", ["embedder", "reranker"])
@pytest.mark.parametrize(
    "revision", ["", "main", "v1.0", COMMIT[:12], COMMIT.upper(), f"{COMMIT}0", f"refs/pr/{COMMIT}"]
)
def test_a_name_of_the_hub_needs_a_whole_commit(part: str, revision: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"retriever\.{part}_revision is {revision!r}.*40 .*git ls-remote \S+/shop/words HEAD"
    ):
        settings(**{part: "shop/words", f"{part}_revision": revision})
    settings(**{part: "shop/words", f"{part}_revision": COMMIT})


@pytest.mark.parametrize("part", ["embedder", "reranker"])
def test_a_folder_needs_none(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(**{part: "/srv/not/there/yet"})
    (tmp_path / "our" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    settings(**{part: "our/model"})


@pytest.fixture(scope="module", params=["embedder", "reranker"])
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    part: str = request.param
    return part, MAKERS[part](tmp_path_factory.mktemp(part) / "model")


def pickled(folder: Path, target: Path, name: str = "pytorch_model.bin") -> Path:
    """The same model with its weights as a pickle alone."""
    import torch
    from safetensors.torch import load_file

    shutil.copytree(folder, target)
    torch.save(load_file(target / "model.safetensors"), target / name)
    (target / "model.safetensors").unlink()
    return target


def test_weights_that_are_a_pickle_are_refused_in_words(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    models.opened(**{part: folder}).close()
    with pytest.raises(ConfigError, match=rf"retriever\.{part}: pytorch_model\.bin.*pickle.*safetensors"):
        models.opened(**{part: pickled(folder, tmp_path / "pickled")})


def test_a_pickle_in_parts_is_one_too(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    parts = pickled(folder, tmp_path / "parts", "pytorch_model-00001-of-00001.bin")
    (parts / "pytorch_model.bin.index.json").write_text('{"metadata": {}, "weight_map": {}}')
    with pytest.raises(ConfigError, match=rf"retriever\.{part}: .*pickle"):
        models.opened(**{part: parts})


def test_a_part_of_a_model_that_is_a_pickle_is_refused_as_well(tmp_path: Path) -> None:
    """sentence-transformers reads a layer of its own from a folder of its own."""
    import torch

    folder = models.embedder(tmp_path / "model")
    layer = folder / "2_Dense"
    layer.mkdir()
    torch.save({"linear.weight": torch.zeros(32, 32)}, layer / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"2_Dense/pytorch_model\.bin.*pickle"):
        models.opened(folder)


def test_a_pickle_beside_safetensors_is_left_unread(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    both = shutil.copytree(folder, tmp_path / "both")
    (both / "pytorch_model.bin").write_bytes(b"no weights at all")
    models.opened(**{part: both}).close()


def test_a_model_of_the_hub_without_safetensors_is_told_apart_from_one_that_is_not_there(
    kind: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pickles are not fetched, so what comes is a model without weights."""
    part, folder = kind
    bare = shutil.copytree(folder, tmp_path / "bare")
    (bare / "model.safetensors").unlink()
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(bare))
    with pytest.raises(ConfigError, match=rf"retriever\.{part}: 'shop/words' at {COMMIT} has no \.safetensors; name"):
        models.opened(**{part: "shop/words", f"{part}_revision": COMMIT})


def test_code_of_a_model_is_never_run(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    own = shutil.copytree(folder, tmp_path / "own")
    (own / "own.py").write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()")
    config = own / "config.json"
    config.write_text(
        config.read_text().replace("{", '{"auto_map": {"AutoModel": "own.Model", "AutoConfig": "own.Config"},', 1)
    )
    with suppress(ConfigError):  # whether it loads without its code is the library's affair
        models.opened(**{part: own}).close()
    assert not (tmp_path / "ran").exists()


def test_what_is_fetched_are_weights_words_and_settings() -> None:
    wanted = {"model.safetensors", "model-00001-of-00002.safetensors", "config.json", "1_Pooling/config.json", "tokenizer.json",
              "vocab.txt", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "2_Dense/model.safetensors"}  # fmt: skip
    unwanted = {"pytorch_model.bin", "colbert_linear.pt", "modeling_own.py", "model.pkl", "tf_model.h5", "flax_model.msgpack",
                "model.ckpt", "onnx/model.onnx", "openvino/openvino_model.bin", "training_args.bin", "README.md"}  # fmt: skip
    assert {name for name in wanted | unwanted if any(fnmatch(name, each) for each in FILES)} == wanted


class Hub(ThreadingHTTPServer):
    """A hub with one commit of one model; `asked` are the files that somebody took."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.folder, self.asked = folder, set[str]()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class _Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        asked = self.path.split("?")[0]
        if asked == f"/api/models/shop/words/revision/{COMMIT}":
            files = [{"rfilename": name} for name in self.server.names]
            self._say(json.dumps({"id": "shop/words", "sha": COMMIT, "siblings": files}).encode())
        elif asked == f"/api/models/shop/words/tree/{COMMIT}":
            tree = [
                {"type": "file", "path": name, "size": (self.server.folder / name).stat().st_size, "oid": "0" * 40}
                for name in self.server.names
            ]
            self._say(json.dumps(tree).encode())
        elif self.path.startswith(f"/shop/words/resolve/{COMMIT}/"):
            name = self.path.removeprefix(f"/shop/words/resolve/{COMMIT}/")
            self.server.asked.add(name)
            self._say((self.server.folder / name).read_bytes())
        else:
            self.send_error(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _say(self, content: bytes) -> None:
        self.send_response(200)
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        for name, value in (
            headers | {"Content-Length": str(len(content)), "Content-Type": "application/json"}
        ).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[Hub]:
    with Hub(folder) as hub:
        thread = threading.Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()


def fetched(hub: Hub, home: Path) -> subprocess.CompletedProcess[str]:
    """As the role fetches it: where the hub is, the library reads when it is imported."""
    code = "import sys; from app.knowledge.hub import fetch; print(fetch(sys.argv[1], sys.argv[2], local=False))"
    return subprocess.run(
        [sys.executable, "-c", code, "shop/words", COMMIT],
        env=clean_environment(HF_HOME=str(home), HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="0", HF_HUB_DISABLE_TELEMETRY="1"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_of_a_hub_weights_words_and_settings_are_fetched_and_nothing_that_runs(tmp_path: Path) -> None:
    folder = models.embedder(tmp_path / "model")
    whole = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".md"}
    for name in ("pytorch_model.bin", "own.py", "onnx/model.onnx", "training_args.bin"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    with serving(folder) as hub:
        done = fetched(hub, tmp_path / "cache")
        assert done.returncode == 0, done.stderr
        assert hub.asked == whole
    models.opened(done.stdout.strip()).close()
