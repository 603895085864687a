"""Writes a salon's bot as data: `python tests/dialogue/salon/build.py FOLDER OUT`.

FOLDER holds `truth.yaml`, `policy.md`, `faq.md`, `objections.md` and `services.md`; OUT gets `settings.yaml`,
`policy.yaml` and `kb/*.yaml`. The salon's words are read there and stand nowhere here. Its test cases are never read.
"""

import sys
from pathlib import Path
from typing import Any

import yaml
from salon_knowledge import Knowledge
from salon_policy import policy

from app.knowledge.importer import to_yaml


def main(folder: Path, out: Path) -> None:
    truth: dict[str, Any] = yaml.safe_load((folder / "truth.yaml").read_text("utf-8"))
    phrases: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("phrases.yaml").read_text("utf-8"))
    knowledge = Knowledge(folder, truth, phrases)
    (out / "kb").mkdir(parents=True, exist_ok=True)
    for category, sections in knowledge.files.items():
        (out / "kb" / f"{category}.yaml").write_text(to_yaml(sections, category), "utf-8")
    write(out / "policy.yaml", policy(folder, truth, knowledge, phrases))
    write(out / "settings.yaml", settings(truth))


def settings(truth: dict[str, Any]) -> dict[str, Any]:
    salon = truth["salon"]
    return {
        "retriever": {"top_k": 16},
        "bots": {
            "salon": {
                "sessions": ["SALON_*"],
                "kb": "kb",
                "policy": "policy.yaml",
                "flow": "transactional",
                "language": salon["communication"]["languages"][0],
                "persona": {"name": salon["name"], "role": "помощник салона"},
            }
        },
    }


def write(path: Path, tree: object) -> None:
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=1000), "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: build.py FOLDER OUT")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
