"""The table of variables in each role's README, made from its argument_specs and defaults.

python -m tests.host.readme_tables writes them all; a test fails when one is out of date.
"""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"
START, END = "<!-- variables -->", "<!-- end of variables -->"
WIDEST = 70


def main_spec(role: Path) -> dict[str, Any]:
    """The `main` entry of the role's meta/argument_specs.yml."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text("utf-8"))
    return dict(specs["argument_specs"]["main"])


def defaults(role: Path) -> dict[str, Any]:
    return yaml.safe_load((role / "defaults" / "main.yml").read_text("utf-8")) or {}


def cell(value: Any) -> str:
    """A default as one cell; what is too long for a table is to be read where it stands."""
    text = (
        yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True).removesuffix("\n...\n").strip()
    )
    shared = re.fullmatch(r"'?\{\{ (machine_\w+) \| default\(.*\) \}\}'?", text)
    if shared:
        return f"`{shared[1]}`"
    return f"`{text}`".replace("|", "\\|") if len(text) <= WIDEST else "see [defaults](defaults/main.yml)"


def table(role: Path) -> str:
    """Variable, type, default and meaning of each, in the order of the specification."""
    values = defaults(role)
    rows = ["| Variable | Type | Default | Meaning |", "|---|---|---|---|"]
    for name, option in main_spec(role).get("options", {}).items():
        meaning = option["description"] if isinstance(option["description"], str) else " ".join(option["description"])
        if "choices" in option:
            meaning += " One of " + ", ".join(f"`{choice}`" for choice in option["choices"]) + "."
        kind = f"{option['type']} of {option['elements']}" if "elements" in option else option["type"]
        rows.append(f"| `{name}` | {kind} | {cell(values.get(name))} | {' '.join(meaning.split())} |")
    return "\n".join(rows)


def page(role: Path) -> str:
    """The README as it should be: what people wrote, with the table between its marks made anew."""
    path = role / "README.md"
    text = path.read_text("utf-8") if path.exists() else f"# {role.name}\n\n{main_spec(role)['short_description']}.\n"
    if START not in text:
        text = f"{text.rstrip()}\n\n## Variables\n\n{START}\n{END}\n"
    before, rest = text.split(START, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{START}\n{table(role)}\n{END}{after}"


def roles() -> list[Path]:
    return sorted(path.parent.parent for path in ROLES.glob("*/meta/argument_specs.yml"))


if __name__ == "__main__":
    chosen = [ROLES / name for name in sys.argv[1:]] or roles()
    for role in chosen:
        (role / "README.md").write_text(page(role), "utf-8")
