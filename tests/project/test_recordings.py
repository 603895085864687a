"""The emulator beside recorded exchanges of the real server: every case is put to it and compared.

The recordings are no part of the project. They are read from the folder that MODEL_SERVER_RECORDINGS names, else from
../shared/data/model-server; where neither is there the comparison is skipped by name, and the expectations that stand
in test_model_server.py hold alone.
"""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.emulators.harness import OllamaEmulator

VARIABLE = "MODEL_SERVER_RECORDINGS"
FOLDERS = (os.environ.get(VARIABLE, ""), str(Path(__file__).parents[3] / "shared/data/model-server"))
FILE = next((found for folder in FOLDERS if folder and (found := Path(folder, "recorded.json")).is_file()), None)
LONG = "Слово за словом, о том и о сём, и так до самого предела. " * 120
WAITS = {"ps, 2s later": 2.3}  # seconds before it, for a keep_alive to run out
ELIDED = "..."
FIXED = frozenset({"done", "done_reason", "role", "name", "model", "format"})
# What was done to the real server's runner there, and the fault that does it here.
DEATHS: dict[str, tuple[dict[str, Any], bool]] = {
    "runner killed while writing": ({"kind": "crash_mid_stream", "after_tokens": 1}, True),
    "runner killed while writing, whole": ({"kind": "crash_mid_stream", "after_tokens": 1}, False),
    "runner killed while reading": (
        {"kind": "500", "text": "an error was encountered while running the model: unexpected EOF"}, True,
    ),
    "asked just after the runner died": ({}, True),
}  # fmt: skip


def cases() -> list[dict[str, Any]]:
    if FILE is None:
        return []
    found: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))["cases"]
    return found


@pytest.fixture(scope="module")
def answered() -> dict[str, Any]:
    """What the emulator said to each case, in their order: some lean on what came before."""
    said: dict[str, Any] = {}
    arguments = ("--profile", "instant", "--coarse", "2.3", "--context-length", "6144")
    with OllamaEmulator(*arguments) as emulator:
        for case in cases():
            time.sleep(WAITS.get(case["case"], 0))
            emulator.clear_faults()
            said[case["case"]] = _put(emulator, case)
    return said


def _put(emulator: OllamaEmulator, case: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    body = case.get("body")
    last = case.get("lines", {}).get("last") or case.get("answer") or {}
    if case["case"] in DEATHS:
        fault, streams = DEATHS[case["case"]]
        body = {"model": "qwen3:14b", "messages": [{"role": "user", "content": "Привет"}], "stream": streams,
                "think": False, "options": {"num_ctx": 2048, "num_predict": 2}}  # fmt: skip
        if fault:
            emulator.fault(**fault)
    elif "left" in case or (isinstance(last, dict) and last.get("done_reason") == "length"):
        emulator.fault("text", text=LONG)  # a model that writes on until it is stopped
    sent: dict[str, Any] = (
        {"json": body} if body is not None else {"content": case["raw"].encode()} if "raw" in case else {}
    )
    with (
        httpx.Client(base_url=emulator.url, trust_env=False, timeout=30) as client,
        client.stream(case["method"], case["path"], headers=case.get("headers"), **sent) as response,
    ):
        lines = []
        for line in response.iter_lines():
            lines.append(line)
            if "left" in case and len(lines) == case["lines"]["count"]:
                break
        return response.status_code, dict(response.headers), lines


@pytest.mark.skipif(FILE is None, reason=f"no recordings of the real model server: {VARIABLE} names no folder of them")
@pytest.mark.parametrize("case", cases() or [{"case": "no recordings"}], ids=lambda case: case["case"])
def test_the_emulator_answers_as_the_real_server_did(case: dict[str, Any], answered: dict[str, Any]) -> None:
    status, headers, lines = answered[case["case"]]
    assert status == case["status"], lines
    for name in ("content-type", "transfer-encoding", "allow"):
        assert headers.get(name) == case["answer_headers"].get(name), name
    if "lines" not in case:
        assert differences(_read("\n".join(lines)), case.get("answer", "")) == []
        return
    recorded = case["lines"]
    assert min(len(lines), 2) == min(recorded["count"], 2)
    assert differences(json.loads(lines[0]), recorded["first"]) == []
    assert differences(json.loads(lines[-1]), recorded["last"]) == []


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def differences(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Fields that only one has, of another type, or with other words where words do not vary."""
    if theirs == ELIDED:
        return []
    if isinstance(theirs, dict) and isinstance(ours, dict):
        ours = {name: each for name, each in ours.items() if name != "thinking"}  # whether it thinks is the model's
        names = [] if list(ours) == list(theirs) else [f"{path}: {list(ours)}, recorded {list(theirs)}"]
        both = [name for name in theirs if name in ours]
        return names + [each for name in both for each in differences(ours[name], theirs[name], f"{path}.{name}")]
    if isinstance(theirs, list) and isinstance(ours, list):
        if bool(ours) != bool(theirs):
            return [f"{path}: {len(ours)} entries, recorded {len(theirs)}"]
        return differences(ours[0], theirs[0], f"{path}[0]") if theirs else []
    if type(ours) is not type(theirs):
        return [f"{path}: {type(ours).__name__}, recorded {type(theirs).__name__}"]
    said = path.rsplit(".", 1)[-1]
    differ = (said in FIXED and ours != theirs) or (said in ("", "error") and _words(ours) != _words(theirs))
    return [f"{path}: {ours!r}, recorded {theirs!r}"] if differ else []


def _words(text: Any) -> Any:
    """Without numbers and addresses, which vary."""
    plain = re.sub(r"(?i)https://\S+?\"|lookup \S+:", "ADDRESS", text) if isinstance(text, str) else text
    return re.sub(r"\d+", "N", plain) if isinstance(plain, str) else plain
