"""Folds: one spelling of many, every character in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.language.folds import letters, lower, plain

MIXED = st.text(
    alphabet=st.sampled_from(list("abcekmoptxyiABCHKMs абвекморстухиАВСНКёЁәғқңөұүһіҚІİßſΣςǅﬃ1-'")), max_size=40
)
ANY = st.text(max_size=60) | MIXED


@pytest.mark.parametrize("fold", [lower, letters, plain])
@given(text=ANY)
def test_a_fold_keeps_every_place_and_is_done_at_once(fold, text: str) -> None:  # type: ignore[no-untyped-def]
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@pytest.mark.parametrize("fold", [lower, letters, plain])
@given(one=ANY, other=ANY)
def test_a_fold_of_a_part_is_a_part_of_the_fold(fold, one: str, other: str) -> None:  # type: ignore[no-untyped-def]
    assert fold(one + " " + other) == fold(one) + " " + fold(other)


@given(ANY)
def test_the_folds_stand_on_one_another(text: str) -> None:
    assert lower(letters(text)) == letters(text)
    assert letters(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ЁЛКА", "елка"),
        ("Қазақ", "қазақ"),
        ("ценa", "цена"),
        ("Kаspi", "kaspi"),
        ("бизнесi", "бизнесі"),
        ("WhatsAppқа", "whatsappқа"),
        ("İSTANBUL straße", "İstanbul straße"),
    ],
)
def test_letters(text: str, wanted: str) -> None:
    assert letters(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), [("Қанша тұрады", "канша турады"), ("бизнесi", "бизнеси"), ("Һәм", "хам")])
def test_plain(text: str, wanted: str) -> None:
    assert plain(text) == wanted
