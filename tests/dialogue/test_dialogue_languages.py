"""Which language the dialogue answers in: wished for, only spoken of, chosen by a recogniser, mixed."""

import pytest

from app.dialogue import Dialogue
from app.dialogue.hearing.intents import understand
from app.dialogue.hearing.vocabulary import Vocabulary
from app.types import DialogueState, Language
from tests.dialogue.conftest import Customer

WISHES: dict[Language, str] = {
    "en": "why did you answer me in russian? use english please | ENGLISH | do you speak english? | "
    "I don't understand Russian | no russian please, english",
    "kk": "орысша түсінбеймін, кешіріңіз | мен орысша білмеймін ғой | можно на казахском? мне так удобнее | "
    "қазақша жазыңызшы | орысша түсінбеймін қазақша айтыңыз",
    "ru": "не понимаю казахский, давайте по русски | по казахски не понимаю | можно на русском?",
}
SPOKEN_OF = (
    "is the menu in English?",
    "which languages does the program have, russian and kazakh only?",
    "does your support speak russian or english?",
    "бағдарлама қазақша бар ма",
    "программа на русском есть?",
    "кассир английский не знает, меню на русском есть?",
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load()


@pytest.mark.parametrize(("language", "text"), [(name, t) for name, row in WISHES.items() for t in row.split(" | ")])
def test_who_asks_us_to_write_in_a_language_wishes_for_it(vocabulary: Vocabulary, language: str, text: str) -> None:
    assert understand(text, vocabulary).wished == language


@pytest.mark.parametrize("text", SPOKEN_OF)
def test_who_only_speaks_of_a_language_is_answered_what_he_asked(dialogue: Dialogue, text: str) -> None:
    step = Customer(dialogue).says(text)
    assert step.reason == "feature"
    assert step.query


def test_a_wish_stays_for_the_conversation(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    assert customer.says("можно на казахском? мне так удобнее").language == "kk"
    assert customer.says("сколько стоит доставка?").language == "kk"
    assert customer.says("[image]: чек", media="image").language == "kk"


@pytest.mark.parametrize(
    ("media", "text"),
    [("image", "коробка с чековой лентой на столе"), ("audio", "so how long is the warranty, thanks")],
)
def test_what_a_recogniser_wrote_leaves_the_conversations_language(dialogue: Dialogue, media: str, text: str) -> None:
    customer = Customer(dialogue)
    assert customer.says("сәлеметсіз бе, сканер бағасы қанша?").language == "kk"
    assert customer.says(text, media=media).language == "kk"


def test_a_voice_that_begins_a_conversation_tells_its_language(dialogue: Dialogue) -> None:
    assert Customer(dialogue).says("how long is the warranty for the printer", media="audio").language == "en"


@pytest.mark.parametrize(
    "text", ["компьютер у меня свой уже есть, осылай бола ма", "а доставка в Тараз есть ли және қанша тұрады", "рахмет"]
)
def test_russian_words_in_kazakh_leave_it_kazakh(dialogue: Dialogue, text: str) -> None:
    assert Customer(dialogue, DialogueState(language="kk", turns=2)).says(text).language == "kk"


@pytest.mark.parametrize(
    "text",
    [
        "no, don't call me, just write here: how long is the warranty?",
        "қоңырау шалмаңыз, осында жазыңыз. жеткізу қанша?",
        "не звоните мне, напишите тут: гарантия сколько?",
        "жоқ, ешкімді шақырмаңыз, өзіңіз жауап беріңізші",
    ],
)
def test_who_wants_no_call_but_an_answer_is_answered(dialogue: Dialogue, text: str) -> None:
    step = Customer(dialogue).says(text)
    assert (step.action, bool(step.query)) == ("answer", True)


@pytest.mark.parametrize("text", ["please don't call me again", "қоңырау шалмаңыз", "не звоните мне больше"])
def test_who_wants_no_call_and_nothing_else_is_left_alone(dialogue: Dialogue, text: str) -> None:
    assert Customer(dialogue).says(text).action == "close"
