"""What is asked of a thing by its name is answered by what is said of that thing, or not at all."""

import pytest

from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.reply import Reply
from app.types import Ask, Key


async def talk(bot: Bot, machine: Machine, *texts: str) -> Reply:
    key = Key("F", texts[0])
    for number, text in enumerate(texts):
        reply = await process(Ask(key, text, f"f{number}", time_of_day="day"), bot, machine)
    return reply


@pytest.mark.parametrize(
    ("asked", "sections"),
    [
        ("ящик для денег мне вообще нужен?", {"hardware_cash_drawer"}),
        ("принтер на 58 и на 80 чем отличаются", {"hardware_receipt_printers"}),
        ("обойдусь без весов или нет?", {"hardware_scale"}),
        ("чековый 58 или 80 лучше?", {"hardware_receipt_printers"}),
        ("принтер обязательно или чек по ссылке можно отдать?", {"fiscal_electronic_receipt"}),
        ("проводной сканер или без провода удобнее будет", {"hardware_scanners"}),
        ("какой сканер посоветуете для хозтоваров", {"hardware_scanners"}),
        ("сканерлердің қайсысын алған дұрыс", {"hardware_scanners_kk"}),
        ("what is the difference between the two scanners", {"hardware_scanners_en"}),
        ("D-POS Mini и D-POS Duo в чём разница", {"hardware_terminal_mini", "hardware_terminal_duo"}),
    ],
)
async def test_advice_is_what_each_suits_and_no_list_of_prices(
    bot: Bot, machine: Machine, asked: str, sections: set[str]
) -> None:
    reply = await talk(bot, machine, asked)
    assert set(reply.meta.sections) == sections
    assert "×" not in reply.answer


async def test_who_asks_for_prices_gets_prices(bot: Bot, machine: Machine) -> None:
    reply = await talk(bot, machine, "два сканера D-Scan 2 и ящик почём выйдут")
    assert "102 700 ₸" in reply.answer.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("asked", "section"),
    [
        ("58 и 80 принтеры в чём разница кроме цены? и цены какие", "hardware_receipt_printers"),
        ("чем отличаются D-Scan 1 и D-Scan 2? и почём они", "hardware_scanners"),
        ("how do D-Scan 1 and D-Scan 2 differ? and what do they cost", "hardware_scanners_en"),
    ],
)
async def test_how_things_differ_is_told_beside_their_prices(
    bot: Bot, machine: Machine, asked: str, section: str
) -> None:
    reply = await talk(bot, machine, asked)
    assert section in reply.meta.sections
    assert "×" not in reply.answer


@pytest.mark.parametrize(
    "texts",
    [
        ("D-Scan 1 читает QR?",),
        ("D-Print 80 по блютузу работает?",),
        ("сколько стоит D-Label", "а он цветной?"),
        ("D-Scan 2 QR оқиды ма?",),
        ("does the D-Scan 1 read data matrix?",),
    ],
)
async def test_what_no_section_of_the_thing_says_is_not_known(
    bot: Bot, machine: Machine, texts: tuple[str, ...]
) -> None:
    assert not (await talk(bot, machine, *texts)).meta.sections


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("у D-Box замок на ключ есть?", "закрывается на ключ"),
        ("гарантия на D-Print 80 есть?", "12 месяцев"),
        ("D-Scale 15 этикетки печатает?", "Этикетки сами весы не печатают"),
    ],
)
async def test_what_its_section_or_one_on_all_things_says_is_said(
    bot: Bot, machine: Machine, asked: str, said: str
) -> None:
    assert said in (await talk(bot, machine, asked)).answer


async def test_why_it_was_counted_is_no_question_of_the_thing(bot: Bot, machine: Machine) -> None:
    reply = await talk(bot, machine, "посчитайте D-Label и D-Box", "а D-Box вы зачем добавили?")
    assert "Внутри есть отделения" not in reply.answer
    assert not reply.meta.sections


@pytest.mark.parametrize(
    ("asked", "section"),
    [
        ("скинете немного, если сразу оплачу?", "loyalty_promotions"),
        ("вы акции на свои тарифы делаете?", "loyalty_promotions"),
    ],
)
async def test_a_discount_of_ours_is_none_that_a_shop_gives(
    bot: Bot, machine: Machine, asked: str, section: str
) -> None:
    assert section not in (await talk(bot, machine, asked)).meta.sections
    shops = await talk(bot, machine, "можно ли на вечер автоматом ставить скидку для покупателей")
    assert section in shops.meta.sections


@pytest.mark.parametrize("asked", ["на сканер гарантия скок?", "гарантия на терминал скок"])
async def test_what_is_asked_onto_a_thing_is_not_its_price(bot: Bot, machine: Machine, asked: str) -> None:
    reply = await talk(bot, machine, asked)
    assert reply.meta.sections == ("hardware_warranty",)
    assert "₸" not in reply.answer


async def test_a_price_is_asked_onto_a_thing_too(bot: Bot, machine: Machine) -> None:
    assert "89 900" in (await talk(bot, machine, "на весы цена какая?")).answer.replace("\u00a0", " ")


async def test_two_questions_that_name_nothing_go_on_with_the_message_before(bot: Bot, machine: Machine) -> None:
    reply = await talk(
        bot, machine, "перенесёте товары из нашей старой программы?", "сколько это стоит и за сколько дней?"
    )
    assert {"migration_duration", "migration_price"} & set(reply.meta.sections)


async def test_what_he_tells_beside_a_question_does_not_draw_it_aside(bot: Bot, machine: Machine) -> None:
    reply = await talk(bot, machine, "у вас есть доставка? мы прачечная за вокзалом")
    assert reply.meta.sections == ("hardware_delivery",)
