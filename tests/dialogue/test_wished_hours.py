"""The hour at which somebody wants to be called: the one that holds, with whose time it is, and no other hour beside it."""

import pytest

_NUMBER = "87015550011"


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("не в 10:15, а в 12:45", "в 12:45"),
        ("нет, не в 10, а в 9:40, по Уральску", "в 9:40, по Уральску"),
        ("поправка: не в понедельник, а во вторник в 11", "во вторник в 11"),
        ("не раньше 18:00", "не раньше 18:00"),
        ("лучше вечером", "вечером"),
        ("жоқ, 10:15 емес, 12:45-те", "12:45-те"),
        ("sorry, not at 2 but at 4 pm", "at 4 pm"),
    ],
)
def test_a_corrected_hour_is_passed_on(customer, said, wish):
    customer.says(f"{_NUMBER}, позвоните завтра в 10:15")
    step = customer.says(said)
    assert step.handover is not None
    assert f"«{wish}»" in step.statement.replace("“", "«").replace("”", "»"), step.statement
    assert wish in step.handover.summary


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        (f"{_NUMBER}, звоните завтра в 19:15 по Атырау", "завтра в 19:15 по Атырау"),
        (f"{_NUMBER}, call me tomorrow at 3 pm Moscow time", "tomorrow at 3 pm Moscow time"),
        (f"можете позвонить не завтра, а в среду в 15:00? {_NUMBER}", "в среду в 15:00"),
    ],
)
def test_no_hour_of_ours_stands_beside_his(dialogue, customer, said, wish):
    customer.now = customer.now.replace(hour=20)  # nobody is there
    step = customer.says(said)
    assert wish in step.statement and "09:00" not in step.statement, step.statement


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        (f"{_NUMBER}, позвоните 2 июня 149 000 внесу сразу", "2 июня"),  # an amount is no hour
        (f"{_NUMBER}, позвоните завтра 19", "позвоните завтра 19"),
    ],
)
def test_a_number_behind_a_day_is_an_hour_only_where_a_clock_has_it(customer, said, wish):
    step = customer.says(said)
    assert step.handover is not None and f"«{wish}»" in step.statement, step.statement


def test_the_day_of_a_payment_is_no_wish(customer):
    step = customer.says("оплатила 5 октября, деньги дошли?")
    assert step.reason == "paid" and "октября" not in step.statement


def test_a_word_with_a_day_in_it_is_no_wish(customer):
    customer.says(f"{_NUMBER}, позвоните завтра в 10:15")
    for said in ("с утра касса не печатает", "до завтра", "сколько стоит Рост?"):
        step = customer.says(said)
        assert step.reason != "reschedule", (said, step)


def test_what_is_asked_beside_a_corrected_hour_is_answered(customer):
    customer.says(f"{_NUMBER}, позвоните завтра в 10:15")
    step = customer.says("не раньше 17. а сколько стоит доставка?")
    assert "«не раньше 17»" in step.statement and step.query and "доставка" in step.query
    step = customer.says("нет, не в 17, а в 18:30, по Атырау. вы это учли?")
    assert "«в 18:30, по Атырау»" in step.statement and step.query is None
