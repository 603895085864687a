"""Working days are said where a section speaks of them, and calendar days where it does not."""

import pytest

from app.guardrail import check
from app.types import Passage
from tests.guardrail.sample import BASE, in_shop

SECTIONS = {section.id: section for section in BASE.sections}


@pytest.mark.parametrize(
    ("section", "draft", "days", "others"),
    [
        ("faq_trial", "Пробный период длится {}.", "14 дней", "14 рабочих дней"),
        ("security_backups", "Резервные копии хранятся {}.", "30 дней", "30 рабочих дней"),
        ("migration_duration", "Перенос данных занимает {}.", "2 рабочих дня", "2 календарных дня"),
    ],
)
def test_days_are_of_the_kind_that_the_section_names(section: str, draft: str, days: str, others: str) -> None:
    context = in_shop((Passage(SECTIONS[section], 1.0),), customer=("как долго?",))
    assert check(draft.format(days), context).ok
    assert [finding.check for finding in check(draft.format(others), context).findings] == ["term"]
