"""What a message is for: learnt from examples, sure where it may be, and never a hard lane by a guess."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli import main
from app.errors import ConfigError
from app.understanding.acts import Classifier, learnt_from, load_examples
from app.understanding.training import fingerprint
from tests.thrift import most

LEAST = {"ru": 60, "kk": 40, "en": 25}

MESSAGES = """
price: подскажите ценник на замену стекла | бул кроссовка канша турады | what do you charge for a haircut
sum: если брать четыре абонемента, во сколько всё обойдётся | бәрі қосылғанда қанша шығады
feature: а краска у вас без запаха? | жеткізу ауылға бар ма
demo: можно на пробный урок прийти посмотреть | could you show me how it works first
invoice: скиньте счёт на оплату для тоо и акт потом | шот пен келісімшарт жасап беріңізші
human_wanted: соедините с живым человеком пожалуйста | адаммен сөйлескім келіп тұр
trouble: принтер опять жуёт ленту и мигает | кеше алған блендер қосылмай тұр
paid: деньги отправил, проверьте поступление | төлем жасадым чекті жібердім
supplier: мы шьём униформу оптом, хотим предложить вам | біз пакет шығарамыз, сізге жеткізе аламыз
applicant: ищу подработку, вам курьеры не нужны? | жұмысқа тұрайын деп едім, орын бар ма
opt_out: хватит слать мне рассылку | маған енді жазбаңыздаршы
auto_reply: Ваше сообщение получено. Оператор ответит в ближайшее рабочее время.
emergency: у нас запах газа в подъезде что делать | үйде өрт шықты
medical: после прививки сыпь, можно ли мазать кремом
complaint: мастер опоздал на два часа и нахамил | тапсырысым әлі келген жоқ, уәде бергенсіздер
thanks: спасибочки выручили | көп рахмет сізге
small_talk: сек, щас гляну | ахахах ну даете
"""
CASES = [
    (act, text.strip())
    for row in MESSAGES.strip().splitlines()
    for act, _, texts in [row.partition(":")]
    for text in texts.split(" | ")
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


@pytest.fixture(scope="module")
def examples() -> frozenset[str]:
    return frozenset(line for acts in load_examples().values() for lines in acts.values() for line in lines)


@pytest.mark.parametrize(("act", "text"), CASES)
def test_an_act_is_heard_in_other_words_than_the_examples(
    classifier: Classifier, examples: frozenset[str], act: str, text: str
) -> None:
    assert text not in examples
    assert act in [name for name, _ in classifier.scored(text).acts[:2]]


def test_every_act_has_enough_examples_and_no_line_stands_under_two() -> None:
    seen: dict[str, str] = {}
    for language, acts in load_examples().items():
        assert min(map(len, acts.values())) >= LEAST[language]
        for act, lines in acts.items():
            for line in lines:
                key = " ".join(line.casefold().split()).strip(" .!")
                assert seen.setdefault(key, act) == act, line


def test_the_weights_were_learnt_from_these_examples() -> None:
    assert learnt_from() == fingerprint(load_examples()), "run: machine understand train"


def test_what_is_like_no_example_is_unsure(classifier: Classifier) -> None:
    for text in ("кынтарап мулю", "zzxq wvkj", "лорем ипсум долор", "абвгд"):
        assert classifier.scored(text).acts[0][1] < 0.8, text


@given(st.text(max_size=300))
@settings(max_examples=most(200), deadline=None)
def test_the_probabilities_of_any_text_are_some(text: str) -> None:
    acts = Classifier.load().scored(text).acts
    assert not acts or abs(sum(chance for _, chance in acts) - 1) < 1e-3
    assert [chance for _, chance in acts] == sorted((chance for _, chance in acts), reverse=True)


def test_a_bots_own_example_decides_where_it_is_near(classifier: Classifier) -> None:
    own = classifier.with_own({"booking": ["на ноготочки в субботу"]})
    assert own.scored("на ноготочки в субботу").best == "booking"
    assert own.scored("сколько стоит доставка").best == classifier.scored("сколько стоит доставка").best
    with pytest.raises(ConfigError, match="act 'dancing' is unknown"):
        classifier.with_own({"dancing": ["пляшем"]})


def test_the_command_prints_what_is_read_of_a_text() -> None:
    done = CliRunner().invoke(
        main, ["understand", "> Работаем до девяти.\nа 2 шт за 15к тг отдадите завтра?", "--json"]
    )
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    assert (read["language"], [part["kind"] for part in read["aside"]]) == ("ru", ["quote"])
    assert read["clauses"][-1]["mood"] == "asked"
    assert "discount_request" in read["acts"]
    assert {"amount": 15000.0, "currency": "KZT"} in read["money"]
    assert read["times"][0]["grain"] == "day"
    plain = CliRunner().invoke(main, ["understand", "[image]: стикер, заяц машет лапой"])
    assert "sticker" in plain.stdout


def test_the_command_counts_what_is_right(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    lines = [{"text": "сколько стоит?", "acts": ["price"]}, {"text": "спасибо", "acts": ["refund"]}]
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    done = CliRunner().invoke(main, ["understand", "eval", str(file), "--json"])
    assert json.loads(done.stdout)["right"] == 0.5
    file.write_text("no json", "utf-8")
    broken = CliRunner().invoke(main, ["understand", "eval", str(file)])
    assert broken.exit_code == 2
    assert "cases.jsonl:1" in broken.output
    nothing = CliRunner().invoke(main, ["understand", "text"])
    assert nothing.exit_code == 2
    assert "there is no text" in nothing.output
