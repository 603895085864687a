"""Who tells the version that he has hears first whether it will do."""

import time

import pytest

from app.composing.verdict import verdict
from app.types import Language

RU = "Приложение ставится на Android 12 и новее. Памяти хватает любой. Для iOS 14 и новее есть своё."
KK = "Windows 11 немесе одан жаңа компьютер керек. Жады маңызды емес."
EN = "It takes Android 12 or newer, whatever the phone. Memory does not matter."


@pytest.mark.parametrize(
    ("told", "text", "language", "said"),
    [
        ("у меня андроид 9, пойдёт?", RU, "ru", "Android 9 не подойдёт: нужна версия Android 12 или новее."),
        ("Android 12.1 стоит", RU, "ru", "Android 12.1 подойдёт: достаточно Android 12 или новее."),
        ("андройд-12", RU, "ru", "Android 12 подойдёт: достаточно Android 12 или новее."),
        ("ios 13 на айпаде", RU, "ru", "iOS 13 не подойдёт: нужна версия iOS 14 или новее."),
        ("менде windows 8.1", KK, "kk", "Windows 8.1 жарамайды: Windows 11 немесе одан жаңа нұсқасы керек."),
        ("win11 ғой", KK, "kk", "Windows 11 жарайды: Windows 11 немесе одан жаңасы жеткілікті."),
        ("my tablet has Android 10", EN, "en", "Android 10 will not do: it takes Android 12 or newer."),
    ],
)
def test_a_told_version_is_held_against_the_least(told: str, text: str, language: Language, said: str) -> None:
    found = verdict(told, text, language)
    assert found is not None
    assert found.said == said


def test_the_sentence_that_it_was_read_from_is_not_said_again() -> None:
    found = verdict("андроид 9", RU, "ru")
    assert found is not None
    assert found.rest == "Памяти хватает любой. Для iOS 14 и новее есть своё."


@pytest.mark.parametrize(
    "told",
    [
        "у меня 9 магазинов",
        "windows 7",
        "android",
        "андроид 9 у меня, у жены андроид 13",
        "кассовый аппарат 2011 года",
        "",
    ],
)
def test_where_nothing_is_told_of_it_or_two_things_there_is_no_verdict(told: str) -> None:
    assert verdict(told, RU, "ru") is None


def test_a_version_that_only_that_one_will_do_for_decides_nothing() -> None:
    assert verdict("android 9", "Есть сборка под Android 12, её ставят вручную.", "ru") is None


def test_its_time_is_linear() -> None:
    began = time.perf_counter()
    verdict("android " * 20_000 + "9" * 20_000, RU * 200, "ru")
    assert time.perf_counter() - began < 1
