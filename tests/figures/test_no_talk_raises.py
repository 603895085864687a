"""No messages in any order end a conversation in an error: things, counts, corrections and questions, drawn by chance."""

import random
from dataclasses import replace

import pytest

from app.figures.talk.basket import NOTHING, heard
from app.turn.recalled import parser
from app.types import Language
from tests.thrift import thinned
from tests.turn.test_wanted_over_turns import STEP, decided, shop

SEEDS, MESSAGES, REMEMBERED = range(24), 24, 6
THINGS: dict[Language, tuple[str, ...]] = {
    "ru": (
        "принтер", "принтеры", "принтер чеков", "принтеров этикеток", "D-Label", "D-Print 80", "D-Print 58", "сканер", "сканеров",
        "D-Scan 1", "D-Scan 2", "терминал", "касса", "доп касса", "ещё один сотрудник", "Рост", "Старт", "тариф", "оборудование",
        "первый", "второй", "его", "доставка", "модуль", "магазин", "продавец",
    ),
    "kk": ("принтер", "сканер", "екіншісі", "Рост тарифі", "касса", "D-Box", "қызметкер", "дүкен", "терминал"),
    "en": ("printer", "label printer", "scanner", "the second one", "Rost plan", "till", "extra till", "D-Box", "terminal"),
}  # fmt: skip
DOES: dict[Language, tuple[str, ...]] = {
    "ru": (
        "беру", "добавьте", "уберите", "не надо", "без", "не", "а не", "только", "вместо", "лучше", "замените", "на", "и", "плюс", ",", ".", "?",
        "сколько", "итого", "в рассрочку", "за год", "за полгода", "в месяц", "по одному", "каждого", "в каждую", "к каждой", "всё ещё",
        "теперь", "разница", "почему", "зачем", "входит", "54 900", "2", "5", "три", "10", "один", "ещё", "= 79 800", "в комплекте", "обе",
    ),
    "kk": ("керек", "керек емес", "тек", "орнына", "қосыңыз", "және", "қанша", "барлығы", "жылына", "2", "5", "емес", "әр", "?", "."),
    "en": ("take", "add", "remove", "without", "not", "only", "instead of", "and", "total", "per month", "for a year", "2", "5", "each", "?", "."),
}  # fmt: skip


def talk(rng: random.Random, language: Language) -> list[str]:
    return [
        " ".join(rng.choice(rng.choice((THINGS, DOES, DOES))[language]) for _ in range(rng.randint(1, 9)))
        for _ in range(MESSAGES)
    ]


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
@pytest.mark.parametrize("seed", thinned(SEEDS, 6))
def test_no_talk_raises(seed: int, language: Language) -> None:
    now, found = NOTHING, shop("sample")
    messages = talk(random.Random(f"{seed}-{language}"), language)
    for n, text in enumerate(messages):
        now = heard(text, now, found.catalogue, parser(found)).after
        assert not now.rejected & set(now.keys), messages[: n + 1]
        assert all(item.count is None or item.count > 0 for item in now.items), messages[: n + 1]
        decided(text, *messages[max(0, n - REMEMBERED) : n], step=replace(STEP, language=language))


def test_several_unclear_names_come_to_one_thing() -> None:
    now, found = NOTHING, shop("sample")
    for text in (
        "5 принтеров и 2 терминала",
        "сканеры и принтер чеков тоже",
        "5 принтеров всё ещё, D-Label",
        "D-Label и D-Print 80, итого",
    ):
        now = heard(text, now, found.catalogue, parser(found)).after
    assert len(now.keys) == len(set(now.keys))
