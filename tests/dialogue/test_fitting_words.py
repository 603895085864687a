"""Words of courtesy that suit what was said, names that are names, and no question about what was told."""

import pytest


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Ұялым 87015550011", None),
        ("Нөмірім мынау 87015550011", None),
        ("Звоните 87015550011", None),
        ("Телефон 87015550011 Гульнара", "Гульнара"),
        ("Бауыржан 87015550011", "Бауыржан"),
        ("Mobile 87015550011", None),
    ],
)
def test_a_word_for_a_number_is_no_name(customer, said, name):
    customer.says(said)
    assert customer.slots.get("name") == name
    assert "business_type" not in customer.slots


def test_what_is_only_supposed_puts_nothing_right(customer):
    customer.says("сколько стоит тариф на 3 магазина")
    assert customer.says("а если будет не 3, а 6 магазинов, сколько?").statement is None
    assert customer.says("нет, не 6, а 5 магазинов").statement is not None


def test_a_kind_alone_is_not_noted_as_a_thing(customer):
    customer.says("какие весы у вас есть")
    assert "«" not in (customer.says("беру настольные").statement or "")
    assert "«" in (customer.says("беру весы").statement or "")


@pytest.mark.parametrize(
    "said",
    ["у меня маленькая пекарня, сколько стоит?", "кофейня одна, почём?", "we have a small store, how much is it?"],
)
def test_who_has_one_small_shop_is_not_asked_how_many(customer, said):
    step = customer.says(said)
    assert customer.slots.get("shops") == "1"
    assert step.state.pending is None or step.state.pending.slot != "shops"


@pytest.mark.parametrize("said", ["сколько стоит для маленькой аптеки?", "открываем небольшие магазины, почём?"])
def test_several_or_anybodys_are_not_one(customer, said):
    customer.says(said)
    assert "shops" not in customer.slots


@pytest.mark.parametrize(
    "said", ["здравствуйте хочу понять как залить товары", "hi how do i uplod my prodcts", "сәлем тауарды қалай енгзем"]
)
def test_a_greeting_with_a_question_in_one_breath_is_answered(customer, said):
    step = customer.says(said)
    assert step.query and step.reason != "greeting", step


@pytest.mark.parametrize("said", ["цены у вас с НДС или без?", "is VAT included in your prices?"])
def test_our_own_tax_is_no_question_of_the_program(customer, said):
    step = customer.says(said)
    assert (step.reason, step.query) == ("about_us", None), step


def test_a_price_with_tax_or_without_is_a_price(customer):
    assert customer.says("сколько стоит Рост, с НДС или без?").reason == "price"
