"""Who writes decides who answers: nobody is sold to who buys nothing, and what was told is not asked for again."""

import pytest

from app.dialogue import Dialogue
from app.types import DialogueState, Pending
from tests.dialogue.conftest import Customer, spoken

LANES = """
trouble: не пришло смс с кодом | терминал второй час перезагружается сам по себе | сломались весы и не включаются | қосымша ашылмай жатыр, қате шығады
order_status: ну и где моя полка, неделю назад оформила | скажите что с моей доставкой, обещали к среде | ждем курьера с обеда, его нет | шкафқа тапсырыс бергенімізге бір ай болды, әлі жоқ | диван кашан келеди, откен аптада заказ бердик | any news on my order, it was due on friday
paid: деньги перевела утром, гляньте пришло ли | оплату скинул вот чек | төлемді жібердім, тексеріңізші
supplier: мы печатаем этикетки, можем вам поставлять дёшево | предлагаем вам рекламу на лифтах нашего дома
applicant: ищу работу бухгалтера, вам не нужен человек? | резюме куда можно отправить, хочу к вам в команду
emergency: в магазине пожар, люди внутри | человек упал и не дышит помогите
complaint: ваш курьер нахамил моей маме | обещали привезти вчера, никто не приехал и не позвонил
"""
CASES = [
    (lane, text.strip())
    for row in LANES.strip().splitlines()
    for lane, _, texts in [row.partition(":")]
    for text in texts.split(" | ")
]


@pytest.mark.parametrize(("lane", "text"), CASES)
def test_who_is_no_buyer_goes_to_a_person_and_is_asked_nothing(dialogue: Dialogue, lane: str, text: str) -> None:
    step = Customer(dialogue).says(text)
    assert (step.action, step.topic, step.question, step.query) == ("handover", lane, None, None)
    assert step.handover is not None
    assert step.handover.reason == lane


def test_a_message_that_says_nothing_sure_stays_in_its_lane(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("мы печатаем этикетки, можем вам поставлять дёшево")
    assert customer.says("ну и кто у вас это решает").topic == "supplier"
    assert customer.says("сколько стоит доставка").reason == "price", "a buyer's question is answered all the same"


@pytest.mark.parametrize(
    "text",
    [
        "правильно понимаю, свет выключили и терминал не работает?",
        "то есть роутер сломался и чеки не печатаются?",
        "дұрыс түсіндім бе, интернет болмаса касса істемей ме?",
        "so if the power is off the terminal does not work?",
    ],
)
def test_who_asks_whether_he_has_understood_has_no_trouble(dialogue: Dialogue, text: str) -> None:
    assert Customer(dialogue).says(text).action == "answer"


def test_what_broke_before_that_is_a_trouble(dialogue: Dialogue) -> None:
    step = Customer(dialogue).says("у меня весы сломались, правильно понимаю что везти к вам?")
    assert (step.action, step.topic) == ("handover", "trouble")


def test_who_sends_his_requisites_hears_of_his_invoice(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("берём, оформляйте")
    step = customer.says("ип сагынбаев иин 900101300123, пишите сюда")
    assert "счёт" in (step.statement or "")


def test_his_hour_is_not_lost_beside_his_requisites(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("берём, оформляйте")
    step = customer.says("тоо тулпар бин 190340021456, тел 87011234567, звоните завтра после 11")
    assert "11" in (step.statement or "")


def test_abuse_is_answered_calmly(dialogue: Dialogue) -> None:
    step = Customer(dialogue).says("идиоты вы там все")
    assert (step.action, step.topic, step.question, step.query) == ("refuse", "abuse", None, None)


def test_an_away_notice_and_a_sticker_get_no_section(dialogue: Dialogue) -> None:
    notice = "Здравствуйте! Вы написали в наш магазин. Мы ответим вам в рабочее время."
    for text, media in ((notice, "text"), ("стикер: мишка с сердечком", "image")):
        step = Customer(dialogue).says(text, media=media)
        assert (step.query, step.question) == (None, None), text


def test_a_voice_message_without_a_voice_is_said_to_be_one(dialogue: Dialogue) -> None:
    step = Customer(dialogue).says("Продолжение следует...", media="audio")
    assert (step.reason, step.query) == ("unheard", None)
    assert step.statement in dialogue.texts["ru"].data["unheard"]


def test_a_wish_for_a_language_is_obeyed_from_then_on(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    step = customer.says("можно со мной на казахском")
    assert (step.language, step.reason) == ("kk", "language_wish")
    assert customer.says("сколько стоит доставка").language == "kk"
    assert customer.says("ладно, давайте по-русски").language == "ru"


@pytest.mark.parametrize(
    "text", ["87010000000 Гульмира", "Гульмира 8 701 000 00 00", "это гульмира, пишите +77010000000"]
)
def test_a_name_beside_the_number_is_heard_and_said_back(dialogue: Dialogue, text: str) -> None:
    customer = Customer(dialogue)
    step = customer.says(text)
    assert step.action == "handover"
    assert customer.slots["name"] == "Гульмира"
    assert "Гульмира" in spoken(step)


def test_a_name_alone_answers_and_is_not_searched(dialogue: Dialogue) -> None:
    customer = Customer(dialogue, DialogueState(flow="spin_selling", pending=Pending("contact"), said=("greeting",)))
    step = customer.says("Дамир")
    assert (step.query, customer.slots["name"]) == (None, "Дамир")
    assert "Дамир" in spoken(step)


def test_a_number_that_must_not_be_called_is_no_contact(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    assert customer.says("8 701 000 00 00 мамин номер, туда не звоните").action != "handover"
    assert "contact" not in customer.slots


def test_details_of_an_invoice_are_taken_and_not_asked_for_again(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    step = customer.says("БИН 000000000000, ТОО Пример, выставьте счёт")
    assert (step.reason, step.query) == ("invoice", None)
    assert step.state.pending == Pending("contact")
    assert customer.says("и договор тоже подготовьте").query is None


@pytest.mark.parametrize("text", ["беру, оформляйте", "давайте посмотрим демонстрацию", "выпишите счёт пожалуйста"])
def test_who_has_decided_is_asked_how_to_reach_him(dialogue: Dialogue, text: str) -> None:
    step = Customer(dialogue).says(text)
    assert step.state.pending == Pending("contact"), spoken(step)


def test_what_is_told_after_a_handover_is_passed_on(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("позовите человека")
    step = customer.says("я на работе до восьми, в понедельник выходной")
    assert (step.reason, step.query, step.question) == ("noted", None, None)
    waits = customer.says("а когда мне перезвонят?")
    assert (waits.reason, waits.query) == ("callback_time", None)


def test_what_is_rejected_is_left_out_of_the_search(dialogue: Dialogue) -> None:
    step = Customer(dialogue).says("Я не про доставку. Сколько стоит установка?")
    assert any("доставк" in word for word in step.without)
    assert "доставк" not in (step.query or "")
    assert "установка" in (step.query or "")


def test_a_quotation_is_not_the_question(dialogue: Dialogue) -> None:
    step = Customer(dialogue).says("> Гарантия на всю технику один год.\nа если сломается через два?")
    assert "Гарантия" not in (step.query or "")


def test_whoever_was_rude_and_asks_politely_is_answered(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("верните мне деньги")
    assert customer.says("идиоты вы там все").topic == "abuse"
    step = customer.says("простите, вспылил. а доставка в выходные бывает?")
    assert (step.topic, step.query is not None) == (None, True)


@pytest.mark.parametrize(
    "text",
    ["у нас пять салонов и тридцать мастеров, сколько стоит абонемент?", "give me the total please: one desk and two chairs",
     "я ещё ничего не платил, сколько стоит полка?"],
)  # fmt: skip
def test_a_piece_that_sounds_like_a_lane_takes_no_buyer_away(dialogue: Dialogue, text: str) -> None:
    step = Customer(dialogue).says(text)
    assert (step.action, step.reason) == ("answer", "price")


def test_a_question_behind_a_trouble_is_answered(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("касса зависла и не включается")
    assert customer.says("прошло само. а как продлить подписку?").query is not None


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        (
            "мой номер 87051112233 Сауле, пишите только в ватсап, звонить не надо",
            "пишите только в ватсап, звонить не надо",
        ),
        ("запишите на стрижку, 8 701 222 33 44, не звоните, лучше смс", "не звоните, лучше смс"),
        ("87771112233 Дана, кешке хабарласыңыз", "кешке хабарласыңыз"),
        ("ертең таңғы 10да хабарласыңызшы, нөмірім 87771112233", "ертең таңғы 10да"),
        ("+7 701 555 44 33, only whatsapp please, do not call", "only whatsapp please, do not call"),
    ],
)
def test_who_leaves_a_number_and_says_how_to_reach_him_is_not_let_go(dialogue: Dialogue, text: str, wish: str) -> None:
    step = Customer(dialogue).says(text)
    assert (step.action, step.reason) == ("handover", "contact_given")
    assert wish in (step.statement or "")
    assert step.handover is not None
    assert wish in step.handover.summary


def test_a_wish_how_to_be_reached_behind_the_number_is_passed_on(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("нужна мойка велосипеда, 87051112233")
    step = customer.says("не звоните, лучше в телеграм напишите")
    assert (step.action, step.reason, step.query) == ("answer", "noted", None)
    assert "«не звоните, лучше в телеграм напишите»" in (step.statement or "")


@pytest.mark.parametrize("text", ["больше не звоните мне, удалите номер 87051112233", "не пишите мне больше в ватсап"])
def test_who_wants_to_be_left_alone_is(dialogue: Dialogue, text: str) -> None:
    assert Customer(dialogue).says(text).reason == "opt_out"


def test_a_time_that_has_passed_is_no_wish(dialogue: Dialogue) -> None:
    step = Customer(dialogue).says("мой номер 87015552233. вчера отчёт не закрыли, как закрыть?")
    assert "вчера" not in (step.statement or "")
