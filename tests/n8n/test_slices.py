"""The node `Slice`: its own expression, run by Node on the sample's texts and on awkward ones."""

import json
import re
import subprocess
from functools import cache
from itertools import pairwise

import pytest

from app.knowledge.sections import parse
from loadtests.service import ROOT
from tests.n8n.play import WORKFLOW

LIMIT = 200
AWKWARD = {
    "one word of 450": "а" * 450,
    "emoji alone": "😀" * 250,
    "no sentence end": "слово " * 120,
    "figures everywhere": "14 900 ₸ " * 60,
    "many lines": "\n".join(f"- пункт {number}, 3 500 ₸" for number in range(40)),
    "abbreviations": "Скидка 10 %, т. е. 1 490 ₸ в месяц, и т. д. и т. п. " * 8,
    "numbered list": "\n".join(f"{number}. Шаг занимает один день и ничего не стоит" for number in range(1, 12)),
    "surrounded by space": "  \n Да. \n ",
}


@cache
def slices(*texts: str) -> list[list[str]]:
    """What the node makes of each text."""
    nodes = json.loads(WORKFLOW.read_text("utf-8"))["nodes"]
    [node] = [node for node in nodes if node["name"] == "Slice"]
    expression = node["parameters"]["assignments"]["assignments"][0]["value"].removeprefix("={{").removesuffix("}}")
    program = (
        f"const slice = $json => {expression.strip()};"
        "const texts = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(texts.map(answer => slice({answer}))))"
    )
    done = subprocess.run(["node", "-e", program], input=json.dumps(texts), capture_output=True, text=True, check=True)
    found: list[list[str]] = json.loads(done.stdout)
    return found


def whole(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", AWKWARD)
def test_nothing_is_lost_and_nothing_is_too_long(name: str) -> None:
    [found] = slices(AWKWARD[name])
    assert whole("".join(found)) == whole(AWKWARD[name])
    assert all(0 < len(part) <= LIMIT for part in found)


def test_the_samples_texts_are_cut_at_sentence_ends_and_never_within_a_price() -> None:
    texts = [section.text for section in parse(ROOT / "kb")]
    cuts = ends = 0
    for text, found in zip(texts, slices(*texts), strict=True):
        assert whole("".join(found)) == whole(text)
        assert all(len(part) <= LIMIT for part in found)
        for left, right in pairwise(found):
            assert not (left[-1].isdigit() and re.match(r"\d{3}|[₸$€%]", right)), (left, right)
            cuts += 1
            ends += left[-1] in ".!?…:»)"
    assert cuts > 50, "the sample has too few long texts to show anything"
    assert ends / cuts > 0.9


def test_a_number_of_a_list_is_no_sentence_end() -> None:
    [found] = slices(AWKWARD["numbered list"])
    assert not any(re.search(r"(^|\n)\d+\.$", part) for part in found)
