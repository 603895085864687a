"""A deed is refused where it is said to be done or promised, and not where it is denied, asked, offered or another's."""

import pytest

from app.guardrail import check
from app.types import Language
from tests.guardrail.sample import in_shop


def refused(draft: str, language: Language = "ru") -> bool:
    return "act" in {finding.check for finding in check(draft, in_shop((), language=language)).findings}


@pytest.mark.parametrize(
    "draft",
    [
        "Мы записали вас на демо.", "Я вас записала на демо.", "Записала вас на демо.", "Готово, записал вас на завтра.",
        "Оплата дошла.", "Место за вами.", "Вы записаны на завтра.", "Счёт отправили вам на почту.",
        "Я отправлю счёт на почту.", "Гарантируем рост продаж.", "Рост продаж гарантирован.",
        "Гарантируем, что сбоев не будет.", "Сделаем вам скидку.", "Можем сделать скидку.", "Подарим сканер.",
        "Я человек.", "Я не робот, я живой человек.", "Заказ оформлен.",
    ],
)  # fmt: skip
def test_what_cannot_be_known_or_done_is_not_said(draft: str) -> None:
    assert refused(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Мы не записали вас на демо.", "Записали вас на демо?", "Чтобы мы записали вас, оставьте номер.",
        "Если вы оплатили, чек придёт на почту.", "Оплата не дошла.", "Оплата дошла?", "Место не за вами.",
        "Вы не записаны на завтра.", "Менеджер отправит счёт.", "Готовы отправить счёт.", "Отправить вам счёт?",
        "Клиент отправил чек.", "Кассир отправил чек.", "Программа отправила чек.", "Не гарантируем рост продаж.",
        "Никакого роста продаж не обещаем.", "Скидку сделать не можем.", "Не можем сделать скидку.",
        "Я не человек, а программа.", "Готовим договор после оплаты.", "Заказ не оформлен.",
        "Заказ будет оформлен после оплаты.",
    ],
)  # fmt: skip
def test_what_is_denied_asked_supposed_or_done_by_others_may_be(draft: str) -> None:
    assert not refused(draft)


@pytest.mark.parametrize(
    ("draft", "language", "is_refused"),
    [
        ("We have booked you in.", "en", True),
        ("We have not booked you in.", "en", False),
        ("I sent the invoice.", "en", True),
        ("The customer sent the invoice.", "en", False),
        ("We will send the invoice today.", "en", True),
        ("We guarantee growth.", "en", True),
        ("We do not guarantee growth.", "en", False),
        ("Сізді жаздық.", "kk", True),
        ("Сізді жазған жоқпыз.", "kk", False),
        ("Шотты жібердік.", "kk", True),
        ("Өсімге кепілдік береміз.", "kk", True),
    ],
)
def test_so_it_is_in_other_languages(draft: str, language: Language, is_refused: bool) -> None:
    assert refused(draft, language) is is_refused
