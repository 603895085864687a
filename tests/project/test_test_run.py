"""The run of the tests itself: what hangs is ended, and what was left out is said with its reason."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from loadtests.service import ROOT
from tests.conftest import PATIENCE

HANGING = """
import asyncio, threading

def test_that_waits_for_a_thread():
    threading.Event().wait()

async def test_that_waits_in_a_loop():
    await asyncio.Event().wait()

def test_that_comes_after():
    pass
"""
LEFT_OUT = """
import pytest

@pytest.mark.skip(reason="needs the moon (apt install moon)")
@pytest.mark.parametrize("phase", [1, 2])
def test_tides(phase): ...

def test_that_finds_out_late():
    pytest.skip("the sun is down")

@pytest.mark.root
def test_of_a_disk(): ...
"""


def run_of(folder: Path, content: str, *arguments: str) -> tuple[int, str]:
    """Exit status and output of pytest with this project's settings and hooks over one file."""
    (folder / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    file = folder / "test_made.py"
    file.write_text(content, "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *arguments, str(file)],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_test_that_hangs_fails_and_the_next_ones_run(tmp_path: Path) -> None:
    status, said = run_of(tmp_path, HANGING, "-o", "timeout=0.5")
    assert status == 1, said
    assert "2 failed, 1 passed" in said
    assert "test_that_waits_for_a_thread" in said
    assert "Timeout" in said


def test_every_test_has_a_limit() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert 30 <= settings["timeout"] <= 300
    assert settings["timeout"] < min(PATIENCE.values())
    assert max(PATIENCE.values()) <= 3600


@pytest.mark.long
def test_what_was_left_out_is_said_with_its_reason_and_how_often(tmp_path: Path) -> None:
    status, said = run_of(tmp_path, LEFT_OUT, "-n", "1")
    assert status == 0, said
    assert "NOT RUN: 2 of .: needs the moon (apt install moon)\n" in said
    assert "NOT RUN: 1 of .: the sun is down\n" in said
