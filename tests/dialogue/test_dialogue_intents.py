"""What a message is taken to mean, as people in Kazakhstan write in WhatsApp."""

import pytest

from app.dialogue.hearing.intents import understand

INTENTS = {
    "привет": "greeting",
    "здрасте": "greeting",
    "асалаумагалейкум": "greeting",
    "сәлеметсіз бе": "greeting",
    "салем калайсыз": "greeting",
    "good morning": "greeting",
    "сколько стоит": "price",
    "скок стоит": "price",
    "ценa": "price",  # a Latin «a»
    "салем канша турады": "price",
    "бағасы қандай": "price",
    "how much is it": "price",
    "what's the price": "price",
    "не дорого ли?": "price",
    "дорого?": "price",
    "я же спросил сколько стоит!": "price",
    "не понял сколько стоит": "price",
    "какие тарифы": "price",
    "privet skolko stoit": "price",
    "как работает склад": "feature",
    "есть интеграция с 1с?": "feature",
    "у вас есть приложение": "feature",
    "хочу бота": "feature",
    "есть персональный менеджер?": "feature",
    "программа уже стоит?": "feature",
    "do you have a mobile app": "feature",
    "чем вы лучше других": "comparison",
    "айырмашылығы неде": "comparison",
    "what is the difference": "comparison",
    "дорого": "objection_price",
    "почему так дорого?": "objection_price",
    "қымбат екен": "objection_price",
    "too expensive": "objection_price",
    "подумаю": "objection_think",
    "мы подумаем и вернёмся": "objection_think",
    "ойланып көрейін": "objection_think",
    "у нас уже есть": "objection_have",
    "у нас уже есть программа": "objection_have",
    "бізде бар": "objection_have",
    "не верю я вам": "objection_trust",
    "это развод какой-то": "objection_trust",
    "да": "agreement",
    "👍": "agreement",
    "+": "agreement",
    "ок, понятно": "agreement",
    "жарайды": "agreement",
    "нет, спасибо, не надо": "refusal",
    "не интересно": "refusal",
    "рахмет, керек емес": "refusal",
    "no thanks": "refusal",
    "стоп": "refusal",
    "мой номер 87011234567": "contact_given",
    "позовите менеджера": "human_wanted",
    "можно с человеком поговорить": "human_wanted",
    "менеджермен сөйлескім келеді": "human_wanted",
    "can i talk to a human": "human_wanted",
    "бесит, не отвечаете": "frustration",
    "спасибо большое": "thanks",
    "рахмет": "thanks",
    "до свидания": "goodbye",
    "пока": "goodbye",
    "сау болыңыз": "goodbye",
    "вы бот?": "bot_question",
    "вы живой человек?": "bot_question",
    "бот емессіз бе": "bot_question",
    "are you a robot?": "bot_question",
    "у нас три кассы": "info",
    "нет": "denial",
    "жоқ": "denial",
}


@pytest.mark.parametrize(("text", "intent"), INTENTS.items())
def test_strongest_intent(dialogue, text, intent):
    assert understand(text, dialogue.vocabulary).intents[0] == intent


@pytest.mark.parametrize(
    ("typed", "intent"),
    [
        ("сколко стоит", "price"),
        ("скольок стоит", "price"),
        ("стомость", "price"),
        ("дорага", "objection_price"),
        ("спосибо", "thanks"),
        ("здравстуйте", "greeting"),
        ("позовите менежера", "human_wanted"),
        ("привееет", "greeting"),
        ("expansive", "objection_price"),
        ("рахмед", "thanks"),
    ],
)
def test_one_wrong_letter_changes_nothing(dialogue, typed, intent):
    assert understand(typed, dialogue.vocabulary).intents[0] == intent


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("столько всего", "price"),
        ("пока нет программы", "goodbye"),
        ("нет, спасибо, не надо", "thanks"),
        ("нет, спасибо, не надо", "agreement"),
        ("не дорого ли?", "objection_price"),
        ("не надо менеджера", "human_wanted"),
        ("не надо менеджера", "refusal"),
        ("нет", "refusal"),
        ("мне не нужна касса, только склад", "refusal"),
        ("не хочу платить каждый месяц", "refusal"),
        ("хочу бота", "bot_question"),
        ("обмен товара есть?", "objection_trust"),
        ("можно вопрос?", "feature"),
        ("это надолго?", "frustration"),
        ("из Караганды", "comparison"),
        ("что такое розничный налог", "comparison"),  # no «аналог»
        ("доставляете?", "frustration"),
        ("good morning", "agreement"),
        ("где-то 5", "feature"),
    ],
)
def test_not_mistaken_for(dialogue, text, absent):
    assert absent not in understand(text, dialogue.vocabulary).intents


def test_several_intents_stand_in_order_of_strength(dialogue):
    assert understand("привет, сколько стоит тариф?", dialogue.vocabulary).intents == ("price", "greeting")
    assert understand("нет, не надо. а сколько стоит?", dialogue.vocabulary).intents == ("price", "refusal")
    assert understand("у нас аптека, есть приложение?", dialogue.vocabulary).intents == ("feature", "info")


def test_having_it_already_answers_the_question_about_tools(dialogue):
    assert "objection_have" not in understand("у нас уже есть 1С", dialogue.vocabulary, pending="current_tools").intents


def test_a_long_free_answer_may_name_prices(dialogue):
    text = "кассиры путают ценники и старые цены пробивают"
    assert "price" not in understand(text, dialogue.vocabulary, kind="text").intents


@pytest.mark.parametrize(
    ("text", "default", "language"),
    [
        ("сколько стоит", "kk", "ru"),
        ("канша турады", "ru", "kk"),
        ("бар ма", "ru", "kk"),
        ("қандай тариф", "ru", "kk"),
        ("рахмет", "ru", "kk"),
        ("how much is it", "ru", "en"),
        ("hello", "kk", "en"),
        ("есть интеграция с Kaspi и iiko?", "ru", "ru"),
        ("меня зовут Әсель, сколько стоит программа?", "ru", "ru"),
        ("12", "kk", "kk"),
        ("👍", "en", "en"),
        ("ok", "kk", "kk"),
        ("Excel", "ru", "ru"),
        ("да", "kk", "kk"),
        ("аптека", "kk", "kk"),
        ("аптека", "en", "ru"),
        ("a@b.kz", "ru", "ru"),
        ("https://example.com/the/shop", "ru", "ru"),
    ],
)
def test_language(dialogue, text, default, language):
    assert understand(text, dialogue.vocabulary, default).language == language
