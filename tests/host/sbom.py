"""What a release brings to a server, as a CycloneDX bill of materials: `sbom(...)`, written beside the release by `make release`.

Every wheel of the list that servers install with its hashes, Ollama's release, its model and the search's weights, each as it is pinned.
What the distribution and NVIDIA bring is theirs to list: a server's apt chooses it.
"""

import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tests.host.lock import ROOT

_ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+?)(?: \\)?\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", re.MULTILINE)
_NAMESPACE = uuid.UUID("6f6b7d2e-0c07-4f1c-9d3a-5a1b0e6a2c11")


def sbom(version: str, commit: str, wheel_sha256: str, requirements: Path, made: datetime) -> str:
    """JSON of CycloneDX 1.6, the same for the same release. Raises ValueError if it broke the format's own schema."""
    text = requirements.read_text("utf-8")
    purl = PackageURL("generic", None, "sales-machine", version, {"vcs_url": f"commit:{commit}"})
    root = Component(
        name="sales-machine",
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref="sales-machine",
        purl=purl,
        hashes=[_sha256(wheel_sha256)],
        properties=[Property(name="commit", value=commit), Property(name="list", value=requirements.name)],
    )
    components = [*_wheels(text), *(_models() if "semantic" in requirements.name else ()), *_server()]
    bom = Bom(
        components=components,
        serial_number=uuid.uuid5(_NAMESPACE, f"{version} {commit} {wheel_sha256} {text}"),
    )
    bom.metadata.component = root
    bom.metadata.timestamp = made.astimezone(UTC)
    bom.register_dependency(root, components)
    # The library names itself and its version as the tool; what made the same release names the same in another year too.
    bom.metadata.tools.components.clear()
    bom.metadata.tools.tools.clear()
    written = JsonV1Dot6(bom).output_as_string(indent=2)
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(written)
    if problem is not None:
        raise ValueError(f"the bill of materials is no CycloneDX 1.6: {problem}")
    return json.dumps(json.loads(written), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _wheels(text: str) -> Iterator[Component]:
    """The list's hashes are of one wheel for each kind of server, so they are those of its distributions."""
    for name, version, hashes in _ENTRY.findall(text):
        found = [_sha256(each) for each in re.findall(r"sha256:([0-9a-f]{64})", hashes)]
        where = XsUri(f"https://pypi.org/project/{name}/{version}/#files")
        files = [ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=where, hashes=[each]) for each in found]
        purl = PackageURL("pypi", None, name, version)
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            bom_ref=str(purl),
            purl=purl,
            external_references=files,
        )


def _server() -> Iterator[Component]:
    ollama = _defaults("ollama")
    url = str(ollama["ollama_url"]).replace("{{ ollama_version }}", str(ollama["ollama_version"]))
    yield Component(
        name="ollama",
        version=str(ollama["ollama_version"]),
        type=ComponentType.APPLICATION,
        bom_ref="ollama",
        purl=PackageURL("github", "ollama", "ollama", f"v{ollama['ollama_version']}"),
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION, url=XsUri(url), hashes=[_sha256(ollama["ollama_sha256"])]
            )
        ],
    )
    name = _default_of(ollama["ollama_model"])
    yield Component(
        name=name,
        version=_default_of(ollama["ollama_model_digest"]),
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{name}",
        hashes=[_sha256(_default_of(ollama["ollama_model_digest"]))],
    )


def _models() -> Iterator[Component]:
    app = _defaults("app")
    for part in ("embedder", "reranker"):
        name, commit = app[f"app_{part}"], app[f"app_{part}_revision"]
        known = app["app_model_hashes"].get(name, {})
        owner, _, short = name.partition("/")
        yield Component(
            name=name,
            version=commit,
            type=ComponentType.MACHINE_LEARNING_MODEL,
            bom_ref=f"model:{name}",
            purl=PackageURL("huggingface", owner, short, commit),
            hashes=[_sha256(each) for each in known.values()],
        )


def _defaults(role: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text("utf-8"))
    return tree


def _default_of(template: str) -> str:
    """What a variable is where no inventory says otherwise."""
    found = re.search(r"default\('([^']+)'\)", template)
    return found[1] if found else template


def _sha256(value: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=value)
