"""What a shop's trade speaks of, as its knowledge base says it."""

from pathlib import Path

import pytest

from app.errors import ConfigError
from app.knowledge.sections import KnowledgeBase, load
from app.types import Thing

BASE = """
shop:
  name: Salon
  things:
    stylist: {begins: мастер стилист, whole: топ, unit: employee, kinds: [common, topic]}
    chair: {begins: кресл}
sections:
  - {id: a, text: Стрижка у мастера}
"""


def base(tmp_path: Path, text: str) -> KnowledgeBase:
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    return load(tmp_path)


def test_things_are_read_with_the_shop(tmp_path: Path) -> None:
    assert base(tmp_path, BASE).shop.things == (
        Thing("stylist", ("мастер", "стилист"), ("топ",), "employee", ("common", "topic")),
        Thing("chair", ("кресл",)),
    )


def test_things_are_a_part_of_the_version(tmp_path: Path) -> None:
    before = base(tmp_path, BASE).digest
    assert base(tmp_path, BASE.replace("топ", "люкс")).digest != before


@pytest.mark.parametrize(("wrong", "right"), [("kinds: [common", "kinds: [comon"), ("whole:", "hole:")])
def test_a_wrong_thing_is_refused_with_its_place(tmp_path: Path, wrong: str, right: str) -> None:
    with pytest.raises(ConfigError, match=r"a\.yaml.*things"):
        base(tmp_path, BASE.replace(wrong, right))
