"""docs/variables.md and its Russian twin: every variable of the inventory on one page.

python -m tests.host.variables_page writes both; a test fails when one is out of date. Names, types and defaults come from the
roles, the meanings of the English page from their argument_specs. What no specification holds (the Russian meanings, and those of
the variables that roles share) is written into the last column of the page itself and kept there.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from tests.host.readme_tables import ROLES, cell, defaults, main_spec

ROOT = ROLES.parent
PAGES = {"en": ROOT / "docs" / "variables.md", "ru": ROOT / "docs" / "ru" / "variables.md"}
START, END = "<!-- variables -->", "<!-- end of variables -->"
MISSING = "MEANING IS MISSING"


@dataclass(frozen=True)
class Words:
    """The words of a page's tables in its language."""

    shared: str
    variable: str
    example: str
    read_by: str
    type: str
    default: str
    meaning: str
    file: str


WORDS = {
    "en": Words("Shared by several roles", "Variable", "Example", "Read by", "Type", "Default", "Meaning", "the file"),
    "ru": Words(
        "Общие для нескольких ролей",
        "Переменная",
        "Пример",
        "Кто читает",
        "Тип",
        "По умолчанию",
        "Что значит",
        "файл",
    ),
}


def order() -> list[str]:
    """The roles in the order in which site.yml runs them."""
    (play,) = yaml.safe_load((ROOT / "playbooks" / "validate.yml").read_text("utf-8"))
    return list(play["tasks"][0]["vars"]["__site_roles"])


def shared() -> dict[str, Any]:
    """The example inventory's shared variables with their values."""
    values = yaml.safe_load((ROOT / "inventory" / "production" / "group_vars" / "machines.yml").read_text("utf-8"))
    return {name: value for name, value in values.items() if name.startswith("machine_")}


def readers(name: str) -> list[str]:
    """The roles of which a default is this shared variable."""
    text = {role: (ROLES / role / "defaults" / "main.yml").read_text("utf-8") for role in order()}
    return [role for role in order() if re.search(rf"\b{name}\b", text[role])]


def meanings(page: str) -> dict[str, str]:
    """Variable to meaning, as the tables of a page have them."""
    rows = [line.strip("|").rsplit(" | ", 1) for line in page.splitlines() if line.startswith("| `")]
    return {row[0].split("`")[1]: row[1].strip() for row in rows if len(row) == 2}


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def shared_table(language: str, known: dict[str, str]) -> list[str]:
    words = WORDS[language]
    lines = [
        f"## {words.shared}",
        "",
        row(words.variable, words.example, words.read_by, words.meaning),
        "|---|---|---|---|",
    ]
    for name, value in shared().items():
        roles = ", ".join(readers(name)) or "playbooks"
        lines.append(row(f"`{name}`", cell(value), roles, known.get(name, MISSING)))
    return lines


def described(option: dict[str, Any]) -> str:
    """What the specification says of a variable, on one line, with its choices."""
    text = option["description"] if isinstance(option["description"], str) else " ".join(option["description"])
    choices = ", ".join(f"`{choice}`" for choice in option.get("choices", []))
    return " ".join(text.split()) + (f" One of {choices}." if choices else "")


def role_table(language: str, role: str, known: dict[str, str]) -> list[str]:
    words, values = WORDS[language], defaults(ROLES / role)
    up = "../" * (1 if language == "en" else 2)
    lines = ["", f"## {role}", "", row(words.variable, words.type, words.default, words.meaning), "|---|---|---|---|"]
    for name, option in main_spec(ROLES / role)["options"].items():
        shown = cell(values.get(name))
        if "](" in shown:
            shown = f"[{words.file}]({up}roles/{role}/defaults/main.yml)"
        kind = f"{option['type']} of {option['elements']}" if "elements" in option else option["type"]
        text = described(option) if language == "en" else known.get(name, MISSING)
        lines.append(row(f"`{name}`", kind, shown, text))
    return lines


def page(language: str) -> str:
    """The page as it should be: what people wrote, with the tables between its marks made anew."""
    text = PAGES[language].read_text("utf-8")
    before, rest = text.split(START, 1)
    table, after = rest.split(END, 1)
    known = meanings(table)
    lines = shared_table(language, known)
    for role in order():
        lines += role_table(language, role, known)
    return f"{before}{START}\n" + "\n".join(lines) + f"\n{END}{after}"


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), "utf-8")
