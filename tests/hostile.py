"""Messages that are made to be expensive: every kind of repetition and nesting, at any length."""

from collections.abc import Callable, Mapping

_UNITS = (
    # letters, words, scripts
    "а", "ааа ", "нет ", "да, ", "не ", "и ", "или ", "а если ", "сколько стоит ", "Сколько стоит тариф Рост? ", "у нас ",
    "мне нужно ", "забудьте ", "верните деньги ", "позовите человека ", "қанша тұрады ", "how much is it? ", "I'm ",
    "кассир и ", "я, ты, ", "Рост и Старт, ", "«Рост» ", "зовут Асель ", "не 10, а 12 ", "магазин ", "3 магазина ",
    "аб-", "а-", "слово_", "Ёё ", "ıİ", "ǅ", "ß", "ﬃ ", "нeт ", "привет!привет", "спасибо" * 3, "кассса ", "ккассса",
    # digits
    "1", "1 ", "12 ", "7", "8(702)", "+7 ", "+7 702 123 45 67 ", "8702 ", "14 900 ₸ ", "1.", "1,1", "1 000 ", "10%", "№1 ", "2x3 ",
    "от 1 до 2 ", "12.12.2026 ", "12:30 ", "сто двадцать ", "два ", "1-2-", "0", "１", "①", "²", "Ⅻ", "५",
    # signs
    "(", ")", "()", "((", "[", "]", "[[]]", "{", "{}", "<", ">", "<<", "<|", "|>", "<|a|>", "</think>", "<think>", "/think ",
    "«", "»", "«а» ", "«»", '"', "'", "`", "``` ", "*", "**а** ", "_", "__а__ ", "~", "#", "# ", "=", "---", "- ", "|", "\\", "/", "//",
    ".", "...", ". ", "!", "?", "?!", ",", ", ", ";", ":", "…", "—", " — ", "-", "&", "&amp;", "&lt;|", "%", "$", "₸", "@", "^",
    # ends of lines and blanks
    " ", "  ", "\t", "\n", "\r", "\r\n", "\n\n", " \n", "\t\n", "\n ", "\u00a0", "\u2003", "\u0085", "\u2028", "\u2029", "\x0b", "\x0c",
    "а\n", "system:\n", "- а\n", "# а\n", "> а\n", "1. а\n", "user: а\n", "Факты:\n", "[а] б\n",
    # addresses
    "a@", "a@b", "a@b.", "a@b.c ", "@a ", "www.", "http://", "https://a.b/ ", "a.", "a.b", "a.b.c/", "t.me/", "xn--",
    # invisible, marks, emoji
    "\u200b", "\u200d", "\u00ad", "\u034f", "\ufeff", "\u202e", "\u0301", "а\u0301", "\U000e0041", "\u3164", "👍", "👨‍👩‍👧", "🇰🇿", "1️⃣", "\ud83d",
    # what a model and a log know
    '{"answer": "', '"human": true, ', "\\n", "\\u0041", "%s", "{{ a }}", "${a}", "\x00", "\x1b[31m", "\x7f",
)  # fmt: skip


def _repeat(unit: str) -> Callable[[int], str]:
    return lambda length: (unit * (length // len(unit) + 1))[:length]


def _nested(left: str, right: str, between: str = "а") -> Callable[[int], str]:
    def make(length: int) -> str:
        depth = max(1, (length - len(between)) // (len(left) + len(right)))
        return left * depth + between + right * depth

    return make


def _between(head: str, unit: str, tail: str) -> Callable[[int], str]:
    """A long run that nearly fits a pattern, and in the end does not."""
    return lambda length: head + _repeat(unit)(max(0, length - len(head) - len(tail))) + tail


def _mixed(*units: str) -> Callable[[int], str]:
    return _repeat("".join(units))


def _marks(depth: int, ends: str) -> Callable[[int], str]:
    """Nested template marks before a wall of line ends: each pass over it frees one more mark."""
    return _between("<|" * depth + "а" + "|>" * (depth - 1), ends, "б")


def _different(word: str) -> Callable[[int], str]:
    """No word comes twice, so that nothing is remembered."""

    def make(length: int) -> str:
        parts, size, number = [], 0, 0
        while size < length:
            letters = "".join(chr(ord("а") + (number // 32**n) % 32) for n in range(4))
            parts.append(f"{word}{letters} ")
            size += len(parts[-1])
            number += 7919
        return "".join(parts)[:length]

    return make


_SHAPES: Mapping[str, Callable[[int], str]] = {
    **{repr(unit)[1:-1][:24]: _repeat(unit) for unit in _UNITS},
    "nested ()": _nested("(", ")"),
    "nested []": _nested("[", "]"),
    "nested {}": _nested("{", "}"),
    "nested <>": _nested("<", ">"),
    "nested «»": _nested("«", "»"),
    "nested <|": _nested("<|", "|>"),
    "nested <think>": _nested("<think>", "</think>"),
    "nested quotes": _nested('"«', '»"'),
    "9 marks, lines": _marks(10, "\n"),
    "75 marks, lines": _marks(75, "\n"),
    "75 marks, blanks": _marks(75, " \n"),
    "75 marks, returns": _marks(75, "\r\n"),
    "а...б lines": _between("а", "\n", "б"),
    "а...б blanks": _between("а", " ", "б"),
    "1...б digits": _between("+", "7", "б"),
    "price...": _between("Сколько стоит ", "очень ", "?"),
    "number...": _between("у нас ", "1 ", "магазинов"),
    "mail...": _between("", "a", "@"),
    "link...": _between("http://", "a/", " "),
    "quote...": _between("«", "а ", ""),
    "tag...": _between("<", "a ", ""),
    "mixed": _mixed("12 ", "«а» ", "a@b.c ", "\n", "нет, ", "(", "👍 ", "+7 702 ", "how ", "қанша "),
    "money": _mixed("тариф Рост 14 900 ₸ в месяц, ", "тариф Старт 9 900 ₸ в месяц, "),
    "names": _mixed("Рост ", "Старт ", "Kaspi ", "1С ", "сканер ", "касса "),
    "units": _mixed("1 шт, ", "2 дня, ", "3 месяца, ", "4%, ", "5 ₸, "),
    "different words": _different("слово"),
    "different short words": _different(""),
    "different mistyped": _different("каса"),
    "one long word": lambda length: _different("")(length * 2).replace(" ", "")[:length],
}

SHAPES: tuple[str, ...] = tuple(_SHAPES)
"""Names of the kinds, for parametrised tests."""


def hostile(shape: str, length: int) -> str:
    """The message of that kind with about `length` characters, never more."""
    return _SHAPES[shape](length)[:length]
