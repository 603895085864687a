"""What the playbooks' programs do with secrets: none is in a support bundle, and a key counts only where others do not."""

from pathlib import Path
from types import ModuleType

import pytest

from tests.operations.test_playbook_tools import load

WEBHOOK = "https://hooks.example.com/T0/secret-part"


@pytest.fixture
def bundle(tmp_path: Path) -> ModuleType:
    module = load("files/bundle.py")
    module.ETC = module.DATA = tmp_path  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("name", ["api_keys", "llm_key", "webhook_url", "offsite/password"])
def test_every_secret_of_the_server_is_kept_out_of_a_bundle(bundle: ModuleType, tmp_path: Path, name: str) -> None:
    assert not bundle.forbidden({}).search(f"calling {WEBHOOK} now")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"{WEBHOOK}\n")
    assert bundle.forbidden({}).search(f"calling {WEBHOOK} now")


def test_the_key_of_the_logs_is_kept_out_of_it_too(bundle: ModuleType, tmp_path: Path) -> None:
    key = bytes(range(100, 132))
    (tmp_path / "log.key").write_bytes(key)
    assert bundle.forbidden({}).search(f"key={key.hex()}")


@pytest.mark.parametrize(
    ("retired", "unknown", "well"), [(401, 401, True), (422, 401, False), (401, 422, False), (401, 503, False)]
)
def test_a_service_that_lets_anybody_in_proves_no_key(tmp_path: Path, retired: int, unknown: int, well: bool) -> None:
    keys = load("files/keys.py")
    keys.KEYS, keys.BEFORE = tmp_path / "api_keys", tmp_path / "before"  # type: ignore[attr-defined]
    keys.KEYS.write_text("the-new-key\n")
    keys.BEFORE.write_text("the-old-key\nthe-new-key\n")
    answers = {"the-new-key": 422, "the-old-key": retired}
    keys.status = lambda key: answers.get(key, unknown)  # type: ignore[attr-defined]
    assert keys.prove()["well"] is well
