"""What prompts are written from: who answers, by the knowledge base; a name that a model heard."""

from pathlib import Path

import pytest

from app.dialogue.engine import Dialogue
from app.errors import ConfigError
from app.knowledge.sections import load
from app.types import Aside, DialogueState, Shop
from loadtests.service import ROOT

SECTIONS = "sections:\n  - {id: a, text: Стрижка стоит 4 500 ₸.}\n"
SHOP = "shop: {name: Салон «Мята», sells: Стрижки и уход.}\n"


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / f"{name}.yaml").write_text(text, "utf-8")
    return path


def test_a_knowledge_base_says_who_answers_in_one_of_its_files(tmp_path: Path) -> None:
    base = load(folder(tmp_path / "kb", a=SHOP + SECTIONS))
    assert base.shop == Shop("Салон «Мята»", "Стрижки и уход.")
    assert load(ROOT / "kb").shop.name == "Dukenta"


def test_one_that_does_not_say_it_keeps_its_version(tmp_path: Path) -> None:
    silent, spoken = folder(tmp_path / "one", a=SECTIONS), folder(tmp_path / "two", a=SHOP + SECTIONS)
    renamed = folder(tmp_path / "three", a=SHOP.replace("Мята", "Липа") + SECTIONS)
    assert load(silent).shop == Shop()
    assert len({load(each).version for each in (silent, spoken, renamed)}) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [("shop: {sells: Уход}\n", "name"), ("shop: {name: М, address: Абая}\n", "address"), ("shop: Мята\n", "shop")],
)
def test_a_shop_that_is_written_wrongly_is_named_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"a\.yaml.*{said}"):
        load(folder(tmp_path / "kb", a=text + SECTIONS))


def test_two_shops_in_one_base_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"b\.yaml: shop stands in a\.yaml too"):
        load(folder(tmp_path / "kb", a=SHOP + SECTIONS, b=SHOP + SECTIONS.replace("id: a", "id: b")))


@pytest.mark.parametrize(
    ("value", "said", "taken"),
    [
        ("Асель", "Асель, у нас две точки", True),
        ("асель", "асель, нам бы кассу", True),
        ("Жанара", "Асель, у нас две точки", False),
        ("кассу", "асель, нам бы кассу", False),
        ("Асель Ким", "Асель Ким", False),
        ("1200", "1200", False),
        ("", "Асель", False),
        ("\ud800", "\ud800", False),
    ],
)
def test_a_name_that_a_model_heard_is_taken_where_the_customer_wrote_it_as_one(
    value: str, said: str, taken: bool
) -> None:
    dialogue = Dialogue.load()
    for flow in ("spin_selling", "sandler"):
        heard = dialogue.told(DialogueState(flow=flow), Aside({"name": value}), (said,))
        assert ("name" in heard.slots) is taken
        known = DialogueState(flow=flow, slots={"name": "Ерлан"})
        assert dialogue.told(known, Aside({"name": value}), (said,)).slots["name"] == "Ерлан"
