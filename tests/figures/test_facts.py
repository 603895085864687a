"""The fields of a fact that sums need: read, checked, written, and absent from what old files hold."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.figures.decided import Summed
from app.figures.deciding import decide
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.facts import Units, figures
from app.figures.statements import Statements
from app.knowledge.contradictions import changes
from app.knowledge.importer import to_yaml
from app.knowledge.lint import lint
from app.knowledge.sections import digest, load, parse_file
from app.types import Fact, Section
from tests.figures.conftest import TODAY
from tests.figures.reader import read

FULL = Fact(
    "Скидка", Decimal(5), None, "%", None, "Тариф", "discount", Decimal(5), Decimal(9), "магазин", ("Тариф",), ("сразу",)
)  # fmt: skip
PLAIN = Fact("Тариф", Decimal(100), "KZT", "магазин", "month")


def section(*facts: Fact, name: str = "a", text: str = "Текст.") -> Section:
    return Section(id=name, text=text, category="c", facts=facts, source=f"{name}.yaml:1")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(to_yaml([section(PLAIN, FULL)], "c"), "utf-8")
    assert parse_file(path)[0].facts == (PLAIN, FULL)


def test_a_base_without_the_fields_keeps_its_version() -> None:
    """The digest of the release before: sha256 over the section's repr as it was."""
    import hashlib

    before = (
        "Section(id='a', text='Текст.', category='c', title='', questions=(), keywords=(), priority=5, language='ru', "
        "valid_until=None, facts=(Fact(name='Тариф', amount=Decimal('100'), currency='KZT', unit='магазин', period='month'),), "
        "source='')"
    )
    assert digest([section(PLAIN)]) == hashlib.sha256(before.encode()).hexdigest()
    assert digest([section(FULL)]) != digest([section(Fact("Скидка", Decimal(5), None, "%"))])


@pytest.mark.parametrize("wrong", ["kind: gift", "min_quantity: many", "applies_to: ['']", "bound: 3"])
def test_a_wrong_field_is_refused_with_its_place(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        f"sections:\n  - id: a\n    text: x\n    facts:\n      - {{name: n, amount: 5, {wrong}}}\n", "utf-8"
    )
    with pytest.raises(ConfigError, match=r"c\.yaml:2: facts"):
        parse_file(path)


def found(*sections: Section) -> set[str]:
    return {finding.check for finding in lint(sections, TODAY)} - {"few-questions"}


def test_bounds_that_never_hold_are_found() -> None:
    assert found(section(Fact("x", Decimal(5), "KZT", min_quantity=Decimal(9), max_quantity=Decimal(2)))) == {
        "turned-bounds"
    }


def test_a_discount_on_nothing_is_found() -> None:
    assert found(section(PLAIN, Fact("Скидка", Decimal(5), None, "%", applies_to=("Модуль",)))) == {"unknown-product"}
    assert not found(section(PLAIN, Fact("Скидка", Decimal(5), None, "%", applies_to=("Тариф", "c"))))


def test_a_price_in_steps_is_no_contradiction() -> None:
    few = Fact("Стул", Decimal(500), "KZT", max_quantity=Decimal(5))
    many = Fact("Стул", Decimal(450), "KZT", min_quantity=Decimal(6))
    assert not found(section(few), section(many, name="b"))
    assert found(section(few), section(Fact("Стул", Decimal(490), "KZT", max_quantity=Decimal(5)), name="b")) == {
        "two-prices"
    }


def test_words_for_units_are_read_and_make_a_version_of_their_own(tmp_path: Path) -> None:
    body = "sections:\n  - id: a\n    text: x\n"
    (tmp_path / "c.yaml").write_text(body, "utf-8")
    before = load(tmp_path)
    (tmp_path / "c.yaml").write_text("units:\n  магазин: [точка, shop]\n" + body, "utf-8")
    after = load(tmp_path)
    assert (before.units, after.units) == ({}, {"магазин": ("точка", "shop")})
    assert before.digest == digest(before.sections) != after.digest


def test_a_moved_threshold_is_a_change_that_is_shown() -> None:
    before = section(
        Fact("Скидка", Decimal(5), None, "%", min_quantity=Decimal(5), quantity_unit="магазин", applies_to=("Тариф",))
    )
    after = section(
        Fact("Скидка", Decimal(5), None, "%", min_quantity=Decimal(4), quantity_unit="магазин", applies_to=("Тариф",))
    )
    (change,) = changes([before], [after])
    assert (change.before, change.after) == ("5 % from 5 магазин on Тариф", "5 % from 4 магазин on Тариф")


@pytest.mark.parametrize(
    ("fact", "text", "kind"),
    [
        (Fact("Торт", Decimal(9000), "KZT"), "Торт стоит 9 000 ₸.", "price"),
        (Fact("Торт", Decimal(9000), "KZT"), "Торт стоит от 9 000 ₸.", "price_from"),
        (Fact("Торт (от)", Decimal(9000), "KZT"), "Торт 9 000 – 12 000 ₸.", "price_from"),
        (Fact("Торт (до)", Decimal(12000), "KZT"), "Торт 9 000 – 12 000 ₸.", "term"),
        (Fact("Торт (2)", Decimal(700), "KZT"), "Торт, свеча 700 ₸.", "term"),
        (Fact("Скидка", Decimal(5), None, "%"), "Скидка 5 %.", "term"),
        (Fact("Скидка", Decimal(5), None, "%", applies_to=("Торт",)), "Скидка 5 %.", "discount"),
        (Fact("Гарантия", Decimal(12), None, "месяц"), "Гарантия 12 месяцев.", "term"),
        (Fact("Касс", Decimal(3), None, "касса", kind="limit"), "Три кассы.", "limit"),
    ],
)
def test_what_a_figure_is(fact: Fact, text: str, kind: str) -> None:
    (figure,) = figures([section(fact, text=text)], Units([], {}))
    assert figure.kind == kind


@pytest.mark.parametrize(
    ("told", "total"),
    [
        ("", "18000"), ("я студент, ", "18000"), ("по будням, ", "18000"), ("буду утром, ", "18000"),
        ("я студент, буду утром, ", "18000"), ("я студент, по будням, утром, ", "12600"),
        ("для студентов, утром в будни, ", "12600"),
    ],
)  # fmt: skip
def test_a_discount_of_several_conditions_is_counted_when_all_were_told(told: str, total: str) -> None:
    conditions = ("студент", "утром", "в будни")
    less = Fact("Скидка", Decimal(30), None, "%", None, "Аренда зала", "discount", conditions=conditions)
    sections = [
        section(Fact("Аренда зала", Decimal(9000), "KZT", "час"), text="Аренда зала 9 000 ₸ за час."),
        section(less, name="b", text="Студентам по будням утром скидка 30 %."),
    ]
    asked = read(f"{told}аренда зала на 2 часа сколько")
    (found,) = decide(asked, Catalogue.of(sections, TODAY), Statements.of(sections, TODAY), language="ru")
    assert isinstance(found, Summed)
    assert [each.amount for each in found.sum.totals] == [Decimal(total)]
    assert all((condition in found.say("ru")) == (total == "12600") for condition in conditions), "said beside it"
