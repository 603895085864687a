"""Stand-ins for what cannot be had where a bundle is rehearsed: named in the bundle, and refused by servers unless they ask for them.

Ollama is the emulator of the tests, its model one that only the emulator serves, the weights are random ones of the right architectures.
"""

import hashlib
import json
from pathlib import Path

from tests import models
from tests.host import ollama_release
from tests.host.bundle.parts import manifest_path

NAMES = ("ollama", "model", "weights")


def ollama(version: str, folder: Path) -> Path:
    """An archive in the shape of the release's."""
    return ollama_release.build(folder, version)


def model(name: str, folder: Path) -> str:
    """The files of a model as a pull leaves them in `folder`; returns its digest."""
    parts = {"config": b'{"model_format": "stand-in"}', "layer": f"a stand-in for {name}\n".encode()}
    described = {}
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    for part, content in parts.items():
        digest = hashlib.sha256(content).hexdigest()
        (folder / "blobs" / f"sha256-{digest}").write_bytes(content)
        described[part] = {"digest": f"sha256:{digest}", "size": len(content)}
    manifest = json.dumps({"schemaVersion": 2, "config": described["config"], "layers": [described["layer"]]})
    place = folder / manifest_path(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(manifest)
    return hashlib.sha256(manifest.encode()).hexdigest()


def weights(part: int, folder: Path) -> Path:
    """Random weights of the embedder's (0) or the reranker's (1) architecture."""
    return (models.embedder, models.reranker)[part](folder)
