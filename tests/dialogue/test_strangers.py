"""Who is no customer gets no sales talk: a wrong number, somebody with an offer to us, and whoever follows up on either."""

from collections.abc import Callable

import pytest

from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]


@pytest.mark.parametrize(
    ("first", "who", "sorry"),
    [
        ("Болат, ты ребёнка из сада забрал?", "кто это?", "простите, номером ошиблась"),
        ("Айнаш, қайда жүрсің, біз есіктің алдындамыз", "бұл кім?", "кешіріңіз, нөмірден қателестім"),
        ("hey Nick, are you coming to dinner tonight?", "who is this?", "oh sorry, wrong number"),
    ],
)
def test_who_writes_to_a_friend_is_told_where_he_is_and_asked_nothing(
    talk: Talk, first: str, who: str, sorry: str
) -> None:
    steps = talk(first, who, sorry).steps
    assert [step.reason for step in steps] == ["stranger", "about_us", "stranger"]
    assert [step.question for step in steps] == [None, None, None]
    assert steps[0].query is steps[2].query is None
    assert steps[2].statement != steps[0].statement


def test_who_has_the_wrong_number_and_asks_for_a_price_is_a_customer_after_all(talk: Talk) -> None:
    steps = talk("Болат, ты ребёнка из сада забрал?", "а сколько стоит ваша программа?").steps
    assert (steps[1].reason, steps[1].state.lane) == ("price", "")


def test_in_a_talk_about_our_things_a_word_to_somebody_else_begins_no_lane(talk: Talk) -> None:
    assert talk("у нас 2 магазина одежды", "ты где пропал, ответь").steps[-1].state.lane == ""


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (
            "Добрый день! Выпускаем пакеты с логотипом, кто у вас отвечает за закупки?",
            "хорошо, а каталог куда выслать?",
        ),
        ("Сәлеметсіз бе, біз пакет шығарамыз, сатып алумен кім айналысады?", "жақсы, каталогты қайда жіберейік?"),
        ("Hello, we produce paper bags, who is responsible for purchasing?", "ok, where do I send the catalogue?"),
    ],
)
def test_an_offer_goes_to_a_person_and_stays_there(talk: Talk, first: str, then: str) -> None:
    steps = talk(first, then, "87011234567").steps
    assert [step.state.lane for step in steps] == ["supplier"] * 3
    assert [step.query for step in steps] == [None] * 3
    assert [step.question for step in steps] == [None] * 3
    assert steps[0].action == "handover"


def test_a_supplier_who_wants_to_buy_is_a_customer(talk: Talk) -> None:
    step = talk(
        "Предлагаем вам рекламу на радио, кому отправить прайс?", "а сколько стоит ваша программа на один магазин?"
    ).steps[-1]
    assert (step.reason, step.query is not None) == ("price", True)


def test_in_the_middle_of_a_talk_words_like_an_offer_are_a_question(customer):
    customer.says("сколько стоит Рост?")
    step = customer.says("кто из вашей команды видит мои остатки?")
    assert (step.action, step.reason) != ("handover", "supplier")


@pytest.mark.parametrize(
    ("offer", "denial", "question"),
    [
        ("предлагаем продвижение вашего сайта, сотрудничество", "вы не поняли, я ваш клиент", "сколько стоит Рост?"),
        ("we offer SEO services for your site", "no, I am a customer", "how much is Start?"),
    ],
)
def test_who_says_that_he_is_a_customer_is_one(customer, offer, denial, question):
    assert customer.says(offer).reason == "supplier"
    customer.says(denial)
    assert customer.state.lane == ""
    assert customer.says(question).reason == "price"
