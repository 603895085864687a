"""Which questions of one message are searched by themselves, and with what they lean on."""

import random

import pytest

from app.dialogue import Dialogue
from app.dialogue.hearing.listening import listened
from app.language.words import questions as lists
from app.types import Ask, Key, Snapshot

NOTHING = Snapshot(Key("b", "u"))


def questions(text: str) -> tuple[str, ...]:
    return listened(Ask(Key("b", "u"), text, "m"), NOTHING).questions


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("замена цепи сколько стоит и гарантия какая", ("замена цепи сколько стоит?", "и гарантия какая?")),
        ("стрижка сколько минут и волосы мыть надо", ("стрижка сколько минут?", "волосы мыть надо?")),
        ("можно оставить велосипед на ночь и забрать после работы", ("можно оставить велосипед на ночь?", "забрать после работы?")),
        ("can i leave my bike overnight and collect it on monday", ("can i leave my bike overnight?", "collect it on monday?")),
        ("is it cheaper if two of us come? and do you have parking", ("is it cheaper if two of us come?", "and do you have parking?")),
        ("сабақ қанша тұрады және велосипед беріледі ме", ("сабақ қанша тұрады?", "және велосипед беріледі ме?")),
        ("нужны крылья и чтоб багажник держал ребёнка", ("нужны крылья", "и чтоб багажник держал ребёнка")),
        # What it leans on goes with it.
        ("ремонт вилки сколько стоит и сколько времени", ("ремонт вилки сколько стоит?", "ремонт вилки, сколько времени?")),
        ("есть окно завтра? колёса у меня старые, с ними можно?", ("есть окно завтра?", "колёса у меня старые, с ними можно?")),
        # "and how much" is of what was just asked; of a list each thing is asked about.
        ("покрасите раму? и сколько стоит", ("покрасите раму?",)),
        ("сколько стоит помыть и высушить волосы", ()),
        ("есть краска и лак", ("краска?", "лак?")),
        ("расскажите про окраску и лак", ("окраска?", "лак?")),
        ("tell me about the varnish and the colours please", ("the varnish?", "the colours?")),
        ("бояу мен лак туралы айтыңызшы", ("бояу?", "лак?")),
        ("разница между краской и лаком какая", ()),
        ("посчитайте 2 насоса и 1 шлем", ()),
        # What else is asked of a thing behind its price is asked of that thing.
        ("how much is the pump and what colour is it", ("how much is the pump?", "pump, what colour is it?")),
        ("сколько стоит насос и есть ли на складе", ("сколько стоит насос?", "насос, есть ли на складе?")),
        ("камера с ниппелем почём? и корзина на багажник сколько, она снимается?",
         ("камера с ниппелем почём?", "и корзина на багажник сколько?", "корзина на багажник, она снимается?")),
        ("довезёте до Актау? а до Атырау", ("довезёте до Актау?", "довезёте до Атырау?")),
        ("доставка в Тараз, сколько дней и сколько стоит", ("доставка в Тараз, сколько дней?", "доставка в Тараз, и сколько стоит?")),
        ("рама старого образца, 12 кг: за сколько покрасите, за сколько дней",
         ("рама старого образца, 12 кг, за сколько покрасите?", "рама старого образца, 12 кг, за сколько дней?")),
        # One more of them bears no mark, or stands behind «and» with a verb or a condition of its own.
        ("шлем детский есть? и до вокзала от вас пешком далеко идти", ("шлем детский есть?", "и до вокзала от вас пешком далеко идти?")),
        ("can I pay by card? any hidden fees", ("can I pay by card?", "any hidden fees?")),
        ("is my bike ready? left it with you on monday", ()),
        ("за выезд сколько и на айфоне запись работает", ("за выезд сколько?", "на айфоне запись работает?")),
        ("сколько стоит прокат самоката и если сломаю доплачивать надо", ("сколько стоит прокат самоката?", "если сломаю доплачивать надо?")),
        ("седло мягкое есть? у меня рама 19 дюймов, подойдёт на неё", ("седло мягкое есть?", "у меня рама 19 дюймов, подойдёт на неё?")),
        # Numbers of a list, that questions follow, and a wish for a call are none.
        ("1) красите рамы?\n2) какой краской\n3) парковка у вас бесплатная",
         ("красите рамы?", "какой краской?", "парковка у вас бесплатная?")),
        ("два вопроса до оплаты: насос в комплекте? чехол дадите?", ("насос в комплекте?", "чехол дадите?")),
    ],
)  # fmt: skip
def test_questions_of_a_message(text: str, apart: tuple[str, ...]) -> None:
    assert questions(text) == apart


def test_a_wish_for_a_call_is_none_of_them(dialogue: Dialogue) -> None:
    said = dialogue.listen(
        Ask(Key("b", "u"), "перезвоните мне вечером, Асель. где вы находитесь, карты берёте?", "m"), NOTHING
    )
    assert said.questions == ("где вы находитесь?", "карты берёте?")


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("у нас дорога плохая, колесо не сломается?", "у нас дорога плохая, колесо не сломается?"),
        ("я уже платил за стрижку, почему не звоните?", "почему не звоните?"),
        ("мы живём далеко. привезёте велосипед домой?", "привезёте велосипед домой?"),
    ],
)
def test_what_a_sentence_tells_before_a_question_of_few_words_is_searched_with_it(text: str, searched: str) -> None:
    assert listened(Ask(Key("b", "u"), text, "m"), NOTHING).asked == searched


OPENING = sorted(
    word for name in ("joins", "asks", "which", "starts", "does", "modal", "acted_on") for word in lists()[name]
)
THINGS = (
    "sizes/colours",
    "касса-сканер",
    "доставка",
    "чек/возврат",
    "stock",
    "қойма",
    "see",
    "вести",
    "3-й",
    "1/2",
    "остатки,",
)
FRAMES = ("we need to {0} {1} {2}", "{1} {0} {2}?", "нужно {1} {0} {2}", "can i {1} {0} {2}", "{2} {0} {1} {0} {2}")


def test_no_row_of_words_that_open_questions_ends_the_reading() -> None:
    rng = random.Random(7)
    for _ in range(4000):
        pieces = [" ".join(rng.choice(rng.choice((OPENING, THINGS))) for _ in range(rng.randint(1, 4))) for _ in "ab"]
        text = rng.choice(FRAMES).format(rng.choice(OPENING), *pieces)
        assert all(part.strip() for part in questions(text)), text
