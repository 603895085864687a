"""Who asks for less than the rules say is a haggler, who asks what they are is not; who doubts the worth hears what is in it."""

from collections.abc import Callable

import pytest

from app.dialogue import Dialogue
from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]


def opens_with(dialogue: Dialogue, step: object, name: str) -> bool:
    texts = dialogue.texts[step.language].data[name]  # type: ignore[attr-defined]
    return any(line in (step.statement or "") for line in texts)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    ["сделайте скидку", "а дешевле никак?", "скиньте немного, тогда возьму", "за 10 тысяч отдадите?", "жеңілдік жасайсыз ба",
     "арзанырақ болмай ма", "can you give me a discount", "knock a bit off the price"],
)  # fmt: skip
def test_who_haggles_hears_that_there_is_nothing_beyond_the_rules(dialogue: Dialogue, talk: Talk, text: str) -> None:
    assert opens_with(dialogue, talk("привет", text).steps[-1], "discount")


@pytest.mark.parametrize(
    "text",
    ["какие скидки есть?", "скидка от скольки салонов?", "за год сразу дешевле?", "самый дешёвый комплект какой?",
     "беру, сколько за год со скидкой на три точки", "жылына бірден төлесе жеңілдік бар ма?", "is it cheaper for a year?",
     "cheapest bike service, total please", "скидка с абонемента или со всего?"],
)  # fmt: skip
def test_who_asks_what_the_rules_are_is_answered(dialogue: Dialogue, talk: Talk, text: str) -> None:
    step = talk("привет", text).steps[-1]
    assert not opens_with(dialogue, step, "discount"), step.statement
    assert step.query is not None


@pytest.mark.parametrize(
    "text",
    ["в другой мастерской 4000, почему у вас дороже", "у конкурентов дешевле", "соседний салон берёт меньше, у других дешевле",
     "басқа салонда 3000, неге сіздерде қымбат", "another workshop charges 3000, why are you so expensive"],
)  # fmt: skip
def test_the_lower_price_of_others_is_met_with_what_we_say_of_it(dialogue: Dialogue, talk: Talk, text: str) -> None:
    step = talk("привет", text).steps[-1]
    assert step.reason == "objection_price"
    assert dialogue.texts[step.language].data["query_objection_cheaper"] in (step.query or "")


@pytest.mark.parametrize("text", ["за что платить-то?", "не үшін сонша төлейміз?", "what am I paying for?"])
def test_who_asks_what_he_pays_for_is_told_what_is_in_it(dialogue: Dialogue, talk: Talk, text: str) -> None:
    step = talk("привет", text).steps[-1]
    assert (step.reason, "payment" in step.intents) == ("objection_price", False)
    assert step.query == dialogue.texts[step.language].data["query_objection_price"]


@pytest.mark.parametrize(
    "text", ["сколько стоит абонемент?", "это дорого? какие тарифы", "чем вы лучше других салонов?"]
)
def test_a_question_for_a_price_or_a_comparison_is_no_doubt(talk: Talk, text: str) -> None:
    assert talk("привет", text).steps[-1].reason != "objection_price"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("есть доставка? какой курс доллара сегодня?", "доставка"),
        ("сколько за чистку цепи, и погода завтра какая", "чистку"),
    ],
)
def test_another_subject_beside_a_question_is_set_aside_in_a_line(dialogue: Dialogue, text: str, asked: str) -> None:
    step = Customer(dialogue).says(text)
    assert opens_with(dialogue, step, "off_topic_beside")
    assert asked in (step.query or "")
    assert not {"доллара", "погода"} & set((step.query or "").split())
    assert not {"доллара", "погода"} & set(step.counted.split())
