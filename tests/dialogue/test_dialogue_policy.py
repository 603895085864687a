"""A bot's rules are data: what its file says is what its customers meet, and a wrong file names its fault."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dialogue import Dialogue
from app.dialogue.flow.load import load_flows
from app.dialogue.policy.hours import Hours
from app.dialogue.policy.model import Policy, parse
from app.dialogue.rules.packet import slot_names
from app.errors import ConfigError
from app.types import Ask, DialogueState, Key, Pending, Snapshot
from tests.dialogue.conftest import NOON, Customer
from tests.thrift import most

RULES = """
hours: {open: "10:00", close: 20:00, timezone: Asia/Almaty}
closed_notice: {ru: "Сейчас закрыто, ответим с {time}.", kk: "Қазір жабық, сағат {time} бастап жауап береміз."}
languages: [ru, kk]
discounts: [5, 10%]
never: ["вечная гарантия"]
texts:
  ru: {greeting: {night: "Доброй ночи!"}, fallback: ["Такого не знаем, спросим у коллег."], value: "Чиним велосипеды."}
questions: {business_type: {ru: ["Какой у вас велосипед?"]}, shops: {ru: ["Когда привезёте велосипед?"]}}
skip: [current_tools]
topics:
  - name: payment
    action: handover
    intents: [payment, refund]
    phrases: {ru: ["предоплат*", "kaspi|каспи"], kk: ["каспи*"]}
    except: {ru: ["чехол*"]}
    text: {ru: ["Об оплате расскажет мастер."], kk: ["Төлем туралы шебер айтады."]}
  - name: address
    action: answer
    also: true
    phrases: {ru: ["адрес*", "где .. находитесь|мастерская"]}
    text: {ru: ["Мы на Садовой, 3."], kk: ["Садовая, 3."]}
  - name: opening
    action: answer
    also: true
    phrases: {ru: ["во сколько .. открываетесь|работаете", "график*"]}
    text: {ru: ["Открыты с 10:00 до 20:00. Записать вас?"]}
  - name: parking
    action: answer
    also: true
    phrases: {ru: ["парковк*"]}
    text: {ru: ["Машину можно оставить во дворе."]}
  - name: courier
    action: answer
    also: true
    phrases: {ru: ["курьер*"]}
    text: {ru: ["Курьера нет."]}
  - name: cars
    action: refuse
    phrases: {ru: ["автомобил*|машин*"]}
    text: {ru: ["Автомобили не чиним, только велосипеды."]}
  - name: visit
    action: ask
    slot: pain_point
    phrases: {ru: ["запишите"]}
    text: {ru: ["Запишем. Что случилось с велосипедом?"]}
  - name: tyres
    action: answer
    search: true
    phrases: {ru: ["покрышк*"]}
    text: {ru: ["Покрышки меняем за день."]}
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    file = tmp_path_factory.mktemp("bot") / "policy.yaml"
    file.write_text(RULES, encoding="utf-8")
    return Policy.load(file)


@pytest.fixture
def customer(policy):
    return Customer(Dialogue.load(policy=policy))


def test_the_file_is_read(policy):
    assert policy.hours == Hours(policy.hours.open, policy.hours.close, "Asia/Almaty")
    assert (policy.hours.open.hour, policy.hours.close.hour) == (10, 20)
    assert policy.languages == ("ru", "kk")
    assert policy.discounts == (Decimal(5), Decimal(10))
    assert policy.never == ("вечная гарантия",)


def test_a_handover_topic_is_said_and_handed_over_with_a_packet(customer):
    customer.says("меня зовут Айдар, у нас 3 магазина одежды")
    step = customer.says("нужна предоплата?")
    assert (step.action, step.reason, step.topic) == ("handover", "payment", "payment")
    assert step.statement == "Об оплате расскажет мастер."
    assert step.question is None
    assert step.handover.reason == "payment"
    assert step.handover.last_question == "нужна предоплата?"
    assert step.handover.slots == {"name": "Айдар", "shops": "3", "business_type": "одежда и обувь"}
    assert "Айдар" in step.handover.summary
    assert "одежда" in step.handover.summary


def test_the_packet_is_in_the_shops_language(customer):
    step = customer.says("қанша тұрады? каспи бар ма")
    assert step.statement == "Төлем туралы шебер айтады."
    assert "казахски" in step.handover.summary


def test_what_is_known_stands_in_the_packet_in_the_shops_language(customer):
    customer.says("у нас магазин одежды, 3 точки")
    handover = customer.says("каспи бар ма, төлем қалай?").handover
    assert "казахски" in handover.summary
    assert "одежда и обувь" in handover.summary
    assert handover.slots["business_type"] == "одежда и обувь"


def test_every_handover_has_a_packet_with_the_question_that_was_asked(customer):
    customer.says("сколько стоит камера?")
    step = customer.says("позовите человека")
    assert step.handover.last_question == "сколько стоит камера?"
    assert step.handover.reason == "human_wanted"


def test_the_last_of_several_questions_stands_in_the_packet(customer):
    customer.says("сколько стоит камера?")
    customer.says("а объектив сколько стоит?")
    customer.says("понятно")
    assert customer.says("позовите человека").handover.last_question == "а объектив сколько стоит?"


def test_an_exception_switches_a_topic_off(customer):
    assert customer.says("чехол можно через каспи?").topic is None


def test_the_first_topic_wins(customer):
    assert customer.says("автомобиль в каспи").topic == "payment"


def test_fixed_answers_are_said_together(customer):
    step = customer.says("какой у вас адрес и есть ли парковка?")
    assert step.statement == "Мы на Садовой, 3. Машину можно оставить во дворе."
    assert step.query is None


def test_three_topics_at_most_are_said_together(customer):
    step = customer.says("адрес, график, парковка, курьер?")
    assert "Курьера" not in step.statement
    assert step.statement.count(".") == 3
    assert step.question == "Записать вас?"


@pytest.mark.parametrize(
    ("text", "query", "reason"),
    [
        ("где вы находитесь и сколько стоит камера?", "сколько стоит камера?", "price"),
        ("Где вы находитесь? Меняете спицы?", "Меняете спицы?", "feature"),
        ("добрый день! где вы находитесь?", None, "address"),
        ("какой у вас адрес, подскажите пожалуйста", None, "address"),
    ],
)
def test_the_question_that_remains_is_searched(customer, text, query, reason):
    step = customer.says(text)
    assert (step.query, step.reason, step.topic) == (query, reason, "address")
    assert step.statement == "Мы на Садовой, 3."


def test_a_topic_may_refuse(customer):
    step = customer.says("чините машины?")
    assert (step.action, step.reason, step.question) == ("refuse", "cars", None)


def test_a_topic_may_ask_and_its_answer_is_heard(customer):
    step = customer.says("запишите меня")
    assert (step.action, step.statement, step.question) == ("ask", "Запишем.", "Что случилось с велосипедом?")
    assert step.state.pending == Pending("pain_point")
    customer.says("погнулось колесо")
    assert customer.slots["pain_point"] == "погнулось колесо"


def test_a_topic_may_search_behind_its_text(customer):
    step = customer.says("здравствуйте, поменять покрышку можно?")
    assert (step.action, step.statement, step.query) == (
        "answer",
        "Покрышки меняем за день.",
        "поменять покрышку можно?",
    )


def test_a_contact_beside_a_fixed_answer_is_taken(customer):
    step = customer.says("мой номер 87011234567, а какой у вас адрес?")
    assert (step.action, step.reason, step.topic) == ("handover", "contact_given", "address")
    assert "Садовой" in step.statement


def test_own_texts_and_questions_are_said(customer):
    customer.now = NOON.replace(hour=20)
    step = customer.says("привет")
    assert step.greeting.startswith("Доброй ночи!")
    assert step.statement == "Чиним велосипеды."
    assert step.question in {"Какой у вас велосипед?", "Когда привезёте велосипед?"}
    assert customer.says("сколько стоит?").fallback == "Такого не знаем, спросим у коллег."


def test_a_skipped_slot_is_never_asked_for(customer):
    for text in ["привет", *["ок"] * 6]:
        step = customer.says(text)
        assert not (step.question and step.state.pending.slot == "current_tools")


def test_the_closed_notice_is_said_once_in_twelve_hours(customer):
    customer.now = NOON.replace(hour=16)  # 21:00 in Almaty
    first, second = customer.says("сколько стоит?"), customer.says("а камера?")
    assert first.greeting == "Добрый вечер! Сейчас закрыто, ответим с 10:00."
    assert second.greeting is None
    customer.now += timedelta(hours=24)
    assert "Сейчас закрыто" in customer.says("сколько стоит?").greeting
    customer.now = NOON + timedelta(hours=48)
    assert "закрыто" not in customer.says("сколько стоит?").greeting


def test_after_hours_a_handover_says_the_time_once(customer):
    customer.now = NOON.replace(hour=16)
    step = customer.says("предоплата нужна?")
    assert f"{step.greeting} {step.statement}".count("10:00") == 1
    assert "10:00" in customer.says("точно нужна предоплата?").statement


def test_a_goodbye_hears_no_closed_notice(customer):
    customer.now = NOON.replace(hour=16)
    assert customer.says("не надо, не интересно").greeting is None


@pytest.mark.parametrize(
    ("text", "language", "heard"),
    [("how much is it", "ru", "en"), ("қанша тұрады", "kk", "kk"), ("сколько", "ru", "ru")],
)
def test_a_language_the_bot_lacks_is_answered_in_its_first(customer, text, language, heard):
    step = customer.says(text)
    assert (step.language, step.heard) == (language, heard)


@pytest.mark.parametrize("languages", [["kk", "ru"], ["ru", "kk"], ["kk"]])
def test_the_first_language_is_whichever_the_bot_names_first(languages):
    policy = parse({"languages": languages}, "policy.yaml", Policy.default())
    step = Customer(Dialogue.load(policy=policy)).says("Hello, how much does the scanner cost?")
    assert step.language == languages[0]


@pytest.mark.parametrize(
    ("languages", "text", "said"),
    [
        (["kk", "en"], {"kk": ["Бағда."], "ru": ["В саду."]}, "Бағда."),
        (["en", "kk"], {"kk": ["Бағда."], "ru": ["В саду."]}, "В саду."),
        (["kk", "en"], {"en": ["In the garden."], "kk": ["Бағда."], "ru": ["В саду."]}, "In the garden."),
        (["kk", "en"], {"ru": ["В саду."]}, "В саду."),
    ],
)
def test_what_a_bot_has_not_in_the_customers_language_it_says_in_its_first_or_in_russian(languages, text, said):
    topic = {"name": "place", "action": "answer", "phrases": {"en": ["marquee"]}, "text": text}
    notice = {language: [f"{line} {{time}}" for line in lines] for language, lines in text.items()}
    rules = {"languages": languages, "topics": [topic], "closed_notice": notice}
    rules["hours"] = {"open": "10:00", "close": "20:00", "timezone": "Asia/Almaty"}
    customer = Customer(Dialogue.load(policy=parse(rules, "policy.yaml", Policy.default())))
    customer.now = NOON.replace(hour=16)  # 21:00 in Almaty
    step = customer.says("where is the marquee?")
    assert (step.language, step.topic, step.statement) == ("en", "place", said)
    assert f"{said} 10:00" in step.greeting


def test_what_a_bot_does_not_name_goes_to_a_human_by_default(policy):
    names = [topic.name for topic in policy.topics]
    assert names[-3:] == ["complaint", "legal", "medical"]
    assert "refund" not in names  # the bot's payment topic speaks for it


def test_two_bots_do_not_hear_each_others_topics(policy):
    Dialogue.load(policy=policy)
    other = Dialogue.load()
    step = other.advance(Snapshot(Key("a", "b")), Ask(Key("a", "b"), "чините машины?", "1"), NOON)
    assert step.topic is None


def test_ten_bots_start_fast(policy):
    Dialogue.load()
    started = perf_counter()
    dialogues = [Dialogue.load(policy=policy) for _ in range(10)]
    assert perf_counter() - started < 0.5
    assert len({id(dialogue.vocabulary.lexicon) for dialogue in dialogues}) == 1


BROKEN = {
    "tpics: []": "did you mean 'topics'",
    "hours: {open: noon}": "09:00",
    "hours: {timezone: Mars}": "Asia/Almaty",
    "languages: [de]": "ru, kk, en",
    "discounts: [ten]": "10",
    "discounts: 5": "list",
    "never: x": "list",
    "closed_notice: {de: zu}": "'de'",
    "texts: {ru: {greting: x}}": "did you mean 'greeting'",
    "texts: {ru: {fallback: [Что?]}}": "fallback",
    "questions: {contact: {ru: [Номер]}}": "exactly one",
    "topics: [{action: answer}]": "no name",
    "topics: [{name: a, action: jump}]": "jump",
    "topics: [{name: a, action: answer, text: {ru: [x]}}]": "never met",
    "topics: [{name: a, action: answer, intents: [paymnt], text: {ru: [x]}}]": "did you mean 'payment'",
    "topics: [{name: a, action: answer, intents: [payment]}]": "no text in ru",
    "topics: [{name: a, action: answer, intents: [payment], text: {ru: ['a? b?']}}]": "asks twice",
    "topics: [{name: a, action: answer, phrases: {ru: ['.. x']}, text: {ru: [x]}}]": "begins with a gap",
    "topics: [{name: a, action: answer, phrases: {ru: [да, no]}, text: {ru: [x]}}]": "quote",
    "topics: [{name: a, intents: [legal], action: refuse, text: {ru: x}}, {name: a, action: answer, search: true, "
    "intents: [payment]}]": "two topics",
    "- a": "mapping",
    "a: [": "YAML",
}


@pytest.mark.parametrize(("text", "message"), BROKEN.items())
def test_a_wrong_file_is_refused_with_its_name_and_the_fix(tmp_path, text, message):
    file = tmp_path / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"policy\.yaml") as caught:
        Policy.load(file)
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        Policy.load(tmp_path / "none.yaml")


def test_an_empty_file_is_the_default_policy(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("", encoding="utf-8")
    assert Policy.load(file) == Policy.default()


def test_a_bot_of_the_default_policy_is_told_nothing_new(dialogue):
    assert dialogue.policy == Policy.default()
    assert replace(DialogueState(), said=()) == DialogueState()


WORDS = st.sampled_from(
    "адрес график? парковка предоплата каспи чехол запишите покрышки машина привет и сколько стоит? где".split()
)


@settings(max_examples=most(150), deadline=None)
@given(texts=st.lists(st.one_of(st.lists(WORDS, max_size=6).map(" ".join), st.text(max_size=60)), max_size=6))
def test_no_message_is_too_odd_for_a_policy(policy, texts):
    customer = Customer(Dialogue.load(policy=policy))
    customer.now = NOON.replace(hour=16)
    for text in texts:
        step = customer.says(text)
        said = " ".join(part for part in (step.greeting, step.statement, step.question) if part)
        assert said.count("?") <= 1
        assert step.statement or step.query or step.question
        assert (step.action == "handover") == (step.handover is not None)
        assert not (step.action == "handover" and step.question)


def test_every_slot_of_every_flow_has_a_name_for_people():
    slots = {slot for flow in load_flows().values() for slot in flow.slots}
    assert slots <= set(slot_names())
    assert all(set(names) == {"ru", "kk", "en"} for names in slot_names().values())
