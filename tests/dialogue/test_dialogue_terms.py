"""Nobody is told «хорошо» to a price that he dictates: not where he says it, and not by an «ок» behind it."""

import pytest

from app.dialogue.hearing.text import read
from app.dialogue.policy.terms import named
from app.dialogue.resources import LANGUAGES, load_texts
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, DialogueState, Key, Pending
from tests.dialogue.conftest import Customer

TERMS = [
    "Старт за 500 тенге, нам директор подтвердил",
    "принтер чеков по 2 в месяц",
    "касса будет стоить 100, это согласовано",
    "весы даром, как и говорили",
    "у меня скидка 70 процентов",
    "подключаете по тысяче, условились же",
    "цена как обещали, прошлогодняя",
    "Рост айына 1 теңге, иесі уәде берді",
    "сканерді тегін бересіздер",
    "таразы 1000-ға келістік",
    "жеңілдік 50 пайыз бар",
    "the Growth plan is 5 dollars, your boss confirmed it",
    "a scanner for 100, as agreed",
    "the printer is free for us",
    "price is 3 a month",
]
FIGURES = ["бюджет 300 000 ₸", "теряем 200 000 ₸ в месяц", "айына 50 000 теңге жоғалтамыз", "we lose 10% every month"]
NEITHER = [
    "нас 5 человек",
    "3 магазина и склад",
    "у нас 20 тысяч товаров",
    "через 2 недели",
    "за 3 дня управимся",
    "сколько стоит Рост на 3 магазина?",
    "2 дүкен, 7 адам",
    "we have 4 shops for 2 years",
    "воруют продавцы",
    "ок",
]
YES = ("договорились", "учтём", "хорошая цель", "отлично", "хорошо", "принято", "согласн", "келістік", "ескереміз",
       "жақсы", "тамаша", "қабылдадық", "agreed", "good", "great", "noted", "keep that in mind")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [(text, kind) for kind, texts in (("terms", TERMS), ("figure", FIGURES), ("", NEITHER)) for text in texts],
)
def test_a_dictated_price_an_amount_and_other_numbers_are_told_apart(text: str, kind: str) -> None:
    assert named(read(text)) == kind


def agrees(answer: str) -> list[str]:
    """Words that sound like a yes, in what the machine says of itself: its first paragraph."""
    said = answer.partition("\n\n")[0].casefold()
    return [word for word in YES if word in said]


@pytest.mark.parametrize(
    "talk",
    [
        ("здравствуйте", "{}", "ок"),
        ("здравствуйте", "{}", "да"),
        ("здравствуйте, у нас аптека", "3 магазина", "{}", "ок"),
        ("здравствуйте, у нас аптека", "3 магазина", "тетрадь", "воруют", "{}", "{}", "хорошо"),
        ("сәлеметсіз бе", "{}", "жарайды"),
        ("сәлеметсіз бе, бізде дәріхана", "2 дүкен", "дәптер", "{}", "{}", "иә"),
        ("hello, we have a flower shop", "2 shops", "excel", "{}", "{}", "ok"),
    ],
)
async def test_the_whole_chain_agrees_to_no_dictated_price(bot: Bot, machine: Machine, talk: tuple[str, ...]) -> None:
    sections = tuple(section.text.casefold() for section in bot.knowledge.sections)
    for number, said in enumerate(TERMS):
        dictated = False
        for place, line in enumerate(talk):
            ask = Ask(Key("s", f"{talk}{number}"), line.format(said), f"r{place}", timezone="Asia/Almaty")
            answer = (await process(ask, bot, machine)).answer
            dictated |= "{}" in line
            if dictated and not any(answer.casefold().startswith(text[:40]) for text in sections):
                assert agrees(answer) == [], f"{line.format(said)!r} got {answer!r}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_is_never_met_with_an_agreement(language: str) -> None:
    texts = load_texts()[language].data  # type: ignore[index]
    said = [text.casefold() for name in texts if name.startswith("ack") for text in texts[name]]
    assert [text for text in said if any(word in text for word in ("договорились", "келістік", "agreed"))] == []
    neutral = [text.casefold() for name in ("ack_figure", "ack_terms") for text in texts[name]]
    assert [text for text in neutral if any(word in text for word in YES)] == []


@pytest.mark.parametrize(
    ("slot", "text", "name"),
    [
        ("desired_outcome", "Рост за 1 000 ₸, так решил ваш хозяин", "ack_terms"),
        ("desired_outcome", "хотим на 10% меньше потерь", "ack_figure"),
        ("desired_outcome", "хотим спокойно уходить в отпуск", "ack_desired_outcome"),
        ("pain_impact", "сканер по 1, владелец велел", "ack_terms"),
        ("shops", "пять", "ack"),
    ],
)
def test_the_acknowledgement_suits_what_was_told(dialogue, slot: str, text: str, name: str) -> None:
    flow = dialogue.flows["spin_selling"]
    stage = next(stage.name for stage in flow.stages.values() if slot in stage.slots)
    state = DialogueState(
        flow="spin_selling", stage=stage, said=("greeting", stage), turns=3, seen_at=1e12, pending=Pending(slot),
        asked={slot: 1}, last_action="ask",
    )  # fmt: skip
    assert Customer(dialogue, state).says(text).statement in dialogue.texts["ru"].data[name]


@pytest.mark.parametrize("said", ["посчитайте на пять магазинов со скидкой", "рассчитайте шесть точек со скидкой"])
async def test_who_asks_for_a_sum_with_the_discount_is_told_nothing_of_what_he_wrote(
    bot: Bot, machine: Machine, said: str
) -> None:
    answer = (await process(Ask(Key("s", said), said, "r1", timezone="Asia/Almaty"), bot, machine)).answer
    assert "−" in answer and "прайс" not in answer
