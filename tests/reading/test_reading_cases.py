"""What reading promises, by kind: the customer's own words, what the message was, and its clauses. The cases are data."""

from pathlib import Path
from typing import Any

import pytest

from app.reading.clauses import clauses
from app.reading.message import Clause
from app.reading.read import read
from tests.thrift import parsed

CASES = Path(__file__).parent / "cases"
OURS = (
    "Предоплата составляет половину суммы и возвращается при отмене за сутки.",
    "Сколько стоит? У нас два зала, белого нет.",
)


def rows(pattern: str) -> list[Any]:
    """Every case of the files, named by its file, kind and text."""
    found = []
    for path in sorted(CASES.glob(pattern)):
        for kind, cases in parsed(path.read_text("utf-8")).items():
            found += [pytest.param(case, id=f"{path.stem}-{kind}-{at}") for at, case in enumerate(cases)]
    return found


def written(clause: Clause) -> str:
    behind = f" | {clause.rejected}" if clause.mood == "rejected" else ""
    return f"{clause.mood}: {clause.text}{behind}"


@pytest.mark.parametrize("case", rows("own*.yaml"))
def test_the_customers_own_words(case: dict[str, Any]) -> None:
    message = read(case["text"], earlier=case.get("earlier", ()))
    assert message.own == case.get("own", case["text"])
    assert [part.kind for part in message.aside] == case.get("aside", [])
    assert message.media == "text"


@pytest.mark.parametrize("case", rows("parts.yaml"))
def test_what_is_set_aside_word_for_word(case: dict[str, Any]) -> None:
    message = read(case["text"], earlier=OURS)
    assert message.own == case.get("own", case["text"])
    found = [[part.kind, part.text, *([part.hint] if part.hint else [])] for part in message.aside]
    assert found == case.get("parts", [])


@pytest.mark.parametrize("case", rows("media*.yaml"))
def test_what_a_picture_or_a_voice_message_is(case: dict[str, Any]) -> None:
    message = read(case["text"], case["media"])
    assert (message.media, message.own) == (case["is"], case.get("own", ""))
    if "aside" in case:
        assert [part.kind for part in message.aside] == case["aside"]


@pytest.mark.parametrize("case", rows("clauses*.yaml"))
def test_clauses(case: dict[str, Any]) -> None:
    assert [written(clause) for clause in clauses(case["text"])] == case["clauses"]


def test_a_link_leaves_its_host() -> None:
    assert [(part.kind, part.hint) for part in read("https://user@WWW.Shop.example:80/a?b=c").aside] == [
        ("link", "shop.example")
    ]


def test_a_pasted_line_knows_its_speaker() -> None:
    message = read("[04.05.2026, 10:15] Аня: где вы\n[04.05.2026, 10:16] Оля: на Абая")
    assert [part.hint for part in message.aside] == ["Аня", "Оля"]


def test_no_word_of_the_data_is_written_twice_in_one_list() -> None:
    for path in sorted((Path(__file__).parents[2] / "app/reading/words").glob("*.yaml")):
        for chapter, names in parsed(path.read_text("utf-8")).items():
            for name, text in names.items() if isinstance(names, dict) else ():
                words = [row.strip() for row in text.split(",")] if isinstance(text, str) else text
                assert len(words) == len(set(words)), (
                    f"{path.name}: {chapter}.{name}: {sorted({w for w in words if words.count(w) > 1})}"
                )
