"""What others made reaches a server only as it was chosen: the wheel's build, the weights of the search."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from loadtests.service import ROOT, clean_environment
from tests.host.hosts import Play
from tests.thrift import parsed

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
OTHER = "f" * 64


def part(role: str, name: str, **variables: Any) -> Play:
    """One part of a role on this machine, without root."""
    facts = {"role": role, "part": name, "ansible_python_interpreter": sys.executable, "ansible_become": False}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory/production"]
    done = subprocess.run(
        [*command, "tests/host/playbooks/part.yml", "-e", json.dumps(facts | variables)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Play(done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize(
    "given",
    [
        {"app_embedder": "shop/words", "app_embedder_revision": "main", "app_reranker": ""},
        {
            "app_embedder": "",
            "app_settings": {"retriever": {"reranker": "shop/words", "reranker_revision": COMMIT[1:]}},
        },
    ],
    ids=["a branch", "cut short, in the settings laid over"],
)
def test_weights_that_nobody_pinned_are_refused_before_anything_changes(given: dict[str, Any]) -> None:
    play = part("app", "validate", app_reranker_revision=COMMIT, **given)
    assert play.status != 0
    assert "40 hexadecimal digits that `git ls-remote https://huggingface.co/shop/words HEAD` prints" in play.one_line
    assert re.search(r"app_(embedder|reranker)_revision is '(main|9abc\w+)'", play.one_line)


@pytest.mark.long
def test_pinned_weights_folders_and_a_search_by_words_alone_pass() -> None:
    named = {"app_embedder": "shop/words", "app_embedder_revision": COMMIT, "app_reranker": "/srv/reranker"}
    assert part("app", "validate", **named, app_model_hashes={"shop/words": {"a.safetensors": OTHER}}).status == 0
    assert part("app", "validate", app_semantic=False).status == 0


def test_a_hash_that_is_none_is_refused() -> None:
    play = part("app", "validate", app_semantic=False, app_model_hashes={"shop/words": {"model.safetensors": "latest"}})
    assert play.status != 0
    assert "write FILE: SHA256 for each file, 64 hexadecimal digits" in play.one_line


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """As the Hub's cache has one: links to files named otherwise."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / COMMIT
    blobs.mkdir()
    for name in ("model.safetensors", "2_Dense/model.safetensors", "config.json"):
        link = snapshot / name
        link.parent.mkdir(parents=True, exist_ok=True)
        (blobs / hashlib.sha1(name.encode()).hexdigest()).write_text(f"the content of {name}")
        link.symlink_to(blobs / hashlib.sha1(name.encode()).hexdigest())
    return snapshot


def digest(name: str) -> str:
    return hashlib.sha256(f"the content of {name}".encode()).hexdigest()


BOTH = {name: digest(name) for name in ("model.safetensors", "2_Dense/model.safetensors")}


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        (BOTH | {"model.safetensors": OTHER}, f"{OTHER} model.safetensors"),
        pytest.param(
            BOTH | {"model.safetensors": BOTH["2_Dense/model.safetensors"]},
            f"{digest('model.safetensors')} model.safetensors",
            marks=pytest.mark.long,
        ),
        ({"model.safetensors": BOTH["model.safetensors"]}, f"{digest('2_Dense/model.safetensors')} 2_Dense/model.safetensors"),
        pytest.param(BOTH | {"tokenizer.json": OTHER}, f"{OTHER} tokenizer.json", marks=pytest.mark.long),
    ],
    ids=["another content", "two files exchanged", "weights that are not named", "a file that is not there"],
)  # fmt: skip
def test_other_files_than_the_chosen_ones_are_named(snapshot: Path, chosen: dict[str, str], named: str) -> None:
    play = weights(snapshot, chosen)
    assert play.status != 0
    assert "shop/words at" in play.one_line
    assert named in play.one_line


def test_a_large_file_is_what_the_hub_says_of_it_whoever_has_chosen_no_hash(snapshot: Path) -> None:
    whole = snapshot.parents[1] / "blobs" / digest("model.safetensors")
    link = snapshot / "model.safetensors"
    link.resolve().rename(whole)
    link.unlink()
    link.symlink_to(whole)
    assert weights(snapshot, {}).status == 0
    whole.write_text("the content of another")
    play = weights(snapshot, {})
    assert play.status != 0
    assert f"came otherwise than https://huggingface.co itself says: {whole.name} model.safetensors" in play.one_line


def test_the_chosen_files_pass_whatever_lies_beside_them(snapshot: Path) -> None:
    assert weights(snapshot, BOTH).status == 0
    assert weights(snapshot, BOTH | {"config.json": digest("config.json")}).status == 0


def weights(snapshot: Path, chosen: dict[str, str]) -> Play:
    given = {"__app_model": ["shop/words", COMMIT], "__app_snapshot": str(snapshot)}
    return part("app", "weights", **given, app_model_hashes={"shop/words": chosen} if chosen else {})


HUB = """
import hashlib, json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
COMMIT, WEIGHTS, seen = sys.argv[1], b"w" * 25_000_000, []
SHA = hashlib.sha256(WEIGHTS).hexdigest()

class Hub(BaseHTTPRequestHandler):
    def log_message(self, *_): pass

    def do_HEAD(self): self.answer(False)

    def do_GET(self): self.answer(True)

    def answer(self, whole):
        seen.append(self.path)
        start = int(self.headers.get("Range", "bytes=0-").split("=")[1].split("-")[0])
        if self.path.endswith("/seen"):
            return self.send(json.dumps(seen).encode())
        if "/api/models/" in self.path:
            large = {"lfs": {"oid": SHA, "size": len(WEIGHTS), "pointerSize": 135}, "xetHash": "0" * 64}
            sizes = {"model.safetensors": len(WEIGHTS), "config.json": 2, "pytorch_model.bin": 9}
            return self.send(json.dumps([
                {"type": "file", "path": name, "size": size, "oid": "0" * 40, **(large if size > 10 else {})}
                for name, size in sizes.items()
            ]).encode())
        content = WEIGHTS if self.path.endswith(".safetensors") else b"{}"
        if whole and len(content) > 10 and not start:  # the line breaks in the middle, once
            return self.send(content, sent=21_000_000)
        return self.send(content, start, len(content) if whole else 0)

    def send(self, content, start=0, sent=None):
        self.send_response(206 if start else 200)
        for name, value in {
            "Content-Length": len(content) - start, "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes", "ETag": f'"{SHA}"' if len(content) > 10 else '"0"',
            # as the Hub says of large files: they may be had by another protocol, from elsewhere
            "X-Xet-Hash": "0" * 64, "X-Xet-Refresh-Route": "/api/xet",
            "Link": '<http://127.0.0.1:9/xet>; rel="xet-auth"',
            **({"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}),
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content[start:][:sent])

server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
print(server.server_port, flush=True)
server.serve_forever()
"""


def test_a_mirror_over_plain_http_is_enough_and_a_broken_line_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What the role runs, in its environment, against a hub that offers xet's protocol too, as the real one does."""
    (fetch,) = parsed((ROOT / "roles/app/tasks/fetched_weights.yml").read_text("utf-8"))
    code = fetch["ansible.builtin.command"]["argv"][6]
    hub = subprocess.Popen([sys.executable, "-c", HUB, COMMIT], stdout=subprocess.PIPE, text=True)
    try:
        assert hub.stdout
        url = f"http://127.0.0.1:{hub.stdout.readline().strip()}"
        environment = fetch["environment"] | {"HF_HOME": str(tmp_path), "HF_ENDPOINT": url, "HF_HUB_OFFLINE": "0"}
        done = subprocess.run(
            [sys.executable, "-c", code, "shop/words", COMMIT],
            env=clean_environment(**environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        seen = json.loads(urlopen(f"{url}/seen").read())
    finally:
        hub.kill()
        hub.communicate()
    snapshot = tmp_path / "hub" / "models--shop--words" / "snapshots" / COMMIT
    assert {path.name: path.stat().st_size for path in snapshot.iterdir()} == {
        "model.safetensors": 25_000_000,
        "config.json": 2,
    }
    assert sum(path.endswith("model.safetensors") for path in seen) >= 3, "asked, broken off, gone on"
    assert not any("xet" in path for path in seen)


def test_the_fetching_of_a_model_has_an_end_and_is_tried_again(tmp_path: Path) -> None:
    """The role's own task by Ansible itself, with a program in the place of the fetching one: the first time it stands still,
    the second it fails, the third it does its work."""
    (fetch,) = parsed((ROOT / "roles/app/tasks/fetched_weights.yml").read_text("utf-8"))
    assert fetch["environment"]["HF_HUB_DISABLE_XET"] == "1"
    assert int(fetch["environment"]["HF_HUB_DOWNLOAD_TIMEOUT"]) <= 60
    script = tmp_path / "fetch"
    script.write_text(
        f'#!/bin/sh\necho "$1 $2 $HF_ENDPOINT" >> {tmp_path}/calls\n'
        f"case $(wc -l < {tmp_path}/calls) in 1) sleep 300 ;; 2) exit 1 ;; esac\n"
    )
    script.chmod(0o755)
    command = fetch["ansible.builtin.command"] | {"argv": [str(script), *fetch["ansible.builtin.command"]["argv"][-2:]]}
    task = fetch | {"ansible.builtin.command": command, "poll": 1, "delay": 1}
    book = [{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [task]}]
    (tmp_path / "book.yml").write_text(yaml.safe_dump(book))
    given = {
        "app_models_timeout_s": 3,
        "app_models_url": "http://mirror.example.com",
        "__app_model": ["shop/words", COMMIT],
        "ansible_python_interpreter": sys.executable,
        "ansible_async_dir": str(tmp_path / "async"),
    }
    run = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(tmp_path / "book.yml")]
    done = subprocess.run(
        [*run, "-e", json.dumps(given)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "calls").read_text() == f"shop/words {COMMIT} http://mirror.example.com\n" * 3


def test_the_models_of_the_search_are_pinned_as_they_come() -> None:
    given = parsed((ROOT / "roles/app/defaults/main.yml").read_text("utf-8"))
    assert all(re.fullmatch(r"[0-9a-f]{40}", given[f"app_{part}_revision"]) for part in ("embedder", "reranker"))
    assert set(given["app_model_hashes"]) <= {given["app_embedder"], given["app_reranker"]}
    assert "_revision" not in (ROOT / "inventory/production/group_vars/machines.yml").read_text("utf-8")
