"""The embedded backend says only what the knowledge base and the flow say, in the order a reader expects."""

from dataclasses import replace
from decimal import Decimal

from app.composing.choosing import choose
from app.composing.extractive import Extractive
from app.composing.plain import shorten
from app.deadline import Deadline
from app.types import Deciding, DialogueState, Exchange, Fact, Language, Passage, Prompt, Section, Step

STEP = Step(action="answer", reason="feature", state=DialogueState(), query="сканер")


def passage(name: str, score: float, *, price: bool = False, language: Language = "ru") -> Passage:
    facts = (Fact(name, Decimal(100), "KZT"),) if price else ()
    return Passage(Section(id=name, text=f"Text of {name}.", category="c", facts=facts, language=language), score)


async def said(step: Step, *passages: Passage) -> str:
    draft = await Extractive().answer(Prompt(step, passages, (), "q"), Deadline.after(1))
    return draft.text


async def test_greeting_statement_passage_and_question_stand_in_this_order() -> None:
    step = replace(STEP, greeting="Здравствуйте!", statement="Понимаем вас.", question="Сколько у вас касс?")
    assert await said(step, passage("a", 2)) == "Здравствуйте! Понимаем вас.\n\nText of a.\n\nСколько у вас касс?"


async def test_what_is_not_there_leaves_no_gap() -> None:
    assert await said(STEP, passage("a", 2)) == "Text of a."


async def test_nothing_found_says_so_beside_a_statement_too_and_without_the_lead() -> None:
    assert await said(replace(STEP, fallback="Не нашли ответа.")) == "Не нашли ответа."
    assert await said(replace(STEP, statement="Понимаем.", lead="Вот что подходит.")) == "Понимаем."
    both = replace(STEP, fallback="Не нашли ответа.", statement="Понимаем.", lead="Вот что подходит.")
    assert await said(both) == "Понимаем.\n\nНе нашли ответа."


async def test_what_is_near_to_an_unknown_name_stands_behind_the_word_that_it_is_unknown_and_affirms_nothing() -> None:
    unknown = Deciding("unnamed", "Про Bluefin сведений нет.")
    near = Passage(Section(id="a", text="Да, лодки чиним.", category="c"), 2, answers=0.6)
    far = replace(near, answers=0.2)
    for passage, said in ((near, "Про Bluefin сведений нет.\n\nЛодки чиним."), (far, "Про Bluefin сведений нет.")):
        step = replace(STEP, query="чините Bluefin", fallback="Не нашли ответа.")
        prompt = Prompt(step, (passage,), (), "чините Bluefin?", deciding=(unknown,))
        assert (await Extractive().answer(prompt, Deadline.after(1))).text == said


async def test_a_warning_of_another_language_stands_before_the_passage_in_it() -> None:
    step = replace(STEP, language="en", queries=("one?", "two?"), query="one?. two?")
    own = replace(passage("a", 2, language="en"), ranks={"question": 1}, answers=0.9)
    other = replace(passage("b", 2), ranks={"question": 2})
    text = await said(step, own, other)
    assert text.index("Text of a.") < text.index("in Russian") < text.index("Text of b.")
    assert (await said(step, replace(other, ranks={"question": 1}), replace(other, ranks={"question": 2}))).count(
        "Russian"
    ) == 1


async def test_what_was_beside_the_point_is_not_reckoned_to_him_again() -> None:
    price = Deciding("price", "Лодка: 500 ₸ в час.")
    before = (Exchange("сколько?", "Лодка: 500 ₸ в час. Что-то ещё?"),)
    step = replace(STEP, intents=("feature", "correction"), fallback="Уточним.")
    prompt = Prompt(step, (), before, "нет, не про то", deciding=(price,))
    assert (await Extractive().answer(prompt, Deadline.after(1))).text == "Уточним."
    again = replace(prompt, step=replace(step, reason="price"))
    assert (await Extractive().answer(again, Deadline.after(1))).text == "Лодка: 500 ₸ в час.", (
        "a price is asked for to hear it"
    )
    new = replace(prompt, history=(Exchange("что есть?", "Лодки и байдарки."),))
    assert (await Extractive().answer(new, Deadline.after(1))).text == "Лодка: 500 ₸ в час."


async def test_without_a_query_no_passage_is_said() -> None:
    assert await said(replace(STEP, query=None, statement="До свидания!"), passage("a", 2)) == "До свидания!"


async def test_the_draft_names_the_passage_that_it_rests_on() -> None:
    draft = await Extractive().answer(Prompt(STEP, (passage("a", 2), passage("b", 1)), (), "q"), Deadline.after(1))
    assert [used.section.id for used in draft.used] == ["a"]


def chosen(step: Step, *passages: Passage, last: str = "") -> str:
    history = (Exchange("q", last),) if last else ()
    (found,) = choose(Prompt(step, passages, history, "q"))
    return found.section.id


def test_the_customers_language_is_preferred_among_close_passages() -> None:
    kazakh = replace(STEP, language="kk")
    assert chosen(kazakh, passage("ru", 10), passage("kk", 6, language="kk")) == "kk"
    assert chosen(kazakh, passage("ru", 10), passage("kk", 1, language="kk")) == "ru"


def section(name: str, title: str, *questions: str, amount: int = 0, score: float = 5) -> Passage:
    facts = (Fact(title, Decimal(amount), "KZT"),) if amount else ()
    return Passage(
        Section(id=name, text=f"{title}.", category="c", title=title, questions=questions, facts=facts), score
    )


HOURS = section("hours", "График", "во сколько вы работаете", "до скольки открыты", score=6)
WHERE = section("where", "Адрес", "где вы находитесь", "какой адрес", score=5)
PEDICURE = section("pedicure", "Педикюр", "сколько стоит педикюр", amount=4500, score=9)
FACE = section("face", "Массаж лица", "сколько стоит массаж лица", amount=5000, score=8)
LEGS = section("legs", "Ноги до колена", "сколько стоит ноги до колена", amount=4000, score=4)


def answered(
    text: str, *passages: Passage, reason: str = "feature", before: str = "", apart: tuple[str, ...] = ()
) -> list[str]:
    history = (Exchange(before, "Добрый день!"),) if before else ()
    step = replace(STEP, query=text, reason=reason, queries=apart)
    return [found.section.id for found in choose(Prompt(step, passages, history, text))]


def test_two_questions_are_answered_from_two_sections_in_their_order() -> None:
    found = (PEDICURE, HOURS, FACE)
    assert answered("Во сколько вы работаете и сколько стоит педикюр?", *found, reason="price") == ["hours", "pedicure"]
    assert answered("Сколько стоит педикюр? До скольки открыты?", *found, reason="price") == ["pedicure", "hours"]
    assert answered("подскажите адрес и график работы", HOURS, WHERE) == ["where", "hours"]


def test_one_question_is_answered_once_even_where_it_holds_an_and() -> None:
    both = section("both", "Чистка и пилинг", "сколько стоит чистка и пилинг", amount=9000, score=9)
    clean = section("clean", "Чистка лица", "сколько стоит чистка лица", amount=8000, score=7)
    assert answered("сколько стоит чистка и пилинг", both, clean, reason="price") == ["both"]
    assert answered("Есть педикюр? Мне завтра на свадьбу, волнуюсь и жду.", PEDICURE, HOURS, WHERE) == ["pedicure"]


def test_what_is_told_before_a_question_is_no_question() -> None:
    gift = section("gift", "Именинник", "скидка именинникам в день рождения", score=9)
    day = section("day", "Рабочий день", "вы сегодня работаете", score=7)
    assert answered("у меня день рождения сегодня, есть скидка?", gift, day) == ["gift"]
    assert answered("у меня сегодня рабочий день, скидка будет?", replace(gift, score=5), day) == ["gift"]
    apart = ("Сколько стоит педикюр", "до скольки открыты")  # as the dialogue hears them
    assert answered("Сколько стоит педикюр, до скольки открыты?", PEDICURE, HOURS, reason="price", apart=apart) == [
        "pedicure",
        "hours",
    ]


def test_a_part_that_only_refers_to_the_other_one_is_no_question_of_its_own() -> None:
    rules = section("rules", "Что входит в абонемент", "что входит", score=6)
    assert answered("сколько стоит педикюр и что в него входит", PEDICURE, rules, reason="price") == ["pedicure"]


def test_a_weak_hit_does_not_answer_a_second_part() -> None:
    weak = replace(HOURS, score=1)
    assert answered("Сколько стоит педикюр? До скольки открыты?", PEDICURE, weak, reason="price") == ["pedicure"]


def test_the_price_of_another_service_is_not_said() -> None:
    assert answered("делаете массаж ног?", FACE, LEGS, PEDICURE) == []
    assert answered("делаете массаж лица?", FACE, LEGS, PEDICURE) == ["face"]
    assert answered("сколько стоит массаж", FACE, LEGS, reason="price") == ["face"], "nothing else is named"
    assert answered("сколько стоит педикюр для ног", PEDICURE, LEGS, reason="price") == ["pedicure"], "named in full"
    faq = section("faq", "Массаж", "делаете массаж ног", score=3)
    assert answered("делаете массаж ног?", FACE, LEGS, faq) == ["faq"], "a section is about both words"


def test_the_service_that_was_named_in_full_wins_over_a_part_of_another_name() -> None:
    nails = section("nails", "Маникюр", "сколько стоит маникюр", amount=2500, score=5)
    hair = section("hair", "Мужская стрижка", "сколько стоит мужская стрижка", amount=3000, score=9)
    assert answered("сколько стоит маникюр мужской", hair, nails, reason="price") == ["nails"]
    assert answered("маникюр + педикюр цена", PEDICURE, nails, hair, reason="price") == ["nails", "pedicure"]
    lacquer = section("lacquer", "Маникюр гель-лак", "сколько стоит маникюр с гель-лаком", amount=7000, score=4)
    assert answered("маникюр гель лак педикюр цена", PEDICURE, nails, lacquer, reason="price") == [
        "lacquer",
        "pedicure",
    ]


async def test_instead_of_another_service_it_says_that_there_is_none() -> None:
    step = replace(STEP, query="делаете массаж ног?", fallback="Такого у нас нет.")
    draft = await Extractive().answer(Prompt(step, (FACE, LEGS), (), "делаете массаж ног?"), Deadline.after(1))
    assert (draft.text, draft.used) == ("Такого у нас нет.", ())


def test_a_question_in_the_words_of_a_section_is_answered_by_it() -> None:
    which = section("which", "Цена", "сколько стоит", score=2)
    assert answered("Сколько стоит?", PEDICURE, which, reason="price") == ["which"]


def test_a_bare_question_after_a_topic_stays_with_the_topic() -> None:
    which = section("which", "Цена", "сколько стоит", score=2)
    assert answered("Сколько стоит?", PEDICURE, which, reason="price", before="педикюр") == ["pedicure"]
    assert answered("Сколько стоит?", PEDICURE, which, reason="price", before="привет") == ["which"]


def test_a_search_that_the_flow_wrote_is_answered_once() -> None:
    step = replace(STEP, query="график и педикюр", reason="presentation")
    assert len(choose(Prompt(step, (PEDICURE, HOURS), (), "да"))) == 1


def test_a_long_section_is_cut_after_a_whole_sentence() -> None:
    sentence = "Это предложение из пяти слов. "
    short = shorten(sentence * 40, limit=100)
    assert short == (sentence * 3).strip()
    assert shorten("слово " * 200, limit=100) == ("слово " * 200).strip(), "no sentence end: better long than cut"


def test_markdown_marks_are_not_sent_to_a_messenger() -> None:
    text = "## Тарифы\n\n| Тариф | Цена |\n|-------|------|\n| **Mini** | 100 |\n\n* `код`"
    assert shorten(text) == "Тарифы\n\nТариф — Цена\nMini — 100\n\n• код"


async def test_nobody_is_asked_to_write_what_the_flow_asks_or_what_he_has_told() -> None:
    asks = Passage(Section(id="a", text="Лодка стоит 500 ₸ в час. Напишите, сколько вас.", category="c"), 2)
    told = replace(STEP, state=replace(DialogueState(), slots={"guests": "4"}))
    assert await said(replace(STEP, question="На какой день?"), asks) == "Лодка стоит 500 ₸ в час.\n\nНа какой день?"
    assert await said(told, asks) == "Лодка стоит 500 ₸ в час."
    assert await said(STEP, asks) == "Лодка стоит 500 ₸ в час. Напишите, сколько вас."
    only = Passage(Section(id="a", text="Напишите, сколько вас.", category="c"), 2)
    assert await said(told, only) == "Напишите, сколько вас.", "nothing else is said there"


async def test_an_order_is_said_first_and_no_section_beside_it_when_it_is_placed() -> None:
    order = Deciding("ordered", "Записали: Лодка: 2 × 100 ₸ = 200 ₸.", amounts=(Decimal(200),))
    price = Deciding("term", "Лодка: 4 (место).")
    near = Passage(Section(id="a", text="Лодки красим.", category="c"), 2)
    placed = Prompt(replace(STEP, reason="purchase"), (near,), (), "оформляйте", deciding=(order,))
    assert (await Extractive().answer(placed, Deadline.after(1))).text == order.said
    asked = Prompt(replace(STEP, reason="contact_given"), (near,), (), "q", deciding=(order, price))
    assert (await Extractive().answer(asked, Deadline.after(1))).text.startswith(f"{order.said}\n\n{price.said}")
