"""What the shop calls its things in other languages, and which section is said in which."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ConfigError
from app.knowledge.naming import ThingNames
from app.knowledge.sections import load
from app.knowledge.twins import Twins
from app.types import Fact, Language, Passage, Section

NAMES = ThingNames(
    {
        "Стрижка": {"kk": ("Шаш қию",), "en": ("Haircut", "hair cut")},
        "Стрижка детская": {"kk": ("Балалар шашын қию",), "en": ("Haircut for children", "kids haircut")},
        "кресло": {"en": ("chair",)},
    }
)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Haircut for children: 3 000 ₸ (chair); Haircut: 5 000 ₸."),
        ("kk", "Балалар шашын қию: 3 000 ₸ (кресло); Шаш қию: 5 000 ₸."),
        ("ru", "Стрижка детская: 3 000 ₸ (кресло); Стрижка: 5 000 ₸."),
    ],
)
def test_a_figure_is_named_in_the_language_of_the_answer(language: Language, said: str) -> None:
    assert NAMES.said("Стрижка детская: 3 000 ₸ (кресло); Стрижка: 5 000 ₸.", language) == said


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("how much is a kids haircut?", "how much is a Стрижка детская?"),
        ("haircuts for two", "Стрижка for two"),
        ("шаш қию бағасы", "Стрижка бағасы"),
        ("сколько стоит стрижка", "сколько стоит стрижка"),
        ("hair, cut it", "hair, cut it"),
    ],
)
def test_what_he_calls_it_is_read_as_the_shop_does(text: str, understood: str) -> None:
    assert NAMES.understood(text) == understood


def test_days_and_people_are_named_without_being_told() -> None:
    assert ThingNames({}).said("(день)", "kk") == "(күн)"
    assert ThingNames({}).said("(день)", "en") == "(day)"


@given(st.text(max_size=200), st.sampled_from(["ru", "kk", "en"]))
def test_nothing_breaks_it(text: str, language: Language) -> None:
    NAMES.said(text, language)
    NAMES.understood(text)


def test_names_stand_in_a_file_and_the_figures_stay(tmp_path: Path) -> None:
    body = "sections:\n  - {id: a, text: x, facts: [{name: Стрижка, amount: 5000, currency: KZT}]}\n"
    (tmp_path / "a.yaml").write_text(body, "utf-8")
    plain = load(tmp_path)
    (tmp_path / "a.yaml").write_text("names: {Стрижка: {en: [Haircut, hair cut], kk: Шаш қию}}\n" + body, "utf-8")
    named = load(tmp_path)
    assert named.names == {"Стрижка": {"en": ("Haircut", "hair cut"), "kk": ("Шаш қию",)}}
    assert named.sections[0].facts == plain.sections[0].facts == (Fact("Стрижка", Decimal(5000), "KZT"),)
    assert named.version != plain.version
    (tmp_path / "b.yaml").write_text("names: {Стрижка: {en: Trim}}\nsections: []\n", "utf-8")
    with pytest.raises(ConfigError, match="say it once"):
        load(tmp_path)


def test_a_section_is_said_in_his_language_where_it_has_a_twin() -> None:
    ru, kk = Section("cut", "Стрижём.", "c"), Section("cut_kk", "Шаш қиямыз.", "c", language="kk")
    dye = Section("dye", "Красим.", "c")
    found = [Passage(section, score, {}) for section, score in ((ru, 3.0), (dye, 2.0), (kk, 1.0))]
    twins = Twins([ru, kk, dye])
    assert [p.section.id for p in twins.spoken(found, "kk")] == ["cut_kk", "dye"]
    assert [p.section.id for p in twins.spoken(found, "ru")] == ["cut", "dye"]
    assert [p.section.id for p in twins.spoken(found, "en")] == ["cut", "dye", "cut_kk"]
