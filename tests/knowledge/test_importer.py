"""What an owner's Markdown and CSV become, and that no word of it is lost on the way."""

import csv
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ConfigError
from app.knowledge.importer import read, to_yaml
from app.knowledge.lint import lint
from app.knowledge.sections import parse_file
from app.knowledge.text import words
from app.types import Fact, Section
from tests.thrift import parsed

WORKSHOP = """\
# Гончарная мастерская

Работаем с 2019 года.

## Занятия

### Женский клуб (материалы включены)
- Пробное занятие — 4 500 ₸
- Абонемент: от 30 000 тг/мес
- Аренда круга — 1 500 ₸ за час (без мастера)

**Нужен ли опыт?**
Нет, начинаем с нуля.

**Правила посещения**
Приходите за десять минут.

## Оплата

### "Слишком дорого" / "Я подумаю"
Глина и обжиг входят в цену.

### Можно вернуть деньги? / Делаете возврат?
Да, в течение 14 дней.

---

Вопрос: Вы работаете
в праздники?
Ответ: Да, кроме 1 января.

**В:** Есть парковка? **О:** Есть, во дворе.
"""


def md(folder: Path, text: str, name: str = "faq.md") -> list[Section]:
    path = folder / name
    path.write_text(text, "utf-8")
    return read(path)


def table(folder: Path, text: str, name: str = "prices.csv", encoding: str = "utf-8") -> list[Section]:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read(path)


def money(section: Section) -> list[tuple[str, int | float, str | None]]:
    return [(fact.name, float(fact.amount), fact.currency) for fact in section.facts]


def content(sections: list[Section]) -> set[str]:
    return {word for s in sections for word in words(" ".join((s.title, s.text, *s.questions, *s.keywords)))}


# Markdown


def test_headings_bold_lines_and_labels_become_sections_in_order(tmp_path: Path) -> None:
    found = md(tmp_path, WORKSHOP)
    assert [section.title or section.questions for section in found] == [
        "Гончарная мастерская",
        "Женский клуб (материалы включены)",
        ("Нужен ли опыт?",),
        "Правила посещения",
        ("Слишком дорого", "Я подумаю"),
        ("Можно вернуть деньги?", "Делаете возврат?"),
        ("Вы работаете в праздники?",),
        ("Есть парковка?",),
    ]
    assert found[0].text == "Работаем с 2019 года."
    assert found[6].text == "Да, кроме 1 января."
    assert found[7].text == "Есть, во дворе."


def test_the_top_heading_names_the_category_and_the_ids(tmp_path: Path) -> None:
    found = md(tmp_path, WORKSHOP)
    assert {section.category for section in found} == {"goncharnaya_masterskaya"}
    assert found[0].id == "goncharnaya_masterskaya"
    assert found[2].id == "goncharnaya_masterskaya_nuzhen_li_opyt"


def test_without_a_top_heading_the_file_names_the_category(tmp_path: Path) -> None:
    found = md(tmp_path, "## Где вы?\nВ центре.\n\n## Когда открыто?\nВсегда.\n", "Вопросы клиентов.md")
    assert [section.id for section in found] == ["voprosy_klientov_gde_vy", "voprosy_klientov_kogda_otkryto"]


def test_each_of_several_top_headings_is_a_category(tmp_path: Path) -> None:
    found = md(tmp_path, "# Доставка\n## Сроки\nДва дня.\n# Оплата\n## Карта\nДа.\n")
    assert [(section.category, section.title) for section in found] == [("dostavka", "Сроки"), ("oplata", "Карта")]


def test_headings_above_a_section_are_its_keywords(tmp_path: Path) -> None:
    found = md(tmp_path, WORKSHOP)
    assert found[1].keywords == ("Занятия",)
    assert found[5].keywords == ("Оплата",)


def test_a_list_of_prices_that_fits_a_message_stays_one_section_with_a_fact_per_line(tmp_path: Path) -> None:
    club = md(tmp_path, WORKSHOP)[1]
    assert club.text.count("\n") == 2
    assert club.facts == (
        Fact("Пробное занятие", Decimal(4500), "KZT"),
        Fact("Абонемент", Decimal(30000), "KZT", None, "month"),
        Fact("Аренда круга", Decimal(1500), "KZT", None, "hour"),
    )


def test_a_long_list_of_prices_becomes_a_section_per_line_and_keeps_what_stands_around_it(tmp_path: Path) -> None:
    rows = "\n".join(f"- Чашка {n} — {n}00 ₸" for n in range(1, 13))
    found = md(tmp_path, f"# Лавка\n## Чашки\nВсё ручной работы.\n{rows}\n")
    assert found[0].text == "Всё ручной работы."
    assert len(found) == 13
    assert (found[1].title, found[1].text, found[1].keywords) == ("Чашка 1", "Чашки: Чашка 1 — 100 ₸", ("Чашки",))
    assert [money(section) for section in found[1:]] == [[(f"Чашка {n}", n * 100, "KZT")] for n in range(1, 13)]


@pytest.mark.parametrize(("lines", "sections"), [(9, 1), (10, 1), (11, 11)])
def test_ten_lines_of_prices_are_a_message(tmp_path: Path, lines: int, sections: int) -> None:
    rows = "\n".join(f"- Чашка {n} — {n}00 ₸" for n in range(1, lines + 1))
    assert len(md(tmp_path, f"# Лавка\n## Чашки\n{rows}\n")) == sections


@pytest.mark.parametrize(("length", "sections"), [(600, 1), (601, 2)])
def test_so_are_six_hundred_characters_of_them(tmp_path: Path, length: int, sections: int) -> None:
    first = "- Чашка большая — 100 ₸"
    rest = length - len(first) - len("- Чашка  — 200 ₸")
    name = ("глиняная " * 100)[:rest].rstrip().ljust(rest, "я")
    found = md(tmp_path, f"# Лавка\n## Чашки\n{first}\n- Чашка {name} — 200 ₸\n")
    assert len(found) == sections


@pytest.mark.parametrize(
    "form",
    [
        "### Как оплатить?\nКартой.",
        "### Вопрос 3: Как оплатить?\nКартой.",
        "### **Как оплатить?**\nКартой.",
        "**Как оплатить?**\nКартой.",
        "__Как оплатить?__\n\nКартой.",
        "**Как оплатить?** Картой.",
        "**Как оплатить?**: Картой.",
        "1. **Как оплатить?**\n   Картой.",
        "- **Как оплатить?** — Картой.",
        "> **Как оплатить?**\n> Картой.",
        "**Вопрос:** Как оплатить?\n**Ответ:** Картой.",
        "**Вопрос: Как оплатить?**\n**Ответ:** Картой.",
        "**Вопрос 1.** Как оплатить?\n\n**Ответ.** Картой.",
        "**Вопрос:**\nКак оплатить?\n**Ответ:**\nКартой.",
        "Вопрос: Как оплатить? Ответ: Картой.",
        "Q: Как оплатить?\nA: Картой.",
        "**Q:** Как оплатить?\n\n**A:** Картой.",
        "В: Как оплатить?\nО: Картой.",
        "- В: Как оплатить?\n- О: Картой.",
        "Сұрақ: Как оплатить?\nЖауап: Картой.",
        "| Вопрос | Ответ |\n|---|---|\n| Как оплатить? | Картой. |",
    ],
)
def test_every_usual_way_to_write_a_question_and_its_answer_is_understood(tmp_path: Path, form: str) -> None:
    for before, after in (("", ""), ("# Оплата\n\n", "\n"), ("", "\n\n**Где вы?**\nТут.\n")):
        section = md(tmp_path, before + form + after)[0]
        assert (section.questions, section.text.strip(), section.title) == (("Как оплатить?",), "Картой.", "")


@pytest.mark.parametrize(
    "form",
    [
        "## Как оплатить? / Можно картой?\nДа.",
        "## Как оплатить? Можно картой?\nДа.",
        "## Как оплатить?\n- Можно картой?\n\nДа.",
        "**Как оплатить?**\n**Можно картой?**\nДа.",
        "Q: Как оплатить?\nQ: Можно картой?\nA: Да.",
        "## Как оплатить?\n## Можно картой?\nДа.",
        '## "Как оплатить?" / «Можно картой?»\nДа.',
    ],
)
def test_several_questions_may_share_one_answer(tmp_path: Path, form: str) -> None:
    (section,) = md(tmp_path, form)
    assert (section.questions, section.text) == (("Как оплатить?", "Можно картой?"), "Да.")


def test_a_question_within_an_answer_and_a_list_of_steps_stay_text(tmp_path: Path) -> None:
    text = "Хотите скидку?\nТогда:\n1. Придите.\n2. Спросите, можно ли.\nA: первый путь"
    (section,) = md(tmp_path, f"## Скидка\n{text}\n")
    assert (section.title, section.text) == ("Скидка", text)


def test_emphasis_at_the_end_of_an_answer_is_no_section(tmp_path: Path) -> None:
    (section,) = md(tmp_path, "## Адрес\nУлица Садовая.\n\n**Ждём вас**\n")
    assert section.text == "Улица Садовая.\n\nЖдём вас"


def test_marks_that_a_messenger_would_show_are_removed_and_links_keep_their_address(tmp_path: Path) -> None:
    (section,) = md(tmp_path, "## Сайт\nСмотрите **каталог** на [сайте](https://example.kz/a) \\* и `код`.\n")
    assert section.text == "Смотрите каталог на сайте (https://example.kz/a) * и `код`."


def test_code_is_no_markdown(tmp_path: Path) -> None:
    (section,) = md(tmp_path, "## Пример\n```\n# не заголовок\n| a |\n```\n")
    assert section.text == "# не заголовок\n| a |"


def test_a_table_of_prices_is_lines_with_facts_named_by_row_column_and_period(tmp_path: Path) -> None:
    (section,) = md(
        tmp_path,
        "## Тарифы\n| Тариф | Месяц | Год | Касс |\n|---|--:|:-:|---|\n"
        "| **Старт** | 7 900 ₸ | 79 000 ₸ | 1 |\n| Рост | от 14 900 ₸ | по запросу | 3 |\n",
    )
    assert section.text.split("\n")[0] == "- Старт — Месяц: 7 900 ₸; Год: 79 000 ₸; Касс: 1"
    assert section.facts == (
        Fact("Старт", Decimal(7900), "KZT", None, "month"),
        Fact("Старт", Decimal(79000), "KZT", None, "year"),
        Fact("Рост", Decimal(14900), "KZT", None, "month"),
    )
    assert {"Тариф", "Касс"} <= set(section.keywords)


def test_a_currency_in_a_table_s_head_is_the_currency_of_its_cells(tmp_path: Path) -> None:
    (section,) = md(
        tmp_path,
        "## Прайс\n№ | Услуга | Цена, тг | Время\n---|---|---|---\n"
        "1 | Лепка | 3000 | 40 мин\n2 | Обжиг | 2 000–3 500 |\n",
    )
    assert section.text == "- Лепка — 3000 ₸; Время: 40 мин\n- Обжиг — 2 000–3 500 ₸"
    assert money(section) == [("Лепка", 3000, "KZT"), ("Обжиг (от)", 2000, "KZT"), ("Обжиг (до)", 3500, "KZT")]


def test_prices_in_several_columns_are_told_apart_by_the_column(tmp_path: Path) -> None:
    (section,) = md(tmp_path, "## Ваза\n| Размер | Глина | Фарфор |\n|---|---|---|\n| S | 500 ₸ | 900 ₸ |\n")
    assert money(section) == [("S (Глина)", 500, "KZT"), ("S (Фарфор)", 900, "KZT")]
    assert lint([section], date(2026, 1, 1))[0].check == "few-questions"


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("3 000 ₸", "3000", "KZT"),
        ("3\u00a0000\u202f₸", "3000", "KZT"),
        ("3000тг", "3000", "KZT"),
        ("12,000₸", "12000", "KZT"),
        ("1.200.000 тенге", "1200000", "KZT"),
        ("25 тыс. тг", "25000", "KZT"),
        ("1,5 млн тенге", "1500000", "KZT"),
        ("7 900 теңге", "7900", "KZT"),
        ("7900 KZT", "7900", "KZT"),
        ("99,50 руб.", "99.5", "RUB"),
        ("500 ₽", "500", "RUB"),
        ("500 рублей", "500", "RUB"),
        ("$1,200.50", "1200.5", "USD"),
        ("USD 15", "15", "USD"),
        ("0,5 $", "0.5", "USD"),
        ("€ 50", "50", "EUR"),
        ("50 евро", "50", "EUR"),
        ("700 сом", "700", "KGS"),
    ],
)
def test_an_amount_of_money_is_recognised_however_it_is_written(
    tmp_path: Path, written: str, amount: str, currency: str
) -> None:
    (section,) = md(tmp_path, f"## Чашка\n- Чашка — {written}\n")
    assert section.facts == (Fact("Чашка", Decimal(amount), currency),)
    assert written in section.text


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("Обжиг — 2 000–3 500 ₸", [("Обжиг (от)", 2000), ("Обжиг (до)", 3500)]),
        ("Обжиг — 2 000 – 3 500 ₸", [("Обжиг (от)", 2000), ("Обжиг (до)", 3500)]),
        ("Обжиг от 2 000 до 3 500 тг", [("Обжиг (от)", 2000), ("Обжиг (до)", 3500)]),
        ("Обжиг: 10–15 тыс. тг", [("Обжиг (от)", 10000), ("Обжиг (до)", 15000)]),
        ("Пакет 5 — 9 000 ₸", [("Пакет 5", 9000)]),
        ("Чашка 250 — 900 ₸", [("Чашка 250", 900)]),
        ("Абонемент 10-15 000 ₸", [("Абонемент 10", 15000)]),
    ],
)
def test_both_ends_of_a_range_are_facts_and_a_number_in_a_name_is_no_price(
    tmp_path: Path, line: str, facts: list[tuple[str, int]]
) -> None:
    (section,) = md(tmp_path, f"## Прайс\n- {line}\n")
    assert [(fact.name, fact.amount) for fact in section.facts] == facts


@pytest.mark.parametrize(
    ("written", "unit", "period"),
    [
        ("500 ₸/мес", None, "month"),
        ("500 ₸ в месяц за магазин", "магазин", "month"),
        ("500 ₸ за ноготь (зависит от сложности)", "ноготь", None),
        ("500 ₸/шт.", "шт", None),
        ("500 ₸ в год", None, "year"),
        ("500 ₸ разово", None, "once"),
        ("500 ₸ в день рождения", None, None),
        ("500 ₸ за первый визит", None, None),
    ],
)
def test_unit_and_period_behind_an_amount_are_part_of_the_fact(
    tmp_path: Path, written: str, unit: str | None, period: str | None
) -> None:
    (section,) = md(tmp_path, f"## Услуга\n- Услуга — {written}\n")
    (fact,) = section.facts
    assert (fact.unit, fact.period) == (unit, period)


@pytest.mark.parametrize(
    "text", ["Работаем с 9:00 до 21:00, телефон +7 701 000 11 22.", "Осталось 5 сумок.", "14 дней", "версия 2.0"]
)
def test_other_numbers_are_no_facts(tmp_path: Path, text: str) -> None:
    assert md(tmp_path, f"## Разное\n{text}\n")[0].facts == ()


def test_an_amount_in_a_sentence_is_a_fact_and_so_is_a_percentage(tmp_path: Path) -> None:
    (section,) = md(tmp_path, "## Доставка?\nДоставка стоит 1 500 тг, бесплатно от 20 000 тг. Скидка 5%.\n")
    assert [(f.amount, f.currency, f.unit) for f in section.facts] == [
        (1500, "KZT", None),
        (20000, "KZT", None),
        (5, None, "%"),
    ]
    assert len({(fact.name, fact.currency) for fact in section.facts}) == 3, "or the linter would see two prices"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("## Где вы?\nВ центре, рядом с Қазақстан банком, второй этаж направо.", "ru"),
        ("## Қайдасыз?\nБіз қаланың ортасында, екінші қабатта орналасқанбыз.", "kk"),
        ("## Where are you?\nIn the centre.", "en"),
        ("## Wi-Fi\nguest\n\n## Парковка\nЕсть.", "ru"),
    ],
)
def test_the_language_is_recognised(tmp_path: Path, text: str, language: str) -> None:
    assert md(tmp_path, text)[0].language == language


def test_what_has_no_form_at_all_is_the_text_of_a_section(tmp_path: Path) -> None:
    (section,) = md(tmp_path, "Просто заметка\nв две строки.\n", "notes.markdown")
    assert (section.text, section.category) == ("Просто заметка\nв две строки.", "notes")
    assert section.id == "notes_prosto_zametka_v_dve_stroki"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("# A\n\n## Есть парковка?\n\n## Адрес\nТут.\n", "faq.md:3: "),
        ("Q: Где?\nA:\nQ: Когда?\nA: Завтра.\n", "faq.md:1: "),
        ("", "faq.md:1: "),
        ("---\n\n***\n", "faq.md:1: "),
    ],
)
def test_a_question_without_an_answer_is_reported_with_its_line_and_the_fix(
    tmp_path: Path, text: str, place: str
) -> None:
    with pytest.raises(ConfigError, match="write") as raised:
        md(tmp_path, text)
    assert str(raised.value).startswith(place)


def test_all_problems_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        md(tmp_path, "## Где?\n\n## Когда?\nСейчас.\n\n### Куда?\n\n## Чем?\n")
    assert [line.split(":")[1] for line in str(raised.value).split("\n")] == ["6", "8"]


# CSV


QA = "Вопрос;Ответ\nГде вы? / Адрес?;Улица Садовая, 1\n\nКогда?;С 9 до 21\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_questions_and_answers_in_any_usual_encoding_and_delimiter(tmp_path: Path, encoding: str, mark: str) -> None:
    text = QA.replace("Садовая, 1", "Садовая 1").replace(";", mark)
    found = table(tmp_path, text.replace("\n", "\r\n"), encoding=encoding)
    assert [(section.questions, section.text) for section in found] == [
        (("Где вы?", "Адрес?"), "Улица Садовая 1"),
        (("Когда?",), "С 9 до 21"),
    ]
    assert [section.source for section in found] == ["prices.csv:2", "prices.csv:4"]


def test_quoted_cells_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    text = 'sep=;\nquestion;answer\n"Где?\nАдрес?";"Кафе ""Луна"";\nвход справа"\nКогда?;Да\n'
    found = table(tmp_path, text)
    assert (found[0].questions, found[0].text) == (("Где?", "Адрес?"), 'Кафе "Луна";\nвход справа')
    assert found[1].source == "prices.csv:6"


def test_every_column_is_understood_in_russian_and_english_and_any_case(tmp_path: Path) -> None:
    russian = "Код;НАЗВАНИЕ;Вопрос;Ответ;Цена;Валюта;Ед.;Период;Категория;Ключевые слова;Приоритет;Язык;Действует до"
    english = "id;title;Question;answer;PRICE;currency;unit;period;category;keywords;priority;language;valid_until"
    row = "till;Касса;почём касса;Вторая касса.;2900;KZT;касса;месяц;Тарифы;касса, ккм;8;ru;31.12.2027"
    for head in (russian, english):
        assert table(tmp_path, f"{head}\n{row}\n") == [
            Section(
                id="till",
                text="Вторая касса.\nКасса — 2900 ₸ / касса / месяц",
                category="tarify",
                title="Касса",
                questions=("почём касса",),
                keywords=("касса", "ккм"),
                priority=8,
                valid_until=date(2027, 12, 31),
                facts=(Fact("Касса", Decimal(2900), "KZT", "касса", "month"),),
                source="prices.csv:2",
            )
        ]


def test_a_price_list_is_a_section_per_row(tmp_path: Path) -> None:
    found = table(
        tmp_path, "Услуга,Цена (₸),Мастер\nЛепка,3 000,Анна\nОбжиг,от 2500,\nРоспись,договорная,\n", "uslugi.csv"
    )
    assert [(section.id, section.text) for section in found] == [
        ("uslugi_lepka", "Лепка — 3 000 ₸\nМастер: Анна"),
        ("uslugi_obzhig", "Обжиг — от 2500 ₸"),
        ("uslugi_rospis", "Роспись — договорная"),
    ]
    assert [money(section) for section in found] == [[("Лепка", 3000, "KZT")], [("Обжиг", 2500, "KZT")], []]


@pytest.mark.parametrize(
    ("head", "second", "cell"),
    [
        ("Код", "id", "lepka2"), ("Название", "Услуга", "Чашка"), ("Вопрос", "question", "почём чашка"),
        ("Ответ", "Описание", "Глина белая."), ("Ключевые слова", "Теги", "гончар"), ("Валюта", "currency", "USD"),
        ("Ед.", "unit", "чашка"), ("Период", "period", "год"), ("Категория", "Раздел", "Посуда"),
        ("Приоритет", "priority", "4"), ("Язык", "language", "en"), ("Действует до", "valid until", "2028-12-31"),
        ("Мастер", "Мастер", "Борис"),
    ],
)  # fmt: skip
def test_of_two_columns_of_one_meaning_the_first_is_understood_and_the_second_is_text(
    tmp_path: Path, head: str, second: str, cell: str
) -> None:
    heads = (
        "Код;Название;Вопрос;Ответ;Цена;Валюта;Ед.;Период;Категория;Ключевые слова;Приоритет;Язык;Действует до;Мастер"
    )
    row = "lepka;Лепка;почём лепка;Лепим вдвоём.;2900;KZT;час;месяц;Курсы;глина;8;ru;31.12.2027;Анна"
    assert head in heads.split(";")
    (plain,) = table(tmp_path, f"{heads}\n{row}\n")
    (both,) = table(tmp_path, f"{heads};{second}\n{row};{cell}\n")
    assert both == replace(plain, text=f"{plain.text}\n{second}: {cell}")


@pytest.mark.parametrize(
    ("cells", "said", "fact"),
    [
        ("3000;6", "3000 ₸\nЦена, USD: 6", ("Лепка", 3000, "KZT")),
        (";6", "6 $", ("Лепка", 6, "USD")),
        ("3000;", "3000 ₸", ("Лепка", 3000, "KZT")),
    ],
)
def test_of_two_columns_of_prices_each_keeps_the_currency_of_its_head(
    tmp_path: Path, cells: str, said: str, fact: tuple[str, float, str]
) -> None:
    (found,) = table(tmp_path, f"Название;Цена, KZT;Цена, USD\nЛепка;{cells}\n")
    assert (found.text, money(found)) == (f"Лепка — {said}", [fact])


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("foo;bar\n1;2\n", "prices.csv:1: ", "question and answer"),
        ("", "prices.csv:1: ", "columns"),
        ("Вопрос;Ответ\nГде?;\n", "prices.csv:2: ", "answer"),
        ("Вопрос;Ответ\nГде?;Тут;и там\n", "prices.csv:2: ", "quote"),
        ('Вопрос;Ответ\nГде?;Тут\nКуда?;"Кафе "Луна""\n', "prices.csv:3: ", "double each quote"),
        ("name;price\nЛепка;3000\n", "prices.csv:2: ", "currency"),
        ("id;name;text\na b;Лепка;Да\n", "prices.csv:2: ", "without spaces"),
        ("id;name;text\nx;Лепка;Да\nx;Обжиг;Да\n", "prices.csv:3: ", "line 2"),
        ("name;text;priority\nЛепка;Да;важно\n", "prices.csv:2: ", "1 to 10"),
        ("name;text;language\nЛепка;Да;de\n", "prices.csv:2: ", "kk"),
        ("name;text;valid_until\nЛепка;Да;скоро\n", "prices.csv:2: ", "2027-12-31"),
        ("name;text\n", "prices.csv:1: ", "nothing"),
    ],
)
def test_a_mistake_in_a_table_is_reported_with_its_line_and_the_fix(
    tmp_path: Path, text: str, place: str, said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        table(tmp_path, text)
    assert str(raised.value).startswith(place)
    assert said in str(raised.value)


# Files


@pytest.mark.parametrize("name", ["prices.xlsx", "faq.docx", "faq.txt", "faq"])
def test_another_kind_of_file_is_refused_with_what_is_accepted(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"\.md.*\.csv"):
        md(tmp_path, "text", name)


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "utf-16"])
def test_an_encoding_that_would_be_misread_is_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "faq.md"
    path.write_bytes("## Где вы находитесь?\nНа улице Садовой, второй этаж.\n".encode(encoding))
    with pytest.raises(ConfigError, match="UTF-8"):
        read(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.md: cannot be read"):
        read(tmp_path / "missing.md")


# Ids


def test_ids_are_unique_and_the_same_on_every_run(tmp_path: Path) -> None:
    text = "## Где?\nА.\n## Где!?\nБ.\n## Где 2?\nВ.\n## ???\nГ.\n## 日本?\nД.\n"
    first = [section.id for section in md(tmp_path, text)]
    assert len(set(first)) == 5
    assert first == [section.id for section in md(tmp_path, text)]
    assert first[:2] == ["faq_gde", "faq_gde_2"]


def test_an_id_survives_changes_elsewhere_and_in_its_own_text(tmp_path: Path) -> None:
    (one,) = md(tmp_path, "## Где вы?\nТут.\n")
    two = md(tmp_path, "## Новое?\nДа.\n\n## Где вы?\nТеперь там.\n")[1]
    assert one.id == two.id


def test_a_made_id_gives_way_to_the_owner_s_own(tmp_path: Path) -> None:
    found = table(tmp_path, "id;name;text\n;Лепка;Раз\nprices_lepka;Обжиг;Два\n")
    assert [section.id for section in found] == ["prices_lepka_2", "prices_lepka"]


# Nothing is lost

_FORMS = """\
# Альфа
## Бета
### Гамма?
## ???
**Дельта?**
**Эпсилон**
Вопрос: Дзета?
Ответ: эта
В: Тета?
О: йота
- Каппа — 5 ₸
- Лямбда?
- 5 – 9 тг
500 ₸
> Мю
```
---
| Ню | Кси |
|---|---|
| Омикрон | 7 тг |
| | 9 ₸ |
Просто пи.
1. ро
**Сигма:** тау
____
snake__case__x

"""
_LINES = st.lists(
    st.sampled_from(_FORMS.split("\n"))
    | st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12),
    max_size=14,
)
_LABELS = {"вопрос", "ответ", "в", "о"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_LINES)
def test_every_word_of_a_file_is_in_a_section_or_the_file_is_refused(tmp_path: Path, lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        found = md(tmp_path, text)
    except ConfigError as error:
        assert str(error).startswith("faq.md:")
        return
    lost = {word for word in words(text) if word.isalpha()} - content(found) - _LABELS
    named = {section.category for section in found} - {"faq"}
    top = {word for line in text.split("\n") if named and line.lstrip().startswith("#") for word in words(line)}
    assert lost <= top, "only a top heading may live on in the category alone"
    assert len({section.id for section in found}) == len(found)
    assert all(section.text == section.text.strip() != "" for section in found)
    check_round_trip(tmp_path, found, "faq")


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(_CELL, min_size=6, max_size=6), min_size=1, max_size=4), st.sampled_from(";,\t"))
def test_every_word_of_a_table_is_in_a_section_or_the_table_is_refused(
    tmp_path: Path, rows: list[list[str]], mark: str
) -> None:
    sheet = StringIO()
    csv.writer(sheet, delimiter=mark).writerows([["Название", "Вопрос", "Ответ", "Цена", "Ед.", "Примечание"], *rows])
    try:
        found = table(tmp_path, sheet.getvalue())
    except ConfigError as error:
        assert str(error).startswith("prices.csv:")
        return
    assert {word for row in rows for cell in row for word in words(cell)} <= content(found)
    check_round_trip(tmp_path, found, "prices")


# YAML


def check_round_trip(folder: Path, sections: list[Section], category: str) -> str:
    path = folder / "drafts.yaml"
    path.write_text(to_yaml(sections, category), "utf-8", newline="")
    assert [replace(s, source="") for s in parse_file(path)] == [
        replace(s, source="", category=category) for s in sections
    ]
    return path.read_text("utf-8")


def test_the_yaml_is_what_an_owner_would_write_by_hand(tmp_path: Path) -> None:
    section = Section(
        "c_cup",
        "Чашка стоит 500 ₸.\n\nЗаберите: завтра.",
        "c",
        title="Чашка",
        questions=("почём чашка", "цена: чашка?"),
        keywords=("кружка", "да"),
        priority=7,
        language="kk",
        valid_until=date(2027, 12, 31),
        facts=(Fact("Чашка", Decimal("500.0"), "KZT", "штука", "once"), Fact("Скидка", Decimal("2.5"), None, "%")),
    )
    assert (
        to_yaml([section, Section("c_plain", "Да.", "c")], "c")
        == """\
category: c
sections:
  - id: c_cup
    title: Чашка
    text: |
      Чашка стоит 500 ₸.

      Заберите: завтра.
    questions:
      - почём чашка
      - 'цена: чашка?'
    keywords: [кружка, да]
    priority: 7
    language: kk
    valid_until: 2027-12-31
    facts:
      - {name: Чашка, amount: 500, currency: KZT, unit: штука, period: once}
      - {name: Скидка, amount: 2.5, unit: '%'}

  - id: c_plain
    text: |
      Да.
"""
    )


def test_a_text_that_looks_like_yaml_stays_a_text(tmp_path: Path) -> None:
    text = "- id: x\n  - id: y\n\n#нет: 'да' | > {a: b}\n---"
    check_round_trip(
        tmp_path, [Section("a", text, "c", questions=("a\n- id: b", "~")), Section("b", "1", "c")], "x\n- id: y"
    )


def test_an_imported_id_is_never_longer_than_an_id_may_be(tmp_path: Path) -> None:
    long = "очень длинный заголовок раздела " * 9
    found = md(tmp_path, f"# {long}\n" + f"## {long}\nДа.\n" * 11)
    check_round_trip(tmp_path, found, found[0].category)


def test_no_sections_are_an_empty_list_that_loads(tmp_path: Path) -> None:
    check_round_trip(tmp_path, [], "c")


def test_what_was_imported_loads_again_and_has_no_wrong_prices(tmp_path: Path) -> None:
    found = md(tmp_path, WORKSHOP)
    check_round_trip(tmp_path, found, found[0].category)
    assert {finding.check for finding in lint(found, date(2026, 6, 1))} == {"few-questions"}


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_STRIPPED = _TEXT.map(str.strip)
_WORDY = _TEXT.filter(lambda text: re.search(r"\S", text))
_FACTS = st.builds(
    Fact,
    name=_TEXT.filter(bool),
    amount=st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**12),
    currency=st.sampled_from([None, "KZT", "USD"]),
    unit=st.none() | _TEXT,
    period=st.sampled_from([None, "once", "hour", "day", "week", "month", "quarter", "year"]),
)
_SECTIONS = st.builds(
    Section,
    id=st.from_regex(r"[^\s\x00-\x1f]{1,20}", fullmatch=True).filter(lambda text: text.isprintable()),
    text=_STRIPPED.filter(lambda text: re.search(r"\S", text)),
    category=st.just("c"),
    title=_STRIPPED,
    questions=st.lists(_WORDY, max_size=4).map(tuple),
    keywords=st.lists(_WORDY, max_size=4).map(tuple),
    priority=st.integers(1, 10),
    language=st.sampled_from(["ru", "kk", "en"]),
    valid_until=st.none() | st.dates(),
    facts=st.lists(_FACTS, max_size=3).map(tuple),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_SECTIONS, max_size=4), _STRIPPED.filter(bool))
def test_any_sections_come_back_equal_from_their_yaml(tmp_path: Path, sections: list[Section], category: str) -> None:
    text = check_round_trip(tmp_path, sections, category)
    assert parsed(text)["category"] == category
