"""A no behind a list denies its items; of what another thing stands in for, nothing is said."""

from app.guardrail.statements.clauses import clauses


def denied(text: str) -> dict[str, bool | None]:
    return {word.text: word.denied for clause in clauses(text, "ru") for word in clause.words}


def test_a_no_that_stands_alone_denies_the_items_before_it() -> None:
    said = denied("Акция действует на куртки и плащи; на обувь, сумки и ремни — нет.")
    assert [said[word] for word in ("обувь", "сумки", "ремни")] == [True, True, True]
    assert [said[word] for word in ("куртки", "плащи", "действует")] == [False, False, False]


def test_a_no_behind_what_is_done_denies_nothing_of_it() -> None:
    assert denied("Мы шьём платья — нет.")["платья"] is False


def test_what_is_replaced_is_neither_affirmed_nor_denied() -> None:
    said = denied("Паспорт вместо предоплаты не берём.")
    assert said["предоплаты"] is None
    assert said["берём"] is True
