"""A sentence of a section may be said as it stands; taken out of what it is said of, it may not."""

from pathlib import Path

import pytest

from app.guardrail import check
from app.guardrail.table import QUOTABLE
from app.knowledge.sections import load
from app.types import Passage, Section
from tests.guardrail.sample import in_shop

SECTIONS = {section.id: section for section in load(Path(__file__).parents[3] / "kb").sections}


def found(draft: str, *ids: str) -> list[str]:
    """The findings about figures, with the sections `ids` in use."""
    passages = tuple(Passage(SECTIONS[name], 1.0) for name in ids)
    verdict = check(draft, in_shop(passages=passages, customer=("сколько стоит?",)))
    return [finding.detail for finding in verdict.findings if finding.check in QUOTABLE]


@pytest.mark.parametrize("section", SECTIONS.values(), ids=lambda section: section.id)
def test_no_figure_of_a_section_quoted_whole_is_refused(section: Section) -> None:
    language = section.language
    verdict = check(section.text, in_shop(passages=(Passage(section, 1.0),), language=language))
    assert [finding.detail for finding in verdict.findings if finding.check in QUOTABLE] == []


def test_a_whole_price_list_may_be_quoted_beside_other_sections() -> None:
    text = SECTIONS["pricing_overview"].text
    assert found(text, "pricing_overview", "mobile_app_free", "pricing_plan_set") == []


def test_a_pronoun_stands_for_what_the_sentence_before_was_about() -> None:
    text = "Она отвечает круглосуточно, первый ответ приходит в течение 5 минут."
    whole = "Приоритетная поддержка стоит 9 900 ₸ в месяц на всю компанию, сколько бы магазинов у вас ни было. " + text
    assert found(whole, "support_priority", "support_first_answer") == []
    assert found("Касса подключается к терминалу. " + text, "support_priority", "hardware_cash_drawer") != []


def test_a_changed_figure_is_no_quotation() -> None:
    text = SECTIONS["pricing_overview"].text.replace("14 900", "13 900")
    assert found(text, "pricing_overview", "pricing_plan_set") != []
