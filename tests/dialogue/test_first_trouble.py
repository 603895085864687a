"""A thing that broke is trouble from its first word; what else is asked beside it, or beside the waiting, is looked up."""

import pytest


@pytest.mark.parametrize(
    "said",
    [
        "весы ваши накрылись на второй день",
        "планшет помер, торговать не на чем",
        "ящик сломался, брали у вас весной",
        "экран у терминала лопнул сам",
        "the cash drawer you sold us died after ten days",
        "ноутбук екі күнде істен шықты",
    ],
)
def test_a_broken_thing_is_trouble_at_once(customer, said):
    step = customer.says(said)
    assert (step.action, step.topic) == ("handover", "trouble"), step


@pytest.mark.parametrize(
    "said",
    [
        "если весы сломаются, вы их чините?",
        "старые весы сломались, сколько стоят новые?",
        "what happens if the drawer breaks?",
    ],
)
def test_what_may_break_is_none(customer, said):
    assert customer.says(said).topic != "trouble"


@pytest.mark.parametrize(
    ("before", "said", "asked"),
    [
        ("весы не включаются", "сколько ждать ответа? и заменят ли их по гарантии?", "гарантии"),
        ("позовите менеджера", "до утра ждать?? ладно, а пока скажите, какие роли бывают у кассиров", "роли"),
        ("please call a manager", "how long must I wait? and which roles can cashiers have?", "roles"),
    ],
)
def test_what_is_asked_beside_the_waiting_is_looked_up(customer, before, said, asked):
    customer.says(before)
    step = customer.says(said)
    assert step.reason == "callback_time" and step.query and asked in step.query, step


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("вы печатаете визитки?", "передайте. и сколько стоит доставка?"),
        ("do you print flyers?", "pass it on please. and what does delivery cost?"),
    ],
)
def test_what_is_to_be_passed_on_is_and_the_rest_is_answered(customer, asked, said):
    customer.says(asked)
    step = customer.says(said)
    assert step.handover is not None and step.query and "достав" in step.query + "достав" * ("deliv" in step.query), (
        step
    )
