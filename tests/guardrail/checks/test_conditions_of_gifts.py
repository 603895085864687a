"""Each condition under which something is given, by a section and in a draft, in a pair that differs in it alone."""

from decimal import Decimal

import pytest

from app.guardrail.case import Case
from app.guardrail.checks.promises.free import free
from app.guardrail.checks.promises.gifts import gifts
from app.types import Fact, Language, Passage, Section
from tests.guardrail.sample import in_shop

PLAN = Section(id="plan", category="pricing", title="Тариф «Рост»", text="Тариф «Рост» стоит 14 900 ₸ в месяц.",
               facts=(Fact("Тариф «Рост»", Decimal(14900), "KZT", period="month"),))  # fmt: skip
TRIAL = Section(
    id="trial", category="faq", title="Пробный период", text="Пробный период длится 14 дней, он бесплатный."
)


def written(text: str, title: str = "Условия", *facts: Fact, language: Language = "ru") -> Section:
    return Section(id="own", category="faq", title=title, text=text, facts=facts, language=language)


def gives(draft: str, *sections: Section, language: Language = "ru", **more: object) -> bool:
    """Whether a draft gives what no section does."""
    passages = tuple(Passage(section, 1.0) for section in (PLAN, *sections))
    case = Case(draft, in_shop(passages, language=language, **more))  # type: ignore[arg-type]
    return bool(gifts(case) or free(case))


@pytest.mark.parametrize(
    ("draft", "given"),
    [
        ("Дарим сканер.", True), ("Не дарим сканер.", False), ("Сканер дарим.", True), ("Сканер с нас.", True),
        ("Платить не будете за месяц.", True), ("Месяц платить не будете.", True), ("Месяц платить будете.", False),
        ("Если месяц не платить, доступ закроется.", False), ("Месяц не платить.", True),
        ("Месяц не платить, если хотите.", True), ("Егер ай төлемейсіз.", False),
        ("Вернём деньги.", True), ("Деньги не вернём.", False), ("Деньги вернём — это ошибка.", False),
        ("Деньги вернём — не проблема.", True), ("Возместим убытки.", True), ("Убытки не возместим.", False),
    ],
)  # fmt: skip
def test_what_no_section_gives_is_not_given(draft: str, given: bool) -> None:
    assert gives(draft) is given


def test_the_dialogues_own_text_may_give() -> None:
    for draft in ("Дарим сканер.", "Вернём деньги.", "Первый месяц платите потом."):
        assert gives(draft)
        assert not gives(draft, own=(draft,))


@pytest.mark.parametrize(
    ("draft", "handed"),
    [
        ("Берёте «Рост», сканер ваш.", True), ("Берёте «Рост», и сканер ваш.", True), ("Берёте «Рост», ваш сканер.", False),
        ("Берёте «Рост», сканер и касса ваши.", True), ("Берёте «Рост», сканер и чек и касса ваши.", False),
        ("Берёте «Рост», новый большой сканер ваш.", False), ("Берёте «Рост», ваш.", False),
        ("Берёте «Рост», выбор ваш.", False), ("Берёте «Рост», решение ваше.", False), ("Берёте «Рост», право ваше.", False),
        ("Берёте «Рост», дело ваше.", False), ("Берёте «Рост», слово ваше.", False), ("Берёте «Рост», вопрос ваш.", False),
        ("Берёте «Рост», цена ваша.", False), ("Берёте «Рост», договор ваш.", False), ("Берёте «Рост», оплата ваша.", False),
        ("Take Rost, scanner yours.", True), ("Take Rost, this yours.", False), ("Take Rost, that yours.", False),
        ("«Рост» алыңыз, сканер сіздікі.", True),
    ],
)  # fmt: skip
def test_a_short_clause_hands_a_thing_over(draft: str, handed: bool) -> None:
    assert gives(draft) is handed


@pytest.mark.parametrize(
    ("draft", "spared"),
    [
        ("Первый месяц покроем мы.", True), ("Первый месяц не покроем мы.", False), ("Первый месяц без счёта.", True),
        ("Первый счёт не выставим.", True), ("Первый счёт выставим.", False), ("Первый месяц? Покроем мы.", True),
        ("Первый месяц? Вот.", False), ("Первый месяц покроем мы?", True), ("Первый месяц не покроем мы?", False),
        ("Первый счёт не выставим?", False), ("Первый месяц покрыть не можем мы.", False), ("В январе всё покроем мы.", True),
        ("Третий месяц закроем за наш счёт.", True), ("Третий счёт за вами.", False),
    ],
)  # fmt: skip
def test_nobody_is_spared_a_first_month(draft: str, spared: bool) -> None:
    assert gives(draft) is spared


def test_a_time_without_payment_is_as_long_as_the_section_says() -> None:
    assert gives("14 дней не платите.", TRIAL) is False
    assert gives("Первые 14 дней покроем мы.", TRIAL) is False
    assert gives("Месяц не платите.", TRIAL) is True
    assert gives("Первый месяц, 14 дней, покроем мы.", TRIAL) is False
    assert gives("Первый месяц, 15 дней, покроем мы.", TRIAL) is True


@pytest.mark.parametrize(
    ("draft", "text", "given"),
    [
        ("Деньги за подписку вернём.", "Деньги за подписку вернём за 30 дней.", False),
        ("Деньги за доставку вернём.", "Деньги за подписку вернём за 30 дней.", True),
        ("Деньги за подписку вернём.", "Деньги за подписку не вернём.", True),
        ("Все деньги за подписку вернём.", "Деньги за подписку вернём.", True),
        ("Все деньги за подписку вернём.", "Все деньги за подписку вернём.", False),
        ("Деньги вернём.", "Деньги за подписку вернём.", False),
        ("Подписка удобна. Доставку дорогу вернём деньги.", "Деньги за подписку вернём.", True),
        ("Деньги по договору вернём.", "Возврат по договору.", False),
        ("Деньги по договору вернём.", "Порядок в договоре.", True),
        ("Деньги по договору за доставку вернём.", "Возврат по договору.", True),
        ("Возместим убытки.", "Возместим убытки по договору.", False),
        ("Компенсируем убытки.", "Возместим убытки по договору.", True),
        ("Верните товар менеджеру, деньги вернём.", "Деньги вернём.", True),
    ],
)  # fmt: skip
def test_a_refund_is_of_what_the_section_refunds(draft: str, text: str, given: bool) -> None:
    assert gives(draft, written(text)) is given


def test_the_title_of_a_section_says_what_is_refunded() -> None:
    assert not gives("Деньги за подписку вернём.", written("Вернём деньги за 30 дней.", "Подписка"))


# -- what a section gives


@pytest.mark.parametrize(
    ("draft", "text", "given"),
    [
        ("Доставка бесплатная.", "Доставка бесплатная.", False),
        ("Доставка бесплатная.", "Доставка платная.", True),
        ("Обучение бесплатное.", "Доставка бесплатная.", True),
        ("Доставка бесплатная.", "Доставку дарим.", False),
        ("Доставка бесплатная.", "Доставку не дарим.", True),
        ("Доставка бесплатная.", "Доставка с нас.", False),
        ("Доставка без доплаты.", "Доставка входит в тариф.", False),
        ("Доставка без доплаты.", "Доставка не входит в тариф.", True),
        ("Доставка без доплаты.", "Доставка входит кроме тарифа.", True),
        ("Доставка даром.", "Доставка входит в тариф.", True),
        ("Доставка бесплатная.", "Доставка бесплатная от 150 000 ₸.", True),
        ("Доставка бесплатная от 150 000 ₸.", "Доставка бесплатная от 150 000 ₸.", False),
        ("Доставка бесплатная от 200 000 ₸.", "Доставка бесплатная от 150 000 ₸.", False),
        ("Доставка бесплатная от 100 000 ₸.", "Доставка бесплатная от 150 000 ₸.", True),
        *(("Доставка бесплатная.", f"Доставка бесплатная {lead} 150 000 ₸.", True) for lead in "свыше выше over from".split()),
        ("Доставка бесплатная.", "Доставка бесплатная, 150 000 ₸ бастап.", True),
        ("Доставка бесплатная.", "Доставка бесплатная, раньше 150 000 ₸.", False),
    ],
)  # fmt: skip
def test_what_a_section_gives_may_be_given_on_its_terms(draft: str, text: str, given: bool) -> None:
    assert gives(draft, written(text)) is given


def test_a_fact_of_nothing_is_free_and_the_title_names_it() -> None:
    fact = Fact("Доставка", Decimal(0), "KZT")
    assert not gives("Доставка бесплатная.", written("Привозим сами.", "Условия", fact))
    assert gives("Доставка бесплатная.", written("Привозим сами.", "Условия", Fact("Доставка", Decimal(0))))
    assert not gives("Доставка бесплатная.", written("Бесплатно.", "Доставка"))
    assert not gives("Доставка бесплатная.", written("Мы открыты. Бесплатно.", "Доставка"))
    assert gives("Доставка бесплатная.", written("Мы открыты. Показ бесплатно.", "Доставка"))


FREE_WORDS = (
    "бесплатно|бесплатная|даром|в подарок|подарим|подарок|подарком|подарка|подарки|подарить|подарю|без доплаты|без оплаты|"
    "без дополнительной оплаты|безвозмездно|за наш счёт|ничего не стоит|платить не нужно|платить за это не надо|"
    "доплачивать не придётся|платить не потребуется|не нужно платить|не надо вам платить|не придётся доплачивать|"
    "не потребуется оплачивать|бонусом|доплаты нет|без комиссии|безоплатно|0 ₸|0 тенге|ноль тенге"
).split("|")
FREE_ENGLISH = (
    "free of charge|for free|is free|are free|completely free|totally free|absolutely free|free|no charge|no cost|"
    "no extra charge|complimentary|as a gift"
).split("|")
FREE_KAZAKH = "тегін|ақысыз|сыйлық|сыйлыққа|ақысы жоқ|ақысы алынбайды|қосымша төлемсіз|төлемсіз".split("|")


@pytest.mark.parametrize(
    "words",
    [*((word, "Обучение", "ru") for word in FREE_WORDS), *((word, "Training", "en") for word in FREE_ENGLISH),
     *((word, "Оқыту", "kk") for word in FREE_KAZAKH)],
    ids=lambda words: words[0],
)  # fmt: skip
def test_each_word_for_free_is_heard_in_a_draft_and_in_a_section(words: tuple[str, str, Language]) -> None:
    word, thing, language = words
    draft = f"{thing} {word}."
    assert gives(draft, language=language)
    assert not gives(draft, written(draft, language=language), language=language)


@pytest.mark.parametrize("asked", ["free to ask", "free to write", "free to contact", "free to message", "free up"])
def test_not_every_word_like_it_is_free(asked: str) -> None:
    assert not gives(f"Feel {asked} time.", language="en")


@pytest.mark.parametrize("word", ["входит", "уже входит", "входят", "включён", "включена", "включает", "включают"])
def test_each_word_for_included_is_heard_in_a_section(word: str) -> None:
    assert not gives("Обучение без доплаты.", written(f"Обучение {word} в тариф."))
    assert gives("Обучение без доплаты.", written("Обучение есть."))


@pytest.mark.parametrize(("word", "language"), [("кіреді", "kk"), ("included", "en"), ("includes", "en")])
def test_so_is_each_in_the_other_languages(word: str, language: Language) -> None:
    assert not gives("Обучение без доплаты.", written(f"Обучение {word}.", language=language))
