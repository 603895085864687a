"""A refusal of a thing changes a plan and ends nothing; a refusal of us still does."""

import pytest


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("почём терминал и весы?", "передумали: весы не надо, только терминал"),
        ("почём терминал и весы?", "весы больше не нужны"),
        ("сколько стоит модуль лояльности?", "модуль отменяется, не надо. лучше один тариф посчитайте"),
        ("терминал мен таразы қанша?", "таразы керек емес, терминал алайын"),
        ("how much are the scales and the terminal?", "no need for the scales, just the terminal please"),
        ("сколько стоит доставка?", "да никто не отказывается, мы ещё здесь"),
    ],
)
def test_a_thing_refused_leaves_the_talk_open(customer, asked, said):
    customer.says(asked)
    step = customer.says(said)
    assert (step.action == "close", step.state.closed, step.reason == "refusal") == (False, False, False), step


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("почём терминал и весы?", "не интересно, спасибо"),
        ("сколько стоит программа?", "передумали, не надо"),
        ("сколько стоит программа?", "программа нам не нужна"),
        ("how much is it?", "no thanks, we don't need it"),
        ("қанша тұрады?", "рахмет, керек емес"),
    ],
)
def test_a_refusal_of_us_still_closes(customer, asked, said):
    customer.says(asked)
    step = customer.says(said)
    assert (step.action, step.reason, step.state.closed) == ("close", "refusal", True), step
