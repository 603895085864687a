"""The parts that reading stands on: marks of media, tags and entities, rows of words, one spelling."""

import pytest

from app.reading.lexicon import LANGUAGES, Rows, data, listed
from app.reading.own.markup import plain
from app.reading.prefix import split_media
from app.reading.tokens import fold, tokens, words


@pytest.mark.parametrize(
    ("text", "media", "own"),
    [
        ("[image]: кот ", "image", "кот"),
        ("[audio transcript]:где вы", "audio", "где вы"),
        ("[audio]: где вы", "text", "[audio]: где вы"),
        (" [image]: кот", "text", " [image]: кот"),
        ("привет ", "text", "привет "),
        ("[image]:[audio transcript]: а", "image", "[audio transcript]: а"),
    ],
)
def test_a_callers_mark_says_what_a_message_was(text: str, media: str, own: str) -> None:
    assert split_media(text) == (media, own)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<p>раз</p><b>два</b>", "\nраз\nдва"),
        ("раз<br>два<BR/>три<br />", "раз\nдва\nтри\n"),
        ("<a href='x'>сюда</a>", "сюда"),
        ("<td>раз</td><tr>два<h3>три", "раз\nдва\nтри"),
        ("3 <b и 5> 4", "3  4"),
        ("<скидка> <price>", "<скидка> <price>"),
        ("a<b", "a<b"),
        ("раз&nbsp;два &laquo;три&raquo;", "раз\u00a0два «три»"),
        ("&amp;laquo;да&#38;raquo;", "«да»"),
        ("&amp;&lt;&gt;&quot;", '&<>"'),
        ("&#1046;&#x416;&#X416;", "ЖЖЖ"),
        ("&#115;&#35;&#59;&#65;", "&#115;&#35;&#59;&#65;"),
        ("&#10;&#31;&#55296;&#1114112;&#1114111;", "&#10;&#31;&#55296;&#1114112;\U0010ffff"),
        ("&#32;&#57344;&#x10ffff;", " \ue000\U0010ffff"),
        ("&unknown; &nbsp &fjlig;", "&unknown; &nbsp &fjlig;"),
        ("AT&T; R&D", "AT&T; R&D"),
    ],
)
def test_tags_and_entities_are_read_as_they_are_seen(text: str, wanted: str) -> None:
    assert plain(text) == wanted


def test_rows_are_found_by_words_beginnings_and_choices_the_longest_of_each_name() -> None:
    rows = Rows([("a", "раз"), ("a", "раз два"), ("b", "раз дв*"), ("c", "раз|три четыре"), ("d", "тр*"), ("e", "Ёж")])
    assert rows.at(["раз", "два"], 0) == {"a": 2, "b": 2}
    assert rows.at(["раз", "двери"], 0) == {"a": 1, "b": 2}
    assert rows.at(["раз"], 0) == {"a": 1}
    assert rows.at(["ну", "три", "четыре"], 1) == {"c": 3, "d": 2}
    assert rows.at(["раз", "четыре"], 0) == {"a": 1, "c": 2}
    assert rows.at(["тр"], 0) == {"d": 1}
    assert rows.at(["т"], 0) == {}
    assert rows.at(["еж"], 0) == {"e": 1}, "rows are folded as words are"
    with pytest.raises(ValueError, match="an empty row among 'f'"):
        Rows([("f", " ")])


def test_a_shorter_row_takes_nothing_from_a_longer_one_of_its_name() -> None:
    assert Rows([("a", "раз два"), ("a", "раз")]).at(["раз", "два"], 0) == {"a": 2}


def test_every_language_speaks() -> None:
    assert LANGUAGES == ("ru", "kk", "en")
    greetings = data()["moods"]["greeting"]
    assert {"добрый день", "сәлеметсіз бе", "hello"} <= set(greetings)
    assert all(word == word.strip() for word in greetings)
    assert "еще" not in listed("moods", "nothing of that name")
    assert {"егер", "if", "если"} <= {*data()["moods"]["condition"]}


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("ЁЖ", "еж"),
        ("Әғқңөұүһі", "агкноуухи"),
        ("DON’T", "don't"),
        ("don`t", "don't"),
        ("İzmir", "İzmir"),
        ("ΣΑΣ", "σας"),
    ],
)
def test_one_spelling(word: str, wanted: str) -> None:
    assert fold(word) == wanted
    assert len(fold(word)) == len(word)


def test_words_are_letters_or_figures_with_what_joins_them() -> None:
    assert words("Don't бизнес-план 1.5 10:30 a_b #x 3д") == (
        "don't", "бизнес-план", "1.5", "10:30", "a", "b", "x", "3", "д",
    )  # fmt: skip
    assert words("слово- -да 5, 6.") == ("слово", "да", "5", "6")


@pytest.mark.parametrize(
    ("text", "cuts", "marks"),
    [
        ("раз два", [2, 0], ["", ""]),
        ("раз, два", [2, 1], ["", ""]),
        ("раз: (два) — три – пять", [2, 1, 1, 1], [""] * 4),
        ("раз - два", [2, 1], ["", ""]),
        ("раз-два", [2], [""]),
        ("раз. Два! три?", [2, 2, 2], ["", "!", "?"]),
        ("раз… два; три", [2, 2, 2], ["", "", ""]),
        ("раз?! два", [2, 2], ["?", ""]),
        ("ул. абая", [2, 0], ["", ""]),
        ("ул. Абая", [2, 2], ["", ""]),
        ("дом. абая", [2, 2], ["", ""]),
        ("shop.kz", [2, 0], ["", ""]),
        ("ул! абая", [2, 2], ["!", ""]),
        ("где вы там сейчас\nна месте ли", [2, 0, 0, 0, 2, 0, 0], [""] * 7),
        ("где\nвы\nтам", [2, 0, 0], [""] * 3),
        ("где вы\nна абая", [2, 0, 0, 0], [""] * 4),
        ("где вы\nна\nабая ведь же", [2, 0, 0, 0, 0, 0], [""] * 6),
        ("где. вы\nтам", [2, 2, 0], [""] * 3),
    ],
)
def test_what_parts_words(text: str, cuts: list[int], marks: list[str]) -> None:
    found = tokens(text)
    assert [token.cut for token in found] == cuts
    assert [token.mark for token in found] == marks
    assert [text[token.start : token.end].lower() for token in found] == [token.word for token in found]
