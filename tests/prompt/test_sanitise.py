"""Any text may come from a customer: what becomes of it opens nothing, and costs time in proportion to its length."""

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.prompt import sanitise
from app.prompt.poses import labels_of
from app.prompt.sanitise import one_line
from app.prompt.template_marks import without_marks
from loadtests.service import ROOT

PIECES = (
    *(
        "<",
        ">",
        "|",
        "/",
        "[",
        "]",
        "⟦",
        "⟧",
        "«",
        "»",
        "#",
        "##",
        "-",
        "---",
        "```",
        "~~~",
        "===",
        "_",
        "…",
        ":",
        "(",
        ")",
    ),
    *(" ", "\t", "\n", "\n\n", "\r", "\r\n", "\v", "\x85", "\u2028", "\u200b", "\u00a0", "\u3000", "\u0301", "\ufe0f"),
    *(
        "think",
        "no_think",
        "/think",
        "tool_call",
        "tool_response",
        "im_start",
        "system",
        "assistant",
        "INST",
        "SYS",
        "s",
    ),
    *("Факты", "Ход", "Клиент", "система", "менеджер", "жүйе", "Скажи своими словами:", "[pricing_plan] "),
    *(
        "<think>",
        "</think>",
        "<|im_end|>",
        "<tool_call>",
        "[INST]",
        "<<SYS>>",
        "<s>",
        "<start_of_turn>",
        "＜",
        "｜",
        "＃",
        "：",
    ),
    *("цена", "14 900 ₸", "касса", "1", "2.", "😀", "\U000e0061", "\ud83d", "\ufdd0", "\x00"),
)
TEXTS = st.one_of(
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=24).map("".join),
)
MARKS = (
    *(
        "<|",
        "|>",
        "⟦",
        "⟧",
        "<think>",
        "</think>",
        "<tool_call>",
        "</tool_call>",
        "<tool_response>",
        "[inst]",
        "[/inst]",
    ),
    *("<<sys>>", "<s>", "</s>", "<start_of_turn>", "<end_of_turn>", "/no_think", "\n\n\n"),
)


@given(TEXTS)
def test_whatever_the_text_no_mark_is_left_in_it(text: str) -> None:
    cleaned = sanitise(text).casefold()
    assert [mark for mark in MARKS if mark in cleaned] == []


@given(TEXTS)
def test_whatever_the_text_nothing_unseen_is_left_in_it(text: str) -> None:
    left = {sign for sign in sanitise(text) if sign not in "\n\t"}
    assert {sign for sign in left if unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}} == set()
    assert {sign for sign in left if unicodedata.category(sign) == "Zs"} <= {" "}


def test_a_sign_that_selects_a_form_is_dropped_to_the_last_of_its_block() -> None:
    selectors = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
    assert [hex(code) for code in selectors if sanitise(f"с{chr(code)}нег") != "снег"] == []


@given(TEXTS)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    once = sanitise(text)
    assert sanitise(once) == once
    assert without_marks(without_marks(text)) == without_marks(text)


@given(TEXTS)
def test_a_value_within_a_line_stays_within_it(text: str) -> None:
    assert "\n" not in one_line(text)


@given(st.sampled_from(("Факты", "Клиент:", "система:", "[id] цена", "менеджер Айгуль: да")), TEXTS, TEXTS)
def test_a_line_that_poses_is_quoted_wherever_it_stands(line: str, before: str, after: str) -> None:
    lines = sanitise(f"{before}\n{line}\n{after}").split("\n")
    assert f"«{line}»" in lines
    assert line not in lines


def seconds(text: str) -> float:
    """Processor time of one run, the best of several."""
    times = []
    for _ in range(7):
        sanitise.cache_clear()
        started = time.process_time()
        sanitise(text)
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "\n",
            "\r\n",
            " \n",
            "\t\n",
            "\x85",
            "\u2028",
            "\v",
            " \r",
            "а\n",
            "s:\n",
            "система:\n",
            "[x\n",
            "- \n",
            "#\n",
        ),
        *(
            " ",
            "\t",
            "#",
            "-",
            "- ",
            "_",
            "…",
            "… ",
            "«",
            "»",
            "1)",
            "1.",
            "s ",
            "a b ",
            ":",
            ">",
            "[",
            "]",
            "|",
            "а\u0301",
        ),
        *(
            "<",
            "<|",
            "<|x",
            "|>",
            "<s ",
            "<s  ",
            "< / ",
            "</",
            "<a_",
            "a_",
            "<think ",
            "<think",
            "[ / ",
            "[INST",
            "/no_think",
        ),
        *("＜｜", "⟦", "\u200b", "\ufe0f", "\U000e0061", "😀\u200d", "система ", "менеджер ", "Скажи своими словами "),
    ],
)
def test_four_times_the_text_takes_about_four_times_as_long(piece: str) -> None:
    short, long = ((piece * (size // len(piece) + 1))[:size] for size in (2000, 8000))
    assert seconds(long) < 6 * max(seconds(short), 0.0002)
    assert seconds(long) < 0.1


@pytest.mark.parametrize("depth", [10, 75, 1000])
def test_marks_within_marks_cost_no_more_than_others(depth: int) -> None:
    nested = "<|" * depth + "a" + "|>" * depth
    text = nested + "\n" * (8000 - len(nested)) + "b"
    assert seconds(text) < 0.05
    sanitise.cache_clear()
    assert sanitise(text) == "…\n\nb"


def test_what_was_read_once_is_not_read_again() -> None:
    sanitise.cache_clear()
    for _ in range(3):
        sanitise("а" + "\n" * 500 + "б")
    assert (sanitise.cache_info().misses, sanitise.cache_info().hits) == (1, 2)
    assert sanitise.cache_info().maxsize is not None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("семья 👨\u200d👩\u200d👧 из 🇰🇿", "семья 👨👩👧 из 🇰🇿"),
        ("люблю ❤\ufe0f и 1\ufe0f\u20e3", "люблю ❤ и 1\u20e3"),
        ("стоимость\u00a014\u202f900\u2009₸", "стоимость 14 900 ₸"),
        ("площадь 40 м² и пункт ①", "площадь 40 м² и пункт ①"),
        ("Ｓａｌｅ！", "Sale!"),
        ("невиди\u00adмый\u034f пере\u2060нос\ufeff", "невидимый перенос"),
        ("тег\U000e0069\U000e0067\U000e006e", "тег"),
        ("заполнитель\u3164\u115f\uffa0", "заполнитель"),
        ("своё \ue000 и \U000f0000 чужое", "своё  и  чужое"),
        ("пол\ud83dовина", "половина"),
        (
            "раз\u0085два\u2028три\u2029четыре\x0bпять\x0cшесть\rсемь\r\nвосемь",
            "раз\nдва\nтри\nчетыре\nпять\nшесть\nсемь\nвосемь",
        ),
        ("обратный \u202eтекст\u202c", "обратный текст"),
        ("қазақша: ә ғ қ ң ө ұ ү һ і", "қазақша: ә ғ қ ң ө ұ ү һ і"),
        ("новый знак \U0001fae8 останется", "новый знак \U0001fae8 останется"),
        ("", ""),
        ("\n \t\r\n", ""),
    ],
)
def test_signs_are_made_plain_and_the_rest_is_kept(text: str, plain: str) -> None:
    assert sanitise(text) == plain


def test_what_ordinary_customers_write_is_left_alone() -> None:
    asked = [
        json.loads(line)["query"]
        for path in (ROOT / "kb" / "eval").glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    usual = (
        *(
            "Клиент пришёл и просит возврат, что делать?",
            "Менеджер мне так и не перезвонил",
            "систему скидок можно настроить?",
        ),
        *(
            "Цена: 14 900?",
            "Имя: Айгуль, город: Алматы",
            "#скидка",
            "нас 5 <10 человек",
            "пишите на ivan@mail.kz",
            "3 > 2",
        ),
        *(
            "сайт shop.kz/thinkpad",
            "1) касса\n2) склад\n- весы",
            "Ходят слухи, что подорожает",
            "Фактически нужно две кассы",
        ),
        *(
            "менеджер сказал: 2 дня",
            "Ваш менеджер обещал перезвонить: жду",
            "менеджер не отвечает: почему?",
            "клиент спрашивает: есть ли скидка",
            "клиентам надо: чек, возврат, скидка",
            "у нас менеджер и продавец: какой тариф?",
            "цена: договорная",
            "цены - вот что важно",
            "Скидка: есть?",
            "прайс",
            "прайс есть?",
            "Прайс-лист пришлите пожалуйста",
            "12:30 удобно",
            "в 12:30 или 15:00, как вам?",
            "04.03.2026 будем открываться",
            "магазин — продукты, касс — 2",
            "тел. 8-701-000-00-01",
            "итого: 5 касс; 2 склада",
            "Мира, добрый день",
            "касса > весы",
            "айту керек: менеджер жоқ",
            "менеджер айтты: ертең",
            "баға: келісімді",
            "the manager said: 2 days",
            "our price: negotiable",
            "3 managers, 2 shops",
            "12:30 works for me",
            "I need: a till; a scanner",
            "5 <10 & 3 > 2",
            "100% | 50%",
            "AT&T; R&D",
            "C:\\u1\\x",
            "касса -> склад",
            "пришлите прайс: касса, весы",
            "вопрос к менеджеру: какой тариф взять?",
            "нужны факты: сколько и когда",
            "от поставщика: 5 коробок",
            "3 кассы / 2 склада",
            "R-80 или D80: что лучше?",
            "send the rules: refunds, discounts",
        ),
        *("Менеджеры бывают на месте?", "I think so", "Боты у вас есть?", "жүйе қалай жұмыс істейді?"),
    )
    assert len(asked) > 100
    changed = [text for text in (*asked, *usual) if sanitise(text, ("Мира", "продавец")) != text.strip()]
    assert changed == []


def test_our_own_labels_are_read_out_of_the_templates() -> None:
    template = (
        "# Новости\n{% if x %}\nСегодня у нас: {{ x }}\n{% endif %}\nНичего нового.\n- пункт: {{ y }}\nТы {{ z }}\n"
    )
    assert labels_of(template) == ("Новости", "Сегодня у нас", "Ничего нового")
