"""A name that a question holds and nothing of ours does gets neither yes nor no, whatever section lies near."""

import pytest

from app.guardrail import KnownWords
from app.turn.unnamed import strange, unnamed
from app.types import DialogueState, Language, Step

KNOWN = KnownWords.of(["Лодки Orbita и моторы", "We repair boats of Orbita"])


def step(query: str, language: Language = "ru", reason: str = "feature") -> Step:
    return Step("answer", reason, DialogueState(), query=query, language=language)


@pytest.mark.parametrize(
    ("query", "language", "names"),
    [
        ("мотор Yamada X200 на лодку встанет?", "ru", ("Yamada X200",)),
        ("а с Orbita лодки есть?", "ru", ()),
        ("орбита есть, а Bluefin нет?", "ru", ("Bluefin",)),
        ("Yamada моторын жөндейсіздер ме?", "kk", ("Yamada",)),
        ("do you repair boats of Yamada?", "en", ("Yamada",)),
        ("Do you repair boats of Orbita?", "en", ()),
        ("пришлите на anna@mail.kz или через WhatsApp", "ru", ()),
        ("www.yamada.com смотрел, лодки такие есть?", "ru", ()),
        ("esti li u vas lodki", "ru", ()),
        ("мотор Yamada 50B и эхолот Deepscan 7g подойдут?", "ru", ("Yamada 50B", "Deepscan 7g")),
    ],
)
def test_names_that_nothing_of_ours_holds(query: str, language: Language, names: tuple[str, ...]) -> None:
    assert strange(step(query, language), KNOWN) == names


def test_it_is_said_in_his_language_and_once() -> None:
    for language, word in (("ru", "менеджер"), ("kk", "менеджер"), ("en", "manager")):
        query = "does it take Yamada?" if language == "en" else "мотор Yamada, Bluefin, Redtail лодкаға"
        (said,) = unnamed(step(query, language), KNOWN)  # type: ignore[arg-type]
        assert said.kind == "unnamed"
        assert word in said.said
        assert said.said.count("Yamada") == 1
        assert "Redtail" not in said.said, "two names are enough"


@pytest.mark.parametrize("reason", ["told", "greeting", "price"])
def test_who_asks_nothing_that_a_yes_answers_is_told_nothing_of_names(reason: str) -> None:
    assert unnamed(step("мотор Yamada", reason=reason), KNOWN) == ()
