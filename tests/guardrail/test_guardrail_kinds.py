"""What each check of the guardrail promises in words, in cases that differ from the examples its lists were made of."""

from decimal import Decimal

import pytest

from app.guardrail import check
from app.guardrail.case import Case
from tests.guardrail.sample import in_shop


def found(draft: str, **around: object) -> list[str]:
    return [finding.check for finding in check(draft, in_shop((), **around)).faults]  # type: ignore[arg-type]


ANSWERS = (
    "Касса работает без интернета и отправляет чеки, когда связь появится.",
    "Терминал подключается к кассе по кабелю или по сети.",
    "Отчёты по сменам собираются сами каждый вечер.",
    "Остатки по складам видны в телефоне владельца.",
)
ASKED = ("работает ли касса без интернета", "а терминал?", "какие отчёты", "а склад?", "что с доставкой")


@pytest.mark.parametrize("ago", [1, 2, 3])
def test_what_one_of_the_last_three_answers_said_is_not_said_again(ago: int) -> None:
    assert found(ANSWERS[-ago], earlier=ANSWERS, customer=ASKED) == ["repeat"]


def test_what_was_said_longer_ago_than_three_answers_may_be_said_again() -> None:
    assert found(ANSWERS[0], earlier=ANSWERS, customer=ASKED) == []


def test_what_the_customer_asks_for_again_is_said_again() -> None:
    for again in ("повторите про склад", "что со складом, ещё раз", "а склад?"):
        assert found(ANSWERS[3], earlier=ANSWERS, customer=(*ASKED, again)) == []


FORBIDDEN = ("самые низкие цены", "не берите у соседей")


@pytest.mark.parametrize(
    "draft",
    [
        "У нас самые низкие цены в городе.",
        "У нас самые  низкие   цены.",
        "У нас самые, низкие, цены.",
        "У нас самые\nнизкие\nцены.",
        "У нас САМЫЕ — низкие — Цены!",
        "У нас «самые» низкие... цены.",
        "Советуем: не берите у соседей.",
        "Не берите, у соседей",
    ],
)
def test_what_the_policy_forbids_is_found_whatever_stands_between_its_words(draft: str) -> None:
    assert "act" in found(draft, never=FORBIDDEN)


@pytest.mark.parametrize(
    "draft",
    ["Цены у нас низкие, самые разные тарифы.", "У нас не самые низкие цены.", "Самый низкий прилавок и цены на виду."],
)
def test_other_words_and_their_denial_are_not_what_the_policy_forbids(draft: str) -> None:
    assert found(draft, never=FORBIDDEN) == []


@pytest.mark.parametrize(
    "words",
    ["مرحبا بكم", "გამარჯობა", "שלום", "नमस्ते", "καλημέρα", "สวัสดี", "こんにちは", "안녕하세요", "您好", "բարեւ", "வணக்கம்"],
    ids=["arabic", "georgian", "hebrew", "hindi", "greek", "thai", "japanese", "korean", "chinese", "armenian", "tamil"],
)  # fmt: skip
def test_words_in_another_script_are_refused_wherever_they_stand(words: str) -> None:
    for draft in (f"{words}! Касса работает без интернета.", f"Касса {words} работает.", f"Касса работает.\n{words}"):
        assert "language" in found(draft)


def test_the_same_in_hardly_other_words_is_the_same_and_with_other_figures_it_is_not() -> None:
    hardly = "Касса работает без интернета и отправит чеки, когда связь появится."
    assert "repeat" in found(hardly, earlier=ANSWERS[:1], customer=ASKED[:2])
    price = "В этот тариф входят {} кассы и столько же сотрудников."
    assert "repeat" not in found(price.format(3), earlier=(price.format(2),), customer=("а касс?", "а в «Сети»?"))


@pytest.mark.parametrize("maker", ["Qwen", "Alibaba", "Ollama", "ChatGPT"])
def test_what_the_machine_is_made_of_is_not_named(maker: str) -> None:
    assert "leak" in found(f"Касса работает без интернета, отвечает {maker}.")


@pytest.mark.parametrize("word", ["їжа", "є", "ґанок"])
def test_letters_of_a_neighbouring_language_are_refused(word: str) -> None:
    assert "language" in found(f"Касса работает, {word} рядом.")


@pytest.mark.parametrize("mark", ["⟦", "⟧"])
def test_either_mark_of_a_frame_is_a_leak_without_the_other(mark: str) -> None:
    assert "leak" in found(f"Касса {mark} работает без интернета.")


def test_forty_figures_are_an_answer_and_one_more_is_not() -> None:
    def counted(many: int) -> str:
        return " ".join(f"Касса {n}." for n in range(1, many + 1))

    assert len(Case(counted(40), in_shop(())).figures) == 40
    assert "size" not in found(counted(40))
    assert "size" in found(counted(41))


def test_of_a_long_message_the_first_two_thousand_characters_are_heard() -> None:
    filler = "слово " * 400
    assert 37 in Case("Да.", in_shop((), customer=(f"У нас 37 касс. {filler}",))).numbers_heard
    assert 37 not in Case("Да.", in_shop((), customer=(f"{filler} у нас 37 касс.",))).numbers_heard


@pytest.mark.parametrize(
    "number", ["15000", "1 500 000", "1500,5", "1\u202f500\u202f000", "1\u2009500\u2009000", "1'500'000", "1’500’000", "١٥٠٠٠"]
)  # fmt: skip
def test_a_number_that_the_two_thousandth_character_cuts_is_not_heard_by_half(number: str) -> None:
    said = f"У нас 37 касс. {'слово ' * 400}"
    for inside in range(1, 6):
        cut = f"{said[: 1999 - inside]} {number} чеков"
        assert Case("Да.", in_shop((), customer=(cut,))).numbers_heard == {37}, f"{inside} characters of it"


@pytest.mark.parametrize("draft", ["Дадим скидку 10 %.", "Скидка у нас 10, на любой тариф."])
def test_a_discount_that_the_policy_permits_may_be_said(draft: str) -> None:
    assert "percent" not in found(draft, discounts=(Decimal(10),))
    assert "percent" in found(draft, discounts=(Decimal(7),)), "and no other"


@pytest.mark.parametrize(
    "draft", ["Продажи вырастут на 10 %.", "Комиссия составит 10 %.", "Предоплата — 10 % от суммы."]
)
def test_the_number_of_a_permitted_discount_is_no_other_percentage(draft: str) -> None:
    assert "percent" in found(draft, discounts=(Decimal(10),))
