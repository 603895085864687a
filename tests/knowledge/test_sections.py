"""Knowledge files become sections, or the load stops with the place and the fix."""

from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.knowledge.sections import digest, load, parse, parse_file
from app.types import Fact, Section

WHOLE = """\
category: pricing
sections:
  - id: pricing_start
    title: Тариф «Старт»
    text: |
      Тариф «Старт» стоит 7 900 ₸ в месяц.
      Подключаем за день.
    questions: [сколько стоит старт, почём старт]
    keywords: [старт, 1С]
    priority: 8
    language: kk
    valid_until: 2027-12-31
    facts:
      - {name: Тариф «Старт», amount: 7900, currency: KZT, unit: магазин, period: month}
      - {name: Скидка, amount: 9.9, unit: "%"}
"""


FACT = "sections: [{id: a, text: b, facts: [{name: x, amount: 1,"


def write(folder: Path, text: str, name: str = "pricing.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def facts(folder: Path, fact: str) -> tuple[Fact, ...]:
    return parse_file(write(folder, f"sections: [{{id: a, text: b, facts: [{fact}]}}]"))[0].facts


def test_every_field_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert parse_file(write(tmp_path, WHOLE)) == [
        Section(
            id="pricing_start",
            text="Тариф «Старт» стоит 7 900 ₸ в месяц.\nПодключаем за день.",
            category="pricing",
            title="Тариф «Старт»",
            questions=("сколько стоит старт", "почём старт"),
            keywords=("старт", "1С"),
            priority=8,
            language="kk",
            valid_until=date(2027, 12, 31),
            facts=(
                Fact("Тариф «Старт»", Decimal(7900), "KZT", "магазин", "month"),
                Fact("Скидка", Decimal("9.9"), None, "%"),
            ),
            source="pricing.yaml:3",
        )
    ]


def test_only_id_and_text_are_needed_and_the_file_names_the_category(tmp_path: Path) -> None:
    (section,) = parse_file(write(tmp_path, "sections:\n  - id: a\n    text: b\n", "delivery.yaml"))
    assert section == Section("a", "b", "delivery", source="delivery.yaml:2")
    assert (section.priority, section.language, section.facts) == (5, "ru", ())


def test_a_section_cannot_be_changed_after_loading(tmp_path: Path) -> None:
    (section,) = parse_file(write(tmp_path, WHOLE))
    with pytest.raises(FrozenInstanceError):
        section.text = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "named", "language"),
    [
        ("Прокат байдарки стоит 6 000 ₸ в день, весло и жилет в комплекте.", "", "ru"),
        ("Байдарканың күні 6 000 ₸ тұрады, ескек пен кеудеше бірге беріледі.", "", "kk"),
        ("A kayak costs 6,000 tenge a day, the paddle and a vest come with it.", "", "en"),
        ("ТОО «Толқын», БИН 123456789012.", "", "ru"),
        ("Байдарка: 6 000 ₸.", "kk", "kk"),
    ],
)
def test_a_section_that_names_no_language_is_in_that_of_its_text(
    tmp_path: Path, text: str, named: str, language: str
) -> None:
    said = f", language: {named}" if named else ""
    path = tmp_path / "a.yaml"
    path.write_text(f"sections: [{{id: a, text: {text!r}{said}}}]", "utf-8")
    assert [section.language for section in load(tmp_path).sections] == [language]


@pytest.mark.parametrize("sign", ["₸", "тг", "тг.", "Тенге", "kzt"])
def test_a_currency_may_be_written_as_people_write_it(tmp_path: Path, sign: str) -> None:
    assert facts(tmp_path, f"{{name: x, amount: 5, currency: {sign}}}")[0].currency == "KZT"


@pytest.mark.parametrize(("word", "period"), [("месяц", "month"), ("Год", "year"), ("once", "once"), ("день", "day")])
def test_a_period_may_be_written_in_russian(tmp_path: Path, word: str, period: str) -> None:
    assert facts(tmp_path, f"{{name: x, amount: 5, currency: KZT, period: {word}}}")[0].period == period


@pytest.mark.parametrize("amount", ["0.1", "99.5", "19.99", "1234567.89"])
def test_an_amount_keeps_its_exact_decimal_value(tmp_path: Path, amount: str) -> None:
    assert facts(tmp_path, f"{{name: x, amount: {amount}}}")[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("sections: [{id: a, text: b, colour: red}]", "pricing.yaml:1", "colour"),
        ("sections:\n  - id: a\n    text: b\n  - id: c\n", "pricing.yaml:4", "text"),
        ("sections:\n  - {id: a b, text: c}", "pricing.yaml:2", "id"),
        ("sections:\n  - {id: a, text: ''}", "pricing.yaml:2", "text"),
        ("sections:\n  - {id: a, text: b, priority: 101}", "pricing.yaml:2", "priority"),
        ("sections:\n  - {id: a, text: b, language: de}", "pricing.yaml:2", "language"),
        ("sections:\n  - {id: a, text: b, valid_until: soon}", "pricing.yaml:2", "valid_until"),
        ("sections:\n  - {id: a, text: b, facts: [{amount: 5}]}", "pricing.yaml:2", "facts.0.name"),
        ("sections:\n  - {id: a, text: b, facts: [{name: x, amount: cheap}]}", "pricing.yaml:2", "facts.0.amount"),
        ("sections:\n  - {id: a, text: b, facts: [{name: x, amount: .nan}]}", "pricing.yaml:2", "facts.0.amount"),
        ("sections:\n  - {id: a, text: b, facts: [{name: x, amount: 1, currency: coins}]}", "pricing.yaml:2", "KZT"),
        ("sections:\n  - {id: a, text: b, facts: [{name: x, amount: 1, period: eon}]}", "pricing.yaml:2", "month"),
        (f"{FACT} conditions: new}}]}}]", "pricing.yaml:1", "facts.0.conditions: must be a list: [one, another]"),
        ("names: {oil: {en: [up to 2,5]}}\nsections: []", "pricing.yaml:1", "names.oil.en.1: must be a text"),
        ("sections:\n  - id: a\n    text: b\n    text: c\n", "pricing.yaml:4", "twice"),
        ("sections:\n\t- id: a\n", "pricing.yaml:2", "YAML"),
        ("sections: [{id: a, text: b}", "pricing.yaml", "YAML"),
        ("category: pricing\n", "pricing.yaml:1", "sections"),
        ("", "pricing.yaml:1", "the file"),
        ("- a\n- b\n", "pricing.yaml:1", "the file"),
        ("sections: !!python/object/apply:os.getcwd []", "pricing.yaml:1", "YAML"),
    ],
)
def test_a_mistake_is_reported_with_file_and_line(tmp_path: Path, text: str, place: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_file(write(tmp_path, text))
    assert str(raised.value).startswith(place)
    assert said in str(raised.value)


def test_an_unknown_field_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="facts, id, keywords, language, priority, questions, text, title"):
        parse_file(write(tmp_path, "sections: [{id: a, text: b, question: c}]"))


def test_a_file_in_another_encoding_is_refused_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("sections: [{id: a, text: привет}]".encode("cp1251"))
    with pytest.raises(ConfigError, match=r"a\.yaml: .*UTF-8"):
        load(tmp_path)


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("sections: [{id: a, text: b}]", "utf-8-sig")
    assert [section.id for section in load(tmp_path).sections] == ["a"]


def test_files_are_read_in_name_order_and_folders_below_are_not(tmp_path: Path) -> None:
    write(tmp_path, "sections: [{id: second, text: t}]", "b.yaml")
    write(tmp_path, "sections: [{id: first, text: t}]", "a.yml")
    write(tmp_path, "not: knowledge", "notes.txt")
    (tmp_path / "eval").mkdir()
    write(tmp_path / "eval", "sections: [{id: other, text: t}]", "c.yaml")
    assert [section.id for section in load(tmp_path).sections] == ["first", "second"]


def test_an_id_used_twice_stops_the_load_and_names_both_places(tmp_path: Path) -> None:
    write(tmp_path, "sections:\n  - {id: same, text: t}", "a.yaml")
    write(tmp_path, "category: x\nsections:\n  - {id: same, text: u}", "b.yaml")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path)
    assert str(raised.value).startswith("b.yaml:3")
    assert "a.yaml:2" in str(raised.value)
    assert len(parse(tmp_path)) == 2, "the linter still sees both"


@pytest.mark.parametrize("make", [False, True], ids=["missing", "empty"])
def test_a_folder_without_knowledge_is_refused_with_the_option_that_names_another(tmp_path: Path, make: bool) -> None:
    folder = tmp_path / "kb"
    if make:
        folder.mkdir()
    with pytest.raises(ConfigError, match="--kb"):
        load(folder)


def test_the_digest_is_the_same_for_the_same_sections_in_other_files_and_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    write(one, "category: c\nsections:\n  - {id: a, text: t}\n  - {id: b, text: u}\n", "x.yaml")
    write(two, "category: c\nsections: [{id: b, text: u}]", "1.yaml")
    write(two, "category: c\n# moved\n\nsections: [{id: a, text: t}]", "2.yaml")
    assert load(one).digest == load(two).digest
    assert load(one).version == load(one).digest[:12]


@pytest.mark.parametrize(
    "changed",
    [
        Section("a", "other", "c"),
        Section("a", "t", "d"),
        Section("a", "t", "c", title="x"),
        Section("a", "t", "c", questions=("x",)),
        Section("a", "t", "c", keywords=("x",)),
        Section("a", "t", "c", priority=6),
        Section("a", "t", "c", language="kk"),
        Section("a", "t", "c", valid_until=date(2030, 1, 1)),
        Section("a", "t", "c", facts=(Fact("x", Decimal(1)),)),
    ],
    ids="text category title questions keywords priority language valid_until facts".split(),
)
def test_the_digest_changes_with_every_field_that_can_change_an_answer(changed: Section) -> None:
    assert digest([changed]) != digest([Section("a", "t", "c")])


def test_a_section_may_be_said_through_its_last_day_and_not_after(tmp_path: Path) -> None:
    write(tmp_path, "sections: [{id: a, text: t, valid_until: 2026-05-31}, {id: b, text: t}]")
    base = load(tmp_path)
    assert [section.id for section in base.valid(date(2026, 5, 31))] == ["a", "b"]
    assert [section.id for section in base.valid(date(2026, 6, 1))] == ["b"]
