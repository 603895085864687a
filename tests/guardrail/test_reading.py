"""How a draft is read: one spelling, its sentences, what it has of the instructions, and what it quotes."""

import pytest

from app.guardrail import Context, check
from app.guardrail.allowed.quoting import quotations
from app.guardrail.case import Case
from app.guardrail.checks.leaks import empty, leak, repeat
from app.guardrail.checks.retelling import retelling
from app.guardrail.table import QUOTABLE
from app.guardrail.text.folding import cyrillic, fold
from app.guardrail.text.sentences import spans
from app.types import Passage, Section
from tests.guardrail.sample import in_shop


def written(text: str, title: str = "Правила", name: str = "own") -> Section:
    return Section(id=name, category="faq", title=title, text=text)


def context(*sections: Section, **more: object) -> Context:
    return in_shop(tuple(Passage(section, 1.0) for section in sections), **more)  # type: ignore[arg-type]


# -- one spelling


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *zip("ёәғқңөұүһіЁӘҒҚҢӨҰҮҺІ", "еагкноуухиеагкноууХи".lower(), strict=True),
        ("\xa0", " "), ("\u1680", " "), *((chr(code), " ") for code in range(0x2000, 0x200B)), ("\u202f", " "),
        ("\u205f", " "), ("\u3000", " "), ("\t", " "), ("\r", " "), ("’", "'"), ("ʼ", "'"), ("`", "'"), ("٫", ","),
        ("−", "-"), ("‐", "-"), ("‑", "-"), ("‒", "–"), ("“", "»"), ("”", "»"), ("„", "«"), ("АБВ", "абв"), ("\n", "\n"),
        ("İ1", "İ1"),
    ],
)  # fmt: skip
def test_each_sign_has_one_spelling_and_keeps_its_place(written: str, read: str) -> None:
    assert fold(f"а{written}б") == f"а{read}б"


@pytest.mark.parametrize(("latin", "russian"), list(zip("aceopxykmthb", "асеорхукмтнв", strict=True)))
def test_a_letter_of_the_other_script_is_read_as_the_word_is_written(latin: str, russian: str) -> None:
    assert fold(f"ждл{latin}ж") == f"ждл{russian}ж", "most letters are Russian"
    assert fold(f"dfg{russian}d") == f"dfg{latin}d", "most letters are Latin"
    assert fold(f"ж{latin}") == f"ж{russian}", "as many of both: Russian"
    assert fold(f"{latin} {russian}") == f"{latin} {russian}", "words by themselves stay"


@pytest.mark.parametrize(
    ("latin", "russian"),
    [("rost", "рост"), ("schuka", "щука"), ("shar", "шар"), ("chek", "чек"), ("zhuk", "жук"), ("tsena", "цена"),
     ("yama", "яма"), ("yula", "юла"), ("khleb", "хлеб"), ("qara", "кара"), ("kassa", "касса"), ("wxyz", "вхыз"),
     ("abvgdefhijklmnoprstuc", "абвгдефхийклмнопрстук"), ("7", "7")],
)  # fmt: skip
def test_a_russian_name_in_latin_letters_is_the_same_name(latin: str, russian: str) -> None:
    assert cyrillic(latin) == russian


# -- sentences


def cut(text: str) -> list[str]:
    return [text[a:b] for a, b in spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Один. Два! Три? Четыре… Пять", 5), ("Один.Два", 1), ("«Один.» Два", 2), ("(Один.) Два", 2), ('"Один." Два', 2),
        ("[Один.] Два", 2), ("Один?! Два", 2), ("Один... Два", 2), ("Один\nДва", 2), ("Один\n\nДва", 2), ("Один\nдва", 1),
        ("Один,\nДва", 1), ("Один;\nДва", 1), ("Один —\nДва", 1), ("Один –\nДва", 1), ("Один,\n• Два", 2),
        ("Один,\n- два", 2), ("Один,\n* два", 2), ("Один,\n1. два", 2), ("Один,\n12) два", 2), ("Один,\n123. Два", 2),
        ("Один\n  двa", 1), ("  Один  ", 1), ("", 0), (" \n ", 0),
        ("1. Один", 1), ("12. Один", 1), ("123. Один", 2), ("Всего 12. Один", 2),
        ("От 5 тыс. тенге", 1), ("От 5 тыс. Тенге", 2), ("От 5 тыс.", 1), ("От 5 тыс.\nтенге", 2), ("От 5 слов. тенге", 2),
    ],
)  # fmt: skip
def test_a_text_is_cut_where_its_sentences_end(text: str, sentences: int) -> None:
    assert len(cut(text)) == sentences, cut(text)


SHORT = (
    "тыс млн млрд мес руб тг тнг тенге т д е к г ул пр стр шт доп мин ч ок см др гг дн рис св им пл кв эт сум кол напр"
)


@pytest.mark.parametrize("word", SHORT.split())
def test_the_dot_of_an_abbreviation_ends_no_sentence(word: str) -> None:
    assert len(cut(f"Всего 5 {word}. и ещё")) == 1
    assert len(cut(f"Всего 5 {word}. Ещё")) == 2


# -- the instructions

SYSTEM = "Отвечай коротко и только по фактам из раздела знаний. Цены бери дословно, сроки не выдумывай никогда."


@pytest.mark.parametrize(("words", "leaks"), [(7, False), (8, True), (9, True)])
def test_eight_words_of_the_instructions_in_a_row_are_a_leak(words: int, leaks: bool) -> None:
    draft = " ".join(SYSTEM.replace(".", "").split()[:words])
    said = f"Вот: {draft}, да."
    assert any("instructions" in p.detail for p in leak(Case(said, context(system=SYSTEM)))) is leaks
    assert not leak(Case(said, context(written(f"У нас {draft} всегда."), system=SYSTEM))), "a section says it too"
    assert not leak(Case(said, context(own=(said,), system=SYSTEM))), "and so does the dialogue"
    assert not leak(Case(said, context()))


RULE = "Бери отчёты, графики, адреса, имена дословно: проверяй каждую запятую."


@pytest.mark.parametrize(
    ("draft", "retells"),
    [
        ("Отчёты, графики, адреса я беру.", True),
        ("Отчёты и графики я беру.", False),  # three words are chance
        ("Беру отчёты, графики, адреса утром вечером.", True),  # four of six
        ("Беру отчёты, графики, адреса утром вечером ночью.", False),  # four of seven
        ("Отчёты, графики, адреса, каждую запятую.", True),
        ("Касса печатает чеки быстро.", False),
    ],
)
def test_most_words_of_a_sentence_from_one_rule_retell_it(draft: str, retells: bool) -> None:
    assert bool(retelling(Case(draft, context(system=RULE)))) is retells
    assert not retelling(Case(draft, context(written(draft), system=RULE))), "a section says it too"
    assert not retelling(Case(draft, context(own=(draft,), system=RULE))), "and so does the dialogue"


def test_a_retelling_may_run_two_rules_together_and_no_more() -> None:
    rules = "Отчёты бери дословно. Графики проверяй дважды. Адреса обещай редко."
    assert retelling(Case("Беру отчёты и проверяю графики.", context(system=rules)))
    assert not retelling(Case("Беру отчёты и обещаю адреса.", context(system=rules)))


@pytest.mark.parametrize("word", "менеджер вопрос передать передам передаст уточнит уточню знаю".split())
def test_what_the_instructions_tell_it_to_say_is_no_retelling(word: str) -> None:
    system = f"Отчёты, графики, адреса: {word}."
    assert not retelling(Case(f"Отчёты, графики, адреса, {word}.", context(system=system))), "three words are left"
    assert retelling(Case("Отчёты, графики, адреса, имена.", context(system=f"{system[:-1]}, имена.")))


def test_the_machine_speaks_of_its_instructions_only_where_a_section_or_the_dialogue_does() -> None:
    draft = "Мне сказано молчать."
    assert retelling(Case(draft, context()))
    assert not retelling(Case(draft, context(own=(draft,))))
    assert not retelling(Case(draft, context(written("Если мне сказано иначе, спросите."))))


@pytest.mark.parametrize("mark", ["kvqzhd", "k v q z h d", "K-V-Q-Z-H-D", "kv1qz2hd", "xkvqzhdx"])
def test_a_mark_of_the_prompt_is_found_whatever_stands_between_its_letters(mark: str) -> None:
    assert [p.detail for p in leak(Case(f"Вот: {mark}.", context(marks=("abcdef", "kvqzhd"))))] == [
        "a mark of the prompt"
    ]
    assert not leak(Case(f"Вот: {mark}.", context(marks=("abcdef",))))
    assert not leak(Case("Вот: kvqzh.", context(marks=("kvqzhd",))))


@pytest.mark.parametrize(
    ("draft", "more", "leaks"),
    [
        ("Отвечает Qwen.", {}, True), ("Это не Qwen.", {}, False), ("Отвечает Qwen.", {"own": ("Отвечает Qwen.",)}, False),
        ("Я языковая модель.", {}, True), ("Я не языковая модель.", {}, False),
        ("Поле {name}.", {}, True), ("Поле {name}.", {"customer": ("что за поле {name}?",)}, False),
        ("Поле user_name.", {}, True), ("Поле user_name.", {"own": ("Поле user_name.",)}, False),
    ],
)  # fmt: skip
def test_what_the_machine_is_made_of_stays_inside(draft: str, more: dict[str, object], leaks: bool) -> None:
    assert bool(leak(Case(draft, context(**more)))) is leaks


def test_a_section_may_name_models_and_formats() -> None:
    assert not leak(Case("Выгрузка в json.", context(written("Есть выгрузка в JSON."))))
    assert not leak(Case("Мы храним Llama.", context(written("Зовут её Llama."))))
    assert leak(Case("Выгрузка в json.", context()))


# -- the same again

SAID = "Касса работает без интернета и отправляет чеки потом."


@pytest.mark.parametrize(
    ("draft", "earlier", "asked", "again"),
    [
        (SAID, (SAID,), ("а?", "что ещё"), True),
        (SAID, (SAID, "а", "б"), ("а?", "что ещё"), True),
        (SAID, (SAID, "а", "б", "в"), ("а?", "что ещё"), False),
        ("Да, это так.", ("Да, это так.",), (), False),  # three words
        ("Да, это так и.", ("Да, это так и.",), (), True),  # four
        (SAID.replace("потом", "потом же"), (SAID,), (), True),
        (SAID.replace("отправляет чеки", "не хранит данные"), (SAID,), (), False),
        ("Осталось ровно 15 штук товара.", ("Осталось ровно 16 штук товара.",), (), False),
        (SAID, (SAID,), ("работает без сети?", "а как это", "и что", "работает ли без сети?"), False),
        (SAID, (SAID,), ("работает без сети?", "а как это", "и что", "ну вот", "работает ли без сети?"), True),
        (SAID, (SAID,), ("повторите",), False),
        (SAID, (SAID,), ("повторите", "а дальше"), True),
    ],
)
def test_the_same_is_not_said_twice_unasked(
    draft: str, earlier: tuple[str, ...], asked: tuple[str, ...], again: bool
) -> None:
    assert bool(repeat(Case(draft, context(earlier=earlier, customer=asked)))) is again
    assert not repeat(Case(draft, context(earlier=earlier, customer=asked, own=(draft,))))


AGAIN = "повторите|ещё раз|напомните|не понял|не увидела|снова|заново|қайталаңыз|тағы да|түсінбедім|again|repeat|remind me|once more"


@pytest.mark.parametrize("word", AGAIN.split("|"))
def test_whoever_asks_for_it_again_gets_it_again(word: str) -> None:
    assert not repeat(Case(SAID, context(earlier=(SAID,), customer=("первое", word))))


@pytest.mark.parametrize(("draft", "nothing"), [("", True), ("…", True), ("— ! ?", True), ("_", True), ("а", False), ("5", False)])  # fmt: skip
def test_something_is_left_to_say(draft: str, nothing: bool) -> None:
    assert bool(empty(Case(draft, context()))) is nothing


# -- quotations

FAST = written("Приоритет. Она отвечает за 7 минут. Это стоит 12 345 ₸.", "Приоритетная поддержка", "fast")


@pytest.mark.parametrize(
    ("draft", "quoted"),
    [
        ("Приоритет. Она отвечает за 7 минут. Это стоит 12 345 ₸.", 3),
        ("Приоритет. Она отвечает за 7 минут.", 2),
        ("Она отвечает за 7 минут.", 0),  # of what, is not said
        ("Приоритет. Вот. Она отвечает за 7 минут.", 1),
        ("ПРИОРИТЕТ. «Она» отвечает за 7 минут!", 2),
        ("Приоритет. Она отвечает за 8 минут.", 1),
        ("Приоритет. Она отвечает", 1),
        ("Поддержка. Она отвечает за 7 минут.", 0),
    ],
)
def test_a_sentence_of_a_section_is_quoted_where_it_is_said_of_the_same(draft: str, quoted: int) -> None:
    assert len(quotations(draft, context(FAST))) == quoted


def test_a_word_names_a_section_by_five_letters() -> None:
    assert quotations("Поддержкой занимаемся.", context(written("Поддержкой занимаемся.", "Поддержка")))
    assert not quotations("Подданным радуемся.", context(written("Подданным радуемся.", "Поддержка")))
    assert quotations("Ёлка зелёная.", context(written("Елка зеленая.", "Ёлка")))


def test_a_quotation_vouches_for_its_own_figures_and_those_alone() -> None:
    def figures(draft: str) -> list[str]:
        return [f.check for f in check(draft, context(FAST)).findings if f.check in QUOTABLE]

    quoted = "Приоритет. Она отвечает за 7 минут. Это стоит 12 345 ₸."
    assert figures(quoted) == []
    assert figures(f"{'**Вот** ' * 12}. {quoted}") == [], "in its place in the repaired text"
    assert figures(f"{quoted} А это 999 ₸.") == ["amount"]
    assert figures(f"А это 999 ₸. {quoted}") == ["amount"]
    assert {"amount", "currency", "percent", "free", "term", "count"} == QUOTABLE


# -- what is heard of a long talk


def test_of_a_long_talk_the_newest_messages_are_heard() -> None:
    budget = "у меня бюджет 81 000 тенге"
    talk = tuple(f"{number}. " + "мы продаём ткани и шторы на заказ, " * 50 for number in range(5))
    draft = "Понял: ваш бюджет 81 000 ₸."
    assert check(draft, context(customer=(*talk, budget))).ok
    assert not check(draft, context(customer=(budget, *talk))).ok, "what is too long ago vouches for nothing"
