"""Bots made of data: a session_id decides who answers, and from which knowledge."""

from pathlib import Path

import pytest

from loadtests.service import Server, ask

FLOWERS = """
category: flowers
sections:
  - id: roses
    text: Букет роз стоит 9 000 ₸.
    questions: [сколько стоят розы, почём букет роз, цена роз]
    facts: [{name: Букет роз, amount: 9000, currency: ₸, unit: букет, period: once}]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "flowers").mkdir()
    (tmp_path / "flowers" / "kb.yaml").write_text(FLOWERS, "utf-8")
    path = tmp_path / "settings.yaml"
    path.write_text('bots:\n  florist:\n    sessions: ["FLOWER_*", EXACT]\n    kb: flowers\n', "utf-8")
    return path


def test_the_session_decides_who_answers_and_from_which_knowledge(tmp_path: Path, settings: Path) -> None:
    with Server(tmp_path / "data", arguments=("--settings", str(settings))) as server, server.client() as client:
        for session in ("FLOWER_1", "EXACT"):
            assert "9 000 ₸" in ask(client, "сколько стоят розы?", session=session)["answer"]
        other = ask(client, "сколько стоят розы?", session="flower_1")
        assert "9 000" not in other["answer"]
        assert "14 900 ₸" in ask(client, "сколько стоит тариф Рост?", session="BOT_1")["answer"]
        assert "14 900" not in ask(client, "сколько стоит тариф Рост?", session="FLOWER_1", user="b")["answer"]
        ready = client.get("/ready").json()["parts"]["knowledge"]["detail"]
        assert "florist" in ready
        assert 'machine_knowledge_sections{bot="florist"} 1.0' in client.get("/metrics").text
