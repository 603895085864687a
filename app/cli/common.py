"""What several commands share."""

from pathlib import Path

from app.errors import ConfigError


def knowledge_folder(named: Path | None) -> Path:
    """The folder named, else the sample beside the checkout, else the one inside the wheel."""
    if named is not None:
        return named
    package = Path(__file__).resolve().parents[1]
    for sample in (package.parent / "kb", package / "sample_kb"):
        if sample.is_dir():
            return sample
    raise ConfigError("the sample knowledge base is not installed; name a folder with --kb")
