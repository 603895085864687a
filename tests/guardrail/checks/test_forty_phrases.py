"""Forty phrases of one kind are looked at and let by; one more is refused."""

import re

import pytest

from app.guardrail.checks.bounds import MATCHES, Few


@pytest.mark.parametrize(("said", "refused"), [(39, 0), (40, 0), (41, 1)])
def test_as_many_phrases_as_the_page_says_are_looked_at(said: int, refused: int) -> None:
    assert MATCHES == 40
    problems: list = []
    found = list(Few(problems)(re.compile("gratis"), "gratis " * said))
    assert (len(found), len(problems)) == (min(said, MATCHES), refused)
