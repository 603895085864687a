"""What a test host downloads, served by this machine: the locked wheels and the stand-in for Ollama's release."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.host.hosts import CACHE, Host
from tests.host.ollama_release import Mirror, Release
from tests.host.wheelhouse import fill


@dataclass(frozen=True)
class Downloads:
    """A running mirror; `variables` make the roles use it."""

    mirror: Mirror

    @property
    def index_url(self) -> str:
        return f"{self.mirror.url}/simple"

    def variables(self, release: Release | None = None) -> dict[str, Any]:
        """The roles' variables for this mirror, with the normal release of Ollama unless another is named."""
        chosen = release or self.mirror.release()
        return {
            "app_index_url": self.index_url,
            "app_semantic": False,
            "ollama_url": chosen.url,
            "ollama_sha256": chosen.sha256,
            "ollama_version": chosen.version,
        }


@contextmanager
def downloads(host: Host, port: int = 0) -> Iterator[Downloads]:
    """Serves on this machine's address in the network of `host`, which must be up."""
    folder = CACHE / "downloads" / host.name
    folder.mkdir(parents=True, exist_ok=True)
    _link(folder / "simple", fill(CACHE / "wheels") / "simple")
    with Mirror(folder, f"10.213.{host.number}.1", port) as mirror:
        yield Downloads(mirror)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)
