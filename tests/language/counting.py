"""Counts the letters of each language and writes app/language/letters.json: `python -m tests.language.counting`.

Counted are the repository's own texts (kb/, docs/, the dialogue's phrases and texts), the word lists of
app/language/words and the sentences of tests/language/texts. A word counts once however often it stands, a little more if
often: texts of one trade should weigh no more than they must. Russian and Kazakh are counted in their own letters and in
the habits of Latin ones, Kazakh without its own letters too.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.thrift import parsed

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "app/language/words"
OUT = ROOT / "app/language/letters.json"
LETTERS = parsed((WORDS / "letters.yaml").read_text("utf-8"))
KAZAKH = set(LETTERS["kazakh"]["letters"])
PLAIN = str.maketrans(LETTERS["kazakh"]["letters"], LETTERS["kazakh"]["plain"])
RARE = 2.0  # a trigram that weighs less is left out: most of them are of one name
COMMON = {"ru": 9000, "kk": 2500, "en": 3100}  # words of each language that the counts keep whole

# Habits of writing Russian with Latin letters: (from, to), the longer first.
_RU = dict(
    zip(
        "абвгдезийклмнопрстуфхцчшщъыьэюяё",
        "a b v g d e z i i k l m n o p r s t u f h c ch sh sh _ y _ e yu ya e".split(),
        strict=False,
    )
)
_SCHOLAR = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch _ y ' e yu ya".split(),
        strict=True,
    )
)
HABITS_RU = (
    _SCHOLAR,
    {**_SCHOLAR, "й": "i", "х": "h", "ц": "c", "щ": "sh", "ь": "_", "ё": "e"},
    {**_SCHOLAR, "ж": "j", "й": "i", "х": "h", "щ": "sch", "ь": "_", "ё": "e", "ы": "i"},
    {
        **_SCHOLAR,
        "ж": "j",
        "й": "y",
        "х": "x",
        "ч": "4",
        "ш": "w",
        "щ": "w",
        "ь": "_",
        "ё": "e",
        "ы": "i",
        "я": "ia",
        "ю": "u",
    },
)
_KK = {
    **_SCHOLAR,
    "ж": "j",
    "х": "h",
    "й": "i",
    "щ": "sh",
    "ь": "_",
    "ё": "e",
    "ә": "a",
    "ғ": "g",
    "қ": "q",
    "ң": "n",
    "ө": "o",
    "ұ": "u",
    "ү": "u",
    "һ": "h",
    "і": "i",
}
HABITS_KK = (
    _KK,
    {**_KK, "қ": "k", "ж": "zh", "й": "y", "ы": "i"},
    {**_KK, "қ": "k", "й": "i", "ң": "ng"},
    {**_KK, "ғ": "ğ", "ө": "ö", "ү": "ü", "ә": "ä", "і": "i"},
)


def written(habit: dict[str, str]) -> Callable[[str], str]:
    return lambda word: "".join(habit.get(letter, letter) for letter in word).replace("_", "")


def plain_e(word: str) -> str:
    return word.translate(str.maketrans(LETTERS["yo"]["from"], LETTERS["yo"]["to"]))


def strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def texts(language: str) -> Iterator[str]:
    for file in sorted((ROOT / "kb").glob("*.yaml")):
        for section in parsed(file.read_text("utf-8"))["sections"]:
            if section.get("language", "ru") == language:
                yield from strings([section.get(key) for key in ("title", "text", "questions", "keywords")])
    for folder in ("texts", "phrases"):
        yield from strings(parsed((ROOT / f"app/dialogue/{folder}/{language}.yaml").read_text("utf-8")))
    pages = {"ru": [*ROOT.glob("docs/ru/*.md"), ROOT / "README.ru.md"], "en": [*ROOT.glob("docs/*.md")], "kk": []}[
        language
    ]
    for page in sorted(pages):
        yield re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", page.read_text("utf-8"), flags=re.S)
    yield (Path(__file__).parent / f"texts/{language}.txt").read_text("utf-8")


def weights(language: str) -> dict[str, float]:
    letters = "a-z'" if language == "en" else "а-яё" + "".join(KAZAKH)
    found: Counter[str] = Counter()
    for text in texts(language):
        for word in re.findall(rf"(?<![\w*])[{letters}]+(?![\w*])", text.lower().replace("’", "'")):
            found[word.strip("'")] += 1
    listed = parsed((WORDS / f"{language}.yaml").read_text("utf-8"))
    own = f"{listed['own']} {listed.get('seen', '')}".split()
    if language == "ru":  # a page in Russian may name a Kazakh word
        kazakh = parsed((WORDS / "kk.yaml").read_text("utf-8"))["own"].translate(PLAIN).split()
        found = Counter({word: n for word, n in found.items() if not KAZAKH & set(word) and word not in kazakh})
    known = {word: 1 + math.log(1 + n) for word, n in found.items() if word}
    for word in own:
        known[word] = known.get(word, 1) + 3
    return known


def table(words: Iterable[tuple[str, float]]) -> dict[str, int]:
    """-10 ln P of each letter behind two, one and none, as far as seen; boundaries are spaces."""
    grams: list[Counter[str]] = [Counter(), Counter(), Counter(), Counter()]
    for word, weight in words:
        padded = f"  {word} "
        for at in range(2, len(padded)):
            for size in (1, 2, 3):
                grams[size][padded[at - size + 1 : at + 1]] += weight
    total = sum(grams[1].values())
    contexts: list[Counter[str]] = [Counter(), Counter(), Counter()]
    kinds: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for size in (2, 3):
        for gram, weight in grams[size].items():
            contexts[size - 1][gram[:-1]] += weight
            kinds[size - 1][gram[:-1]] += 1
    one = {gram: weight / total for gram, weight in grams[1].items()}

    def smoothed(gram: str, below: float) -> float:
        context, size = gram[:-1], len(gram)
        seen, different = contexts[size - 1][context], kinds[size - 1][context]
        return (grams[size][gram] + 2 * different * below) / (seen + 2 * different)  # Witten and Bell, doubled

    two = {gram: smoothed(gram, one[gram[-1]]) for gram in grams[2]}
    three = {gram: smoothed(gram, two[gram[1:]]) for gram, weight in grams[3].items() if weight >= RARE}
    return {gram: round(-10 * math.log(p)) for gram, p in sorted({**one, **two, **three}.items())}


def main() -> None:
    counted = {language: weights(language) for language in ("ru", "kk", "en")}
    habits = {"ru": HABITS_RU, "kk": HABITS_KK}
    spelt = {language: {plain_e(word): weight for word, weight in words.items()} for language, words in counted.items()}
    tables = {language: table(words.items()) for language, words in spelt.items()}
    tables["kk_plain"] = table((word.translate(PLAIN), weight) for word, weight in counted["kk"].items())
    for language, ways in habits.items():
        tables[f"{language}_latin"] = table(
            (written(way)(word), weight / 2) for way in ways for word, weight in counted[language].items()
        )
    words = {
        language: " ".join(
            sorted(sorted((w for w in known if len(w) > 3), key=lambda w: (-known[w], w))[: COMMON[language]])
        )
        for language, known in spelt.items()
    }
    OUT.write_text(
        json.dumps({"tables": tables, "words": words}, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8"
    )
    for name, content in tables.items():
        print(name, len(content))
    print({language: len(known) for language, known in counted.items()}, OUT.stat().st_size)


if __name__ == "__main__":
    main()
