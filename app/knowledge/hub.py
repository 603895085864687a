"""Finding model files: names of the Hugging Face Hub and folders, the device, and what names a model's exact weights.

Weights are read from safetensors alone: a pickle is a program, and loading it runs it.

torch and sentence-transformers are an extra and slow to import, so they are imported where they are first needed.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from app.errors import ConfigError
from app.settings import on_hub

Device = Literal["cpu", "cuda"]

FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
"""What is fetched of a model: weights, settings, the words of its tokenizer. Never a pickle, never code."""

_T = TypeVar("_T")
_PICKLES = "pytorch_model*.bin"  # what the libraries read where there are no safetensors
_CONVERT = (
    "name a model, or a commit of it, whose weights are .safetensors, or convert it once elsewhere: "
    "SentenceTransformer(NAME).save(FOLDER), CrossEncoder(NAME).save(FOLDER)"
)
_SAMPLE = 1 << 20  # bytes read at the head, the middle and the tail of a big file: other weights differ everywhere
_CODE = (".py", ".md", ".gitattributes")  # files that change no vector


def sentence_transformers(setting: str) -> Any:
    """The library. Raises ConfigError that names the extra where it is missing."""
    try:
        import sentence_transformers as library  # noqa: PLC0415 - an extra, and seconds to import
        from transformers.utils import logging  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            f"{setting} is set, but the search by meaning is not installed ({error}); "
            f"run: pip install 'sales-machine[semantic]', or empty {setting}"
        ) from None
    logging.disable_progress_bar()
    return library


def pick_device(wanted: str) -> Device:
    """`auto` becomes cuda where torch can use a GPU. Raises ConfigError for a cuda that is not there."""
    import torch  # noqa: PLC0415

    available = bool(torch.cuda.is_available())
    if wanted == "cuda" and not available:
        raise ConfigError(
            "retriever.device is cuda, but torch can use no GPU; check `nvidia-smi` and that torch is a CUDA build "
            "(python -c 'import torch; print(torch.version.cuda)'), or set it to auto or cpu"
        )
    return "cuda" if available and wanted != "cpu" else "cpu"


def precision(device: Device) -> Any:
    """bfloat16 on a GPU: half the memory, and unlike float16 it holds T5's large activations. float32 on a CPU."""
    import torch  # noqa: PLC0415

    return torch.bfloat16 if device == "cuda" else torch.float32


def loaded(setting: str, name: str, revision: str, load: Callable[[str], _T]) -> _T:
    """`load(folder)` with the folder that holds the model. Every way to fail becomes a ConfigError with the fix.

    What was fetched once is used as it is: a start needs no Hub, and no newer model slips in with it.
    """
    folder = is_folder(setting, name)
    try:
        if folder:
            return load(_without_pickles(setting, name))
        try:
            return load(_without_pickles(setting, fetch(name, revision, local=True)))
        except OSError:
            fetched = fetch(name, revision, local=False)
            if not any(Path(fetched).rglob("*.safetensors")):
                raise ConfigError(f"{setting}: {name!r} at {revision} has no .safetensors; {_CONVERT}") from None
            return load(_without_pickles(setting, fetched))
    except ConfigError:
        raise
    except Exception as error:  # the Hub, safetensors, transformers and torch each have their own
        said = (str(error).strip().splitlines() or [""])[0][:200]
        fix = (
            "check that the folder holds a whole model (config.json, tokenizer, weights)"
            if folder
            else f"check name and revision, fetch it with `hf download {name} --revision {revision}` "
            "as the user of the service, or name a folder"
        )
        raise ConfigError(f"{setting} {name!r} cannot be loaded: {type(error).__name__}: {said}; {fix}") from None


def fetch(name: str, commit: str, *, local: bool) -> str:
    """The folder of a model's commit in the Hub's cache; `local` asks no network. Raises OSError where it is not."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    return str(snapshot_download(name, revision=commit, allow_patterns=list(FILES), local_files_only=local))


def _without_pickles(setting: str, folder: str) -> str:
    """The folder. Raises ConfigError where the model or a layer of it has its weights as a pickle alone."""
    for pickle in sorted(Path(folder).rglob(_PICKLES)):
        if not any(pickle.parent.glob("*.safetensors")):
            raise ConfigError(
                f"{setting}: {pickle.relative_to(folder)} in {folder!r} is a pickle, "
                f"which can run a program when it is loaded; {_CONVERT}"
            )
    return folder


def is_folder(setting: str, name: str) -> bool:
    """Whether `name` is a folder. Raises ConfigError for a path that is none."""
    if Path(name).is_dir():
        return True
    if not on_hub(name):
        raise ConfigError(f"{setting}: there is no folder {name!r}; name an existing one, or a model as owner/name")
    return False


def identity(name: str, commit: str) -> str:
    """What names the exact weights: the Hub's commit, or the fingerprint of a folder's files."""
    return f"folder@{fingerprint(Path(name))}" if Path(name).is_dir() else f"{name}@{commit}"


def fingerprint(folder: Path) -> str:
    """sha256 (hex) over names, sizes and samples of the files of a folder; the same model elsewhere has the same."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in _CODE):
        size = path.stat().st_size
        whole.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            for start in sorted({0, max(0, (size - _SAMPLE) // 2), max(0, size - _SAMPLE)}):
                file.seek(start)
                whole.update(file.read(_SAMPLE))
    return whole.hexdigest()
