"""How far a rounded amount may be from the true one: each bound at it and just beyond."""

from decimal import Decimal

import pytest

from app.guardrail.checks.money.hedges import fits


@pytest.mark.parametrize(
    ("said", "true", "how", "fitting"),
    [
        ("200", "200", "", True),
        ("201", "200", "", False),
        ("208", "200", "about", True),  # four in a hundred
        ("209", "200", "about", False),
        ("192", "200", "about", True),
        ("191", "200", "about", False),
        ("180", "200", "over", True),  # ten in a hundred, and less than it is
        ("179", "200", "over", False),
        ("200", "200", "over", True),
        ("201", "200", "over", False),
        ("220", "200", "under", True),
        ("221", "200", "under", False),
        ("199", "200", "under", False),
        ("190000", "189900", "about", True),
        ("1896", "1900", "about", False),  # four figures that count are no rounding
        ("189.5", "190", "about", False),
        ("100", "99.5", "about", True),
        ("0", "0", "about", False),
        ("5", "-5", "about", False),
    ],
)
def test_an_amount_said_with_a_hedge_is_near_enough(said: str, true: str, how: str, fitting: bool) -> None:
    assert fits(Decimal(said), Decimal(true), how) is fitting
