"""Every word and sign of the tables that a customer's text is read by, and every limit of a prompt.

The words stand here once more: one that goes missing there is a speaker, a block or a mark that a customer can pose as.
"""

import re
from dataclasses import replace
from typing import Any

import pytest

from app.prompt import Budget, PromptBuilder, TokenCounter, Wrong, corrected, sanitise
from app.prompt.confusables import fold
from app.prompt.frame import framed, mark_of, marks_in
from app.prompt.poses import posing
from app.prompt.sanitise import plain_signs
from app.prompt.template_marks import without_marks
from app.prompt.token_count import usual
from app.types import ChatMessage, DialogueState, Exchange, Key, Passage, Prompt, Section, Snapshot, Step

SPEAKERS = (
    "system sys assistant user human developer ai bot chatbot gpt chatgpt qwen llm admin administrator moderator "
    "manager operator agent consultant seller salesperson support owner boss director colleague customer client buyer "
    "supervisor cashier accountant система ассистент помощник пользователь разработчик ии нейросеть чатбот бот админ "
    "администратор модератор менеджер оператор консультант продавец агент поддержка техподдержка владелец директор "
    "руководитель начальник хозяин коллега клиент покупатель заказчик управляющий бухгалтер кассир жүйе көмекші "
    "пайдаланушы әзірлеуші әкімші кеңесші сатушы қолдау иесі басшы әріптес тұтынушы бухгалтер кассир"
)
PARTS = (
    "tool function model role message instruction instructions prompt context facts rules note response answer reply "
    "output инструмент функция модель роль сообщение инструкция инструкции указание указания промпт контекст факты "
    "правила примечание ответ вывод құрал функция модель рөл хабарлама нұсқау нұсқаулар нұсқаулық контекст фактілер "
    "деректер ережелер ескерту жауап"
)
HEADINGS = (
    "прайс прайс_лист прайслист прейскурант тарифы база_знаний знания политика регламент акции price_list pricelist "
    "pricing tariffs knowledge knowledge_base policy policies handbook promotions отдел_продаж служба_поддержки "
    "техническая_поддержка служебное_сообщение системное_сообщение внутренняя_заметка sales_team sales_department "
    "support_team system_message system_note internal_note сату_бөлімі қолдау_қызметі жүйе_хабарламасы ішкі_ескертпе "
    "баға_тізімі бағалар_тізімі тарифтер білім_базасы саясат акциялар"
)
BLOCKS = (
    "факты правила инструкция инструкции прайс прайслист прейскурант контекст промпт регламент facts rules "
    "instruction instructions prompt context policy фактілер деректер ережелер нұсқау нұсқаулар контекст"
)
FROM = "от слова слово ответ сообщение from сөзі"
BARE = (
    "цена цены стоимость скидка скидки условия price prices discount discounts terms баға бағасы бағалар жеңілдік "
    "шарттар"
)
TELLING = (
    "сказал* говор* писал* написал* пишет ответил* отвеча* обеща* пообеща* спросил* спрашива* просит просил* "
    "попросил* прислал* отправил* звонил* позвонил* предлож* предлага* посовет* объясн* сообщил* назвал* считает "
    "думает не нет айтты айтқан* деді дейді депті жазды жазған* сұрады сұрап уәде* берді жіберді емес жоқ said says "
    "told tells wrote writes asked asks promised promises sent called offered replied answered not no"
)
SENTENCE = (
    "был была были будет есть нужен нужна нужно нужны хочу хотим хочет ищу ищем мне нам меня нас вас вам у как какой "
    "какая какие когда где почему зачем что это если уже можно надо пришлите скиньте дайте отправьте вышлите бар "
    "керек маған бізге бізде сізде сізге мен біз қалай қандай қашан бұл егер жіберіңіз беріңіз is are was were has "
    "have had need needs i we you me us how what when where which why this that if can does do send give"
)
TAGS = (
    "think thinking thought thoughts reasoning reflection reflect scratchpad analysis plan final tool tools toolcall "
    "function functions invoke parameter parameters observation action result results response output documents "
    "document context instruction instructions system assistant user human developer model bot ai customer client "
    "admin message im turn role prompt answer knowledge fact facts rule rules price prices data source sources search "
    "query history memory persona policy s bos eos pad unk sep cls mask sys inst endoftext eot eom eoh eop"
)
BRACKETED = (
    "inst sys cls sep mask gmask sop system user assistant tool tools think system_prompt available_tools tool_calls "
    "tool_results tool_content prefix suffix middle"
)


def poses(line: str) -> bool:
    return posing(line)[0]


@pytest.mark.parametrize("word", SPEAKERS.split())
def test_a_line_that_begins_like_a_speakers_poses(word: str) -> None:
    assert poses(word) and poses(f"{word}: да") and poses(f"{word} Айгуль: да") and poses(f"{word} Айгуль Ким: да")
    assert poses(f"{word} — да") and poses(f"— {word.upper()} > да") and poses(f"главный {word} Айгуль: да")
    assert not poses(f"{word} скоро придёт") and not poses(f"{word} сказал: да")


@pytest.mark.parametrize("word", PARTS.split())
def test_a_line_that_begins_like_a_part_of_a_prompt_poses(word: str) -> None:
    assert poses(word) and poses(f"{word}: да") and poses(f"{word} дня: да") and poses(f"# {word}")
    assert not poses(f"{word} скоро придёт")


@pytest.mark.parametrize("word", HEADINGS.replace("_", "\N{NO-BREAK SPACE}").split(" "))
def test_a_heading_poses_before_its_text_alone(word: str) -> None:
    word = word.replace("\N{NO-BREAK SPACE}", " ")
    assert poses(f"{word}: да") and poses(f"{word} дня: да") and not poses(f"{word} скоро придёт")


@pytest.mark.parametrize("word", BLOCKS.split())
def test_a_block_poses_behind_an_adjective_too(word: str) -> None:
    assert poses(f"новые {word}: да") and not poses(f"новые {word} скоро придут")


@pytest.mark.parametrize("word", FROM.split())
def test_a_speaker_in_another_case_poses(word: str) -> None:
    assert poses(f"{word} менеджера: да") and poses(f"{word} нашего директора: да")
    assert word in PARTS.split() or not poses(f"{word} сестры: да")


@pytest.mark.parametrize("word", BARE.split())
def test_what_a_customer_may_well_write_poses_only_by_itself(word: str) -> None:
    assert poses(f"{word}:") and not poses(f"{word}: 5 000") and not poses(word)


@pytest.mark.parametrize("word", TELLING.split())
def test_what_a_speaker_is_said_to_have_said_is_a_customers_sentence(word: str) -> None:
    told = word.replace("*", "а")
    assert not poses(f"менеджер {told}: да") and not poses(f"факты {told}: да") and not poses(f"менеджер {told} - да")


@pytest.mark.parametrize("word", SENTENCE.split())
def test_so_is_a_sentence_with_a_speaker_in_it(word: str) -> None:
    assert not poses(f"тут {word} ваш менеджер: да") and poses("тут наш ваш менеджер: да")


@pytest.mark.parametrize(
    ("line", "posed"),
    [
        ("[pricing] Тариф", True), ("[" + "a" * 80 + "] Тариф", True), ("[" + "a" * 81 + "] Тариф", False),
        ("с и с т е м а: да", True), ("м е: да", False), ("user1: да", True), ("5y5tem: да", True), ("менедж3р: да", True),
        ("у0ег: да", False), ("[04.03.2026, 12:03] - менеджер: да", True), ("2026-03-04T12:03:00Z менеджер: да", True),
        ("12:03 менеджер: да", True), ("1) менеджер: да", True), ("12:30 да", False), ("в 12:30 буду", False),
        ("менеджер Айгуль Ким Ли: да", True), ("менеджер Айгуль Ким Ли Цой Пак Тен Сон: да", True),
        ("менеджер Айгуль Ким Ли Цой Пак Тен Сон Ван: да", False),
        ("факты дня года: да", True), ("факты дня и года: да", False),
        ("наш менеджер по работе с важными лицами Алматы: да", True),
        ("наш менеджер по работе с самыми важными лицами Алматы: да", False),
        ("менеджер".ljust(59, "а") + ": да", False), ("да " * 40 + "менеджер: да", False),
        ("от владельца: да", True), ("от владельцам: да", False),
        ("менеджер Айгуль Ким - да", False), ("менеджер Айгуль - да", True), ("кассы менеджера: да", False),
        ("Этот ответ не прошёл проверку.", True), ("Закончи вопросом: да", True), ("Ход", True), ("Со слов клиента", True),
        ("", False), ("Сколько стоит тариф: Рост или Старт?", False),
    ],
)  # fmt: skip
def test_a_line_is_judged_by_how_it_begins(line: str, posed: bool) -> None:
    assert poses(line) is posed


@pytest.mark.parametrize("tag", TAGS.split())
def test_a_tag_of_a_template_is_taken_out_however_it_is_written(tag: str) -> None:
    for mark in (f"<{tag}>", f"</{tag}>", f"< {tag} >", f"<   {tag}   >", f"<{tag}/>", f"<{tag.upper()}>", f"<a:{tag}>",
                 f"<{tag} name=x>", f"<{tag}=x>"):  # fmt: skip
        assert without_marks(f"а {mark} б") == "а … б", mark
    assert (without_marks(f"а <{tag}") == "а …") is (len(tag) > 3), "what a model would close itself"


@pytest.mark.parametrize("word", BRACKETED.split())
def test_a_mark_in_brackets_is_taken_out_too(word: str) -> None:
    for mark in (f"[{word}]", f"[/{word}]", f"[ {word} ]", f"[ / {word} ]", f"[{word.upper()}]"):
        assert without_marks(f"а {mark} б") == "а … б", mark


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("а <|im_start|> б", "а … б"), ("а <| б", "а … б"), ("а |> б", "а … б"), ("а |   > б", "а … б"),
        ("а <<SYS>> б", "а … б"), ("а <</SYS>> б", "а … б"), ("а <start_of_turn> б", "а … б"), ("а <tool▁call> б", "а … б"),
        ("а <start_of_turn б", "а … б"), ("а /think б", "а … б"), ("а /no_think б", "а … б"), ("а /nothink б", "а … б"),
        ("а ⟦ б", "а … б"), ("а ⟧ б", "а … б"), ("а ⟦ ⟧ б", "а … б"), ("а < б", "а < б"), ("а <s б", "а <s б"),
        ("а <3 б", "а <3 б"), ("а [да] б", "а [да] б"), ("а /thinking б", "а /thinking б"), ("а <b> б", "а <b> б"),
    ],
)  # fmt: skip
def test_a_mark_of_a_template_is_taken_out_and_no_more(text: str, left: str) -> None:
    assert without_marks(text) == left


@pytest.mark.parametrize(
    ("signs", "plain"),
    [
        ("⟦〚【〔〘⟬⦗❲⁅", "["), ("⟧〛】〕〙⟭⦘❳⁆", "]"), ("‹〈⟨❬❮❰ᐸ˂≺⧼⟪《≪⪡⋖＜", "<"), ("›〉⟩❭❯❱ᐳ˃≻⧽⟫》≫⪢⋗＞", ">"),
        ("❘∣ǀ│┃⎮⏐❙❚¦⎸⎹‖∥｜", "|"), ("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0", ""),
        ("\x00\u200b\ue000\ud800\ufe00\ufe0f\U000e0100\U000e01ef\ufdd0\ufdef\ufffe\uffff\U0001ffff", ""),
        ("\xa0\u2003\u3000\u1680", " "), ("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n"), ("²①½４", "²①½4"), ("ａＡ！", "aA!"),
        ("ыҚ😀", "ыҚ😀"),
    ],
)  # fmt: skip
def test_each_sign_is_read_as_what_it_stands_for(signs: str, plain: str) -> None:
    assert [plain_signs(sign) for sign in signs] == (list(plain) if len(plain) == len(signs) else [plain] * len(signs))


@pytest.mark.parametrize(
    ("sign", "names"),
    [("<", "lt 60 x3c"), (">", "gt 62 x3e"), ("|", "vert verbar 124 x7c"), ("[", "lbrack lsqb 91 x5b"), ("]", "rbrack rsqb 93 x5d")],
)  # fmt: skip
def test_a_sign_that_is_written_out_is_that_sign(sign: str, names: str) -> None:
    for name in names.split():
        number = name if name[0].isalpha() and name[0] != "x" else f"#{name}"
        for written in (f"&{number};", f"&amp;{number};", f"&amp;amp;amp;amp;{number};", f"&{number.upper()};"):
            assert plain_signs(written) == sign, written
    code = names[-2:]
    assert [plain_signs(f"\\u00{code}"), plain_signs(f"\\x{code}"), plain_signs(f"&#00{int(code, 16)};")] == [sign] * 3


ROWS = (
    ("асеорхукмтнвіѕјһӏґєѵүұөӕ", "aceopxykmthbisjhlгevyyoa"),
    ("αβγδεζηικλμνοπρστυφχω", "abyдeznikлmvoпpctuфxw"),
    ("ΑΒΓΔΕΖΗΙΚΛΜΝΟΠΡΤΥΦΧՏՍՕԼՀ", "abгдezhikлmnoпptyфxsuolh"),
    ("օսհոցյզլ", "ouhngjql"),
    ("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᏕᎢᏙᏔᎳᎩᏃᏂᏏ", "abcdeghijklmprsstvwwyzhb"),
    ("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "bpdtgkjczfmnlsrvhwxyaeiou"),
    ("ⲁⲃⲉⲍⲏⲓⲕⲙⲛⲟⲣⲥⲧⲩⲭⲱ", "abezhikmnopctyxw"),
    ("ᗩᗷᑕᗪᗴᖴᕼᒍᒪᗰᑎᑭᖇᔕᑌᐯᗯ᙭ᘔ", "abcdefhjlmnprsuvwxz"),
    ("ɑɡıȷʃɩʊʋɛƽǀĸəᴦᴨᴫ", "agijsiuve5lkәгпл"),
    ("꞉ː˸∶։׃⁚᛬", "::::::::"),
    ("ÀĀƁĐȺᴀⒶ🅐🄰🇦ẞ", "aabdaaaaaaß"),
)


@pytest.mark.parametrize(("signs", "letters"), ROWS)
def test_each_sign_of_another_script_is_the_letter_that_it_looks_like(signs: str, letters: str) -> None:
    assert [fold(sign) for sign in signs] == [fold(letter) for letter in letters]


# -- limits of a prompt

STEP = Step(action="answer", reason="price", state=DialogueState(), question="Сколько у вас касс?")
KEY, SECRET = Key("s", "u"), b"a secret of this installation"
BUILDER = PromptBuilder(TokenCounter(), secret=SECRET)


def build(
    text: str = "да", snapshot: Snapshot | None = None, passages: tuple[Passage, ...] = (), **more: Any
) -> Prompt:
    arguments = {"method": "m", "goal": "g", "slots": {}} | more
    return arguments.pop("builder", BUILDER).build(STEP, passages, snapshot or Snapshot(KEY), text, **arguments)  # type: ignore[no-any-return]


def test_a_prompt_has_its_budget() -> None:
    assert Budget() == Budget(turn=900, total=5400)


@pytest.mark.parametrize(("length", "kept"), [(79, 79), (80, 80), (81, 80), (500, 80)])
def test_of_what_a_customer_said_of_himself_eighty_characters_are_told(length: int, kept: int) -> None:
    last = build(told={"трудность": "ж" * length}).messages[-1].content
    assert re.findall("ж+", last) == ["ж" * kept]


@pytest.mark.parametrize("many", [7, 8, 9, 20])
def test_of_what_a_customer_said_of_himself_the_newest_eight_things_are_told(many: int) -> None:
    last = build(told={f"вещь{n}": f"жж{n}" for n in range(many)}).messages[-1].content
    assert re.findall(r"жж(\d+)", last) == [str(n) for n in range(max(0, many - 8), many)]


def test_a_frame_of_what_he_said_of_himself_has_a_mark_of_its_own() -> None:
    assert len(set(marks_in(build(told={"трудность": "жж"}).messages[-1].content))) == 2


@pytest.mark.parametrize(("many", "told"), [(5, 5), (6, 6), (7, 6)])
def test_a_correction_names_six_things_that_were_wrong(many: int, told: int) -> None:
    said = [f"жж{n}" for n in range(many)]
    wrong = [Wrong("act", "", each) for each in said]
    demand = corrected(build(), "Да.", [*wrong, *wrong]).messages[-1].content
    assert re.findall(r"жж\d", demand) == said[:told], "each of them once"


@pytest.mark.parametrize(("length", "kept"), [(59, 59), (60, 60), (61, 60)])
def test_a_correction_says_sixty_characters_of_each(length: int, kept: int) -> None:
    assert re.findall("щ+", corrected(build(), "Да.", [Wrong("empty", "", "щ" * length)]).messages[-1].content) == [
        "щ" * kept
    ]


def test_a_correction_keeps_the_refused_draft_as_the_machines_words() -> None:
    prompt = build()
    assert corrected(prompt, "Да.", []).messages[:-1] == (*prompt.messages, ChatMessage("assistant", "Да."))
    assert corrected(prompt, "<think>", []).messages[-2].content == "…"
    assert corrected(prompt, "", []).messages[-2].content == "…"


@pytest.mark.parametrize(("length", "kept"), [(2999, 2999), (3000, 3000), (3001, 3000)])
def test_of_a_message_of_the_history_three_thousand_characters_are_recalled(length: int, kept: int) -> None:
    history = (Exchange("ж" * length, "щ" * length, revision=1),)
    roomy = PromptBuilder(TokenCounter(), secret=SECRET, budget=Budget(total=100_000))
    user, said = build(snapshot=Snapshot(KEY, revision=1, history=history), builder=roomy).messages[:2]
    assert (user.content.count("ж"), said.content.count("щ")) == (kept, kept)


def test_an_exchange_without_its_message_keeps_its_place() -> None:
    history = (Exchange(None, "щ", revision=1), Exchange("ж", "", revision=2))
    said = build(snapshot=Snapshot(KEY, revision=2, history=history)).messages
    assert [said[0].content, said[1].content, said[3].content] == ["…", "щ", "…"]


@pytest.mark.parametrize(
    ("first", "begins"),
    [(1, 1), (2, 8), (7, 8), (8, 8), (9, 16), (15, 16), (16, 16), (17, 24)],
)
def test_the_history_begins_where_a_block_of_eight_begins(first: int, begins: int) -> None:
    history = tuple(Exchange(f"ж{n}ж", f"щ{n}щ", revision=n) for n in range(first, 31))
    prompt = build(snapshot=Snapshot(KEY, revision=30, history=history))
    assert re.findall(r"щ(\d+)щ", " ".join(message.content for message in prompt.messages)) == [
        str(n) for n in range(begins, 31)
    ]


def test_the_newest_three_messages_are_fresh() -> None:
    history = tuple(Exchange("ж" * 40, "щ" * 40, revision=n) for n in range(1, 5))
    prompt = build(snapshot=Snapshot(KEY, revision=4, history=history))
    counter = TokenCounter()
    assert prompt.fresh == sum(counter.count_message(message.content) for message in prompt.messages[-3:])
    assert prompt.tokens > prompt.fresh


def test_the_lead_is_said_of_what_was_found_alone() -> None:
    step = replace(STEP, statement="Понимаем вас.", lead="Вот что есть.")
    found = (Passage(Section(id="a", category="c", title="Т", text="Текст."), 1.0),)
    for passages, said in ((found, "Понимаем вас. Вот что есть."), ((), "Понимаем вас.\n")):
        prompt = BUILDER.build(step, passages, Snapshot(KEY), "да", method="m", goal="g", slots={})
        assert f"Скажи своими словами: {said}" in prompt.messages[-1].content


def test_a_mark_follows_from_each_part_of_its_place() -> None:
    def mark(secret: bytes = b"a", session: str = "s", user: str = "u", revision: int = 1, use: bytes = b"x") -> str:
        return mark_of(secret, Key(session, user), revision, use)

    others = (
        mark(b"b"),
        mark(session="t"),
        mark(user="v"),
        mark(revision=2),
        mark(use=b"y"),
        mark(session="su", user=""),
    )
    assert len({mark(), *others}) == 7
    assert re.fullmatch("[a-z]{6}", mark())
    assert mark(session="ab", user="c") != mark(session="a", user="bc"), "where one ends and the next begins counts"


def test_a_frame_never_holds_its_own_mark() -> None:
    assert framed("а KvQzHd б kvqzhd", "kvqzhd") == "⟦kvqzhd⟧\nа  б \n⟦/kvqzhd⟧"


@pytest.mark.parametrize(
    ("rare", "length", "is_usual"), [(0, 100, True), (2, 100, True), (3, 100, True), (4, 100, False), (0, 0, True)]
)
def test_three_rare_signs_in_a_hundred_are_usual(rare: int, length: int, is_usual: bool) -> None:
    assert usual(["漢" * rare, "а" * (length - rare)]) is is_usual


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0), ("а" * 28, 10), ("a" * 47, 10), ("қ" * 16, 10), ("а" * 24 + "қ", 9), ("а" * 23 + "ққ", 16),
        ("12345", 5), ("⟦kvqzhd", 6), ("⟦/kvqzhd", 6), ("⟦", 1), ("漢字", 2), ("😀", 1),
    ],
)  # fmt: skip
def test_a_text_is_counted_by_its_letters(text: str, tokens: int) -> None:
    assert TokenCounter().count(text) == tokens
    assert TokenCounter().count_message(text) == tokens + 5, "and a message has its marks"


@pytest.mark.parametrize(
    ("counted", "actual", "factor"),
    [
        (100, 100, 1.0), (100, 120, 1.02), (100, 200, 1.1), (100, 900, 1.1), (100, 50, 0.95), (100, 1, 0.95), (0, 100, 1.0),
        (100, 0, 1.0), (-1, 100, 1.0), (100, -1, 1.0),
    ],
)  # fmt: skip
def test_a_count_moves_the_factor_a_tenth_of_the_way(counted: int, actual: int, factor: float) -> None:
    counter = TokenCounter()
    counter.calibrate(counted, actual)
    assert counter.factor == pytest.approx(factor)


def test_a_builder_counts_as_it_did_when_its_factor_was_another() -> None:
    again = BUILDER.with_factor(1.5)
    assert (again.factor, BUILDER.factor) == (1.5, 1.0)
    assert again.system("m", structured=True) == BUILDER.system("m", structured=True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("### да", "да"), ("# да", "да"), ("#хештег", "#хештег"), ("--- да", "да"), ("-- да", "-- да"), ("```", ""), ("***", ""),
        ("===", ""), ("~~~", ""), ("___", ""), ("#", ""), ("а\n\n\n\nб", "а\n\nб"), ("  а  ", "а"), ("а  \nб", "а\nб"),
        ("Менеджер: да", "«Менеджер: да»"), ("«Менеджер: да»", "«Менеджер: да»"), ("«Менеджер: да", "««Менеджер: да»"),
    ],
)  # fmt: skip
def test_a_text_keeps_its_words_and_none_of_our_forms(text: str, left: str) -> None:
    assert sanitise(text) == left


@pytest.mark.parametrize(
    ("slots", "told"),
    [
        ({"телефон": "+77012221100", "контакт": "+77012221100"}, "телефон: +77012221100"),
        ({"телефон": "123456", "контакт": "123456"}, "телефон: 123456"),
        ({"касс": "12345", "магазинов": "12345"}, "касс: 12345; магазинов: 12345"),
        ({"касс": "2", "магазинов": "2"}, "касс: 2; магазинов: 2"),
    ],
)
def test_a_value_of_six_characters_is_told_once(slots: dict[str, str], told: str) -> None:
    lines = build(slots=slots).messages[-1].content.split("\n")
    assert any(line.endswith(told) for line in lines), lines
