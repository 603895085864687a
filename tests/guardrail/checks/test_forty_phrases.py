"""Forty phrases of one kind are looked at and let by; one more is refused."""

import re

import pytest

from app.guardrail.checks.bounds import MATCHES, Few


@pytest.mark.parametrize(("said", "refused"), [(MATCHES - 1, 0), (MATCHES, 0), (MATCHES + 1, 1)])
def test_as_many_phrases_as_the_page_says_are_looked_at(said: int, refused: int) -> None:
    problems: list = []
    found = list(Few(problems)(re.compile("gratis"), "gratis " * said))
    assert (len(found), len(problems)) == (min(said, MATCHES), refused)
