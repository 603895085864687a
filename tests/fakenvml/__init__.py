"""A fake driver library that the real pynvml loads, and a card whose state a test rewrites while it is watched."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtests.service import clean_environment

_SOURCE = Path(__file__).with_name("fakenvml.c")


def build(folder: Path) -> Path:
    """Compiles libnvidia-ml.so.1 into `folder`, which is returned. A missing compiler is a failure, not a skip."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise AssertionError(
            "these tests compile a fake NVML library: install a C compiler (apt install gcc libc6-dev)"
        )
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden",
         "-Wl,-soname,libnvidia-ml.so.1", "-o", str(folder / "libnvidia-ml.so.1"), str(_SOURCE)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@dataclass(frozen=True)
class Card:
    """A fake GPU: `library` is the folder of its driver library, `state` the file that says how it is."""

    library: Path
    state: Path

    def set(self, keys: Mapping[str, object]) -> None:
        """Replaces the whole state at once; `fakenvml.c` lists the keys."""
        new = self.state.with_suffix(".new")
        new.write_text("".join(f"{key}={value}\n" for key, value in keys.items()), "utf-8")
        new.replace(self.state)

    def environment(self, **extra: str) -> dict[str, str]:
        """A process with this environment sees the card."""
        path = os.pathsep.join(filter(None, (str(self.library), os.environ.get("LD_LIBRARY_PATH"))))
        return clean_environment(LD_LIBRARY_PATH=path, FAKENVML_STATE=str(self.state), **extra)
