"""Which questions of one message are searched by themselves, and with what they lean on."""

import pytest

from app.dialogue.hearing.listening import listened
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
        ("ремонт вилки сколько стоит и сколько времени", ("ремонт вилки сколько стоит?", "ремонт вилки сколько стоит, и сколько времени?")),
        ("есть окно завтра? колёса у меня старые, с ними можно?", ("есть окно завтра?", "колёса у меня старые, с ними можно?")),
        # "and how much" is of what was just asked; a list is one question.
        ("покрасите раму? и сколько стоит", ("покрасите раму?",)),
        ("сколько стоит помыть и высушить волосы", ()),
        ("есть краска и лак", ()),
    ],
)  # fmt: skip
def test_questions_of_a_message(text: str, apart: tuple[str, ...]) -> None:
    assert questions(text) == apart


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
