"""What a customer told and asked over several messages comes back in the answer: whole turns of the sample shop."""

import re
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any

import pytest

from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.reply import Reply
from app.types import Ask, Key

Talk = Callable[..., Coroutine[Any, Any, list[Reply]]]
_users = count()


@pytest.fixture
def talk(machine: Machine, bot: Bot) -> Talk:
    async def talked(*texts: str) -> list[Reply]:
        key = Key("B", f"told-{next(_users)}")
        return [await process(Ask(key, text, f"{key.user_id}-{n}"), bot, machine) for n, text in enumerate(texts)]

    return talked


def last(replies: list[Reply]) -> str:
    return replies[-1].answer.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("texts", "sums"),
    [
        (("почём ваша программа?", "четыре магазина"), ["4 × 14 900 ₸ = 59 600 ₸"]),
        (("тариф Рост почём?", "точек у меня шесть"), ["84 930 ₸"]),
        (("тариф Старт почём?", "а если за год?"), ["79 000 ₸"]),
        (("how much is the Rost plan?", "we have 3 shops"), ["44 700 ₸"]),
    ],
)
async def test_what_is_counted_behind_a_price_is_reckoned(talk: Talk, texts: tuple[str, ...], sums: list[str]) -> None:
    answer = last(await talk(*texts))
    assert all(each in answer for each in sums), answer


async def test_what_tells_nothing_of_the_price_repeats_no_sum(talk: Talk) -> None:
    *_, told, shop = await talk("почём ваша программа?", "2 магазина", "торгуем обувью")
    assert "15 800 ₸" in told.answer.replace("\xa0", " ")
    assert "₸" not in shop.answer


@pytest.mark.parametrize(
    ("texts", "total"),
    [
        (("весы и денежный ящик, сколько за всё вместе?",), None),
        (("сканер и принтер чеков, сколько вместе?",), "54 800 ₸"),
        (("комплект «Касса Старт» сколько?", "и подключение онлайн-кассы", "сколько всего?"), "197 000 ₸"),
        (("3 сканера и 2 принтера чеков, посчитайте итого",), "134 500 ₸"),
    ],
)
async def test_all_that_was_named_is_summed_where_a_sum_is_asked_for(
    talk: Talk, texts: tuple[str, ...], total: str | None
) -> None:
    answer = last(await talk(*texts))
    assert total is None or total in answer, answer
    assert total is not None or "Вместе" in answer, answer


async def test_a_word_that_is_no_product_is_not_left_out_of_a_sum_in_silence(talk: Talk) -> None:
    assert "Вместе" not in last(await talk("касса, сканер и принтер чеков сколько всего"))


async def test_instalments_are_denied_to_what_is_named_alone(talk: Talk) -> None:
    assert (
        last(await talk("а тариф в рассрочку можно?"))
        .split("\n\n")[1]
        .startswith("Нет, есть только «Рассрочка на оборудование».")
    )
    assert "Нет" not in last(await talk("тариф Рост почём?", "рассрочка есть?"))


async def test_nobody_is_asked_on_behind_bad_news(talk: Talk) -> None:
    (reply,) = await talk("у нас столовая, подойдёт ваша программа?")
    assert "не подойдёт" in reply.answer
    assert "?" not in reply.answer
    (unknown,) = await talk("а дрессируете ли вы собак?")
    assert "?" not in unknown.answer


async def test_each_of_two_questions_is_answered(talk: Talk) -> None:
    answer = last(await talk("работает ли касса без интернета и как переехать из 1С?"))
    assert "интернет" in answer
    assert "1С" in answer


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("how do I pay?", "pricing_payment_en"),
        ("do you have a free trial", "faq_trial_en"),
        ("can it run without internet", "products_offline_en"),
    ],
)
async def test_an_english_question_is_answered_in_english(talk: Talk, text: str, section: str) -> None:
    (reply,) = await talk(text)
    assert section in reply.meta.sections
    assert not re.search("[а-яё]", reply.answer)


async def test_what_is_not_found_is_looked_for_by_the_usual_words(talk: Talk) -> None:
    (reply,) = await talk("беру, куда деньги скидывать, каспием можно?")
    assert "pricing_payment" in reply.meta.sections


async def test_a_client_in_trouble_gets_no_far_fetched_section(talk: Talk) -> None:
    first, *others = await talk("терминал завис и не печатает", "очередь стоит, что мне делать", "и так с утра")
    assert first.meta.action == "handover"
    assert all(not reply.meta.sections for reply in others)


async def test_who_swears_and_wants_a_person_gets_one(talk: Talk) -> None:
    assert (await talk("вы дебилы, дайте живого человека"))[0].meta.action == "handover"


async def test_words_that_ask_nothing_find_nothing(talk: Talk) -> None:
    (reply,) = await talk("ну договорились, буду ждать")
    assert not reply.meta.sections
    assert "могу передать" not in reply.answer.lower(), "nothing was asked, so nothing is unknown"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("298000+79800+3000=380800, правильно?", "Да, верно: "),
        ("298000+79800+3000=370800, правильно?", "Не 370 800 ₸: "),
    ],
)
async def test_figures_of_ours_that_he_adds_are_added_after_him(talk: Talk, text: str, said: str) -> None:
    """With what each of them is."""
    bought = ("Рост на 2 точки на год сколько?", "2 сканера D-Scan 2 сколько?", "доставка почём?")
    answer = last(await talk(*bought, text))
    assert answer.startswith(said)
    assert [part for part in ("298 000 ₸", "79 800 ₸", "3 000 ₸", "= 380 800 ₸") if part not in answer] == []


async def test_few_words_behind_a_price_count_what_was_spoken_of(talk: Talk) -> None:
    assert "258 000 ₸" in last(await talk("цена D-POS Mini", "а два таких?"))
    assert "29 800 ₸" in last(await talk("сколько Рост на один магазин?", "а на два"))
    (asked,) = await talk("сколько Рост на 3 точки?")
    assert "сколько у вас магазинов" not in asked.answer.lower()


async def test_a_name_beside_a_telephone_is_heard_behind_a_question(talk: Talk) -> None:
    assert "Нурлан" in last(await talk("телефон свой оставить? 8 701 222 33 44 Нурлан"))


@pytest.mark.parametrize("text", ["14900+555=777, верно?", "14900+555=15455, верно?"])
async def test_an_amount_that_he_brings_in_is_never_confirmed(talk: Talk, text: str) -> None:
    asked = ("Рост сколько?", "14900+555=777, верно?", text, "555+14900=15455 правильно?")
    assert all("верно" not in reply.answer for reply in await talk(*asked))


async def test_a_human_hears_of_as_many_shops_as_the_order_counts(talk: Talk) -> None:
    replies = await talk("два магазина на Росте и один на Старте, сколько в год?", "оформляйте, 8 701 222 33 44")
    assert "= 298 000 ₸" in last(replies) and "Вместе 377 000 ₸ в год" in last(replies)
    packet = replies[-1].meta.handover
    assert packet is not None
    assert packet.slots["shops"] == "3" and "магазинов: 3" in packet.summary
