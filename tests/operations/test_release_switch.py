"""Which release serves after each way in which a switch can end, and the way back: `sales-machine-release`."""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.knowledge.publishing import Place, locked
from tests.operations.release_tool import Tool, modules


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tool]:
    with modules() as found:
        made = Tool(tmp_path, found, monkeypatch)
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        made.install("1.0-a", "2.0-b", "3.0-c")
        made.publish("kb1", "kb2")
        yield made
        made.close()


def test_a_release_that_serves_takes_the_place_of_the_former_one_which_is_remembered(tool: Tool) -> None:
    former = tool.serves("1.0-a")
    assert tool.switch(tool.state("2.0-b", "a: 2", "kb2"))
    assert (tool.current, tool.knowledge) == ("2.0-b", "kb2")
    assert (tool.etc / "settings.yaml").read_text() == "a: 2"
    assert tool.former == former.__dict__
    assert not (tool.etc / "switch.json").exists(), "nothing is under way any more"
    modes = {
        name: stat.S_IMODE((tool.etc / name).stat().st_mode)
        for name in ("former.json", "history.json", "settings.yaml")
    }
    assert modes == {"former.json": 0o600, "history.json": 0o600, "settings.yaml": 0o640}
    assert tool.calls.index("systemctl daemon-reload") < tool.calls.index("systemctl restart sales-machine.service")


def test_what_the_new_state_consists_of_is_on_the_disk_before_and_the_way_back_before_the_end(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool.serves("1.0-a")
    done: list[str] = []
    monkeypatch.setattr(os, "sync", lambda: done.append("sync"))
    for name in ("intent", "switch", "history"):
        module = tool.modules[name]
        if not hasattr(module, "write"):
            continue

        def noted(path: Path, content: str | None, *rest: Any, real: Any = module.write) -> None:
            done.append(path.name if content is not None else f"no {path.name}")
            real(path, content, *rest)

        monkeypatch.setattr(module, "write", noted)
    assert tool.switch(tool.state("2.0-b", "a: 2", "kb2"))
    assert done.index("sync") < done.index("switch.json"), "the release and its knowledge were copied by others"
    assert done.index("former.json") < done.index("no switch.json"), "a cut between leaves a way back"


def test_what_serves_already_is_left_alone_unless_it_has_ended(tool: Tool) -> None:
    tool.serves("1.0-a")
    assert not tool.switch(tool.state("1.0-a"))
    assert "systemctl restart sales-machine.service" not in tool.calls
    (tool.folder / "active").unlink()
    assert tool.switch(tool.state("1.0-a"))
    assert "systemctl restart sales-machine.service" in tool.calls
    assert tool.former is None, "it is its own former state no more than before"


@pytest.mark.parametrize("trouble", ["ill", "does not start", "another answers"])
def test_a_release_that_does_not_serve_gives_the_place_back(tool: Tool, trouble: str) -> None:
    tool.serves("1.0-a")
    if trouble == "ill":
        tool.ill.add("2.0-b")
    elif trouble == "another answers":
        (tool.folder / "pids/2.0-b").write_text((tool.folder / "pids/3.0-c").read_text())
    else:
        (tool.folder / "bin/systemctl").write_text(
            (tool.folder / "bin/systemctl").read_text().replace(f"! -e {tool.folder}/refuses", '"$(basename "$(readlink '
            f'{tool.folder}/code/current)")" != 2.0-b')
        )  # fmt: skip
    with pytest.raises(tool.failed, match=r"(?s)what the service said last.*release 1\.0-a serves again"):
        tool.switch(tool.state("2.0-b", "a: 2", "kb2"))
    assert (tool.current, tool.knowledge) == ("1.0-a", "kb1")
    assert (tool.etc / "settings.yaml").read_text() == "a: 1"
    assert tool.former is None
    assert not (tool.etc / "switch.json").exists()
    assert not (tool.etc / "history.json").exists()


def test_other_settings_of_the_same_release_that_do_not_serve_are_taken_back(tool: Tool) -> None:
    tool.serves("1.0-a")
    heal = tool._healthy

    def healthy(*_: object) -> None:
        if (tool.etc / "settings.yaml").read_text() == "a: 2":
            raise tool.failed("not healthy in time")
        heal()

    tool._patch.setattr(tool.modules["switch"], "until_healthy", healthy)
    with pytest.raises(tool.failed, match=r"1\.0-a serves again \(with its former settings, knowledge and unit\)"):
        tool.switch(tool.state("1.0-a", "a: 2"))
    assert (tool.etc / "settings.yaml").read_text() == "a: 1"


def test_the_first_release_that_does_not_serve_is_stopped(tool: Tool) -> None:
    tool.ill.add("1.0-a")
    with pytest.raises(tool.failed, match=r"there is no former release: sales-machine\.service is stopped"):
        tool.switch(tool.state("1.0-a"))
    assert tool.current is None
    assert "systemctl stop sales-machine.socket sales-machine.service" in tool.calls
    assert tool.former is None


def test_it_is_said_when_the_former_release_does_not_serve_either(tool: Tool) -> None:
    tool.serves("1.0-a")
    tool.ill |= {"1.0-a", "2.0-b"}
    with pytest.raises(tool.failed, match=r"and the former release 1\.0-a does not serve either"):
        tool.switch(tool.state("2.0-b"))
    assert tool.current == "1.0-a"


def test_what_does_not_pass_its_gate_changes_nothing(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool.serves("1.0-a")
    (tool.folder / "calls").unlink()

    def refused(*_: object) -> None:
        raise tool.failed("release 2.0-b did not pass its gate")

    monkeypatch.setattr(tool.modules["switch"], "try_out", refused)
    with pytest.raises(tool.failed, match=r"did not pass its gate\nrelease 1\.0-a goes on serving"):
        tool.switch(tool.state("2.0-b"), gate=True)
    assert tool.current == "1.0-a"
    assert not [call for call in tool.calls if "restart" in call or "daemon-reload" in call]


def test_knowledge_that_the_switch_does_not_name_is_left_to_who_publishes_it_meanwhile(tool: Tool) -> None:
    tool.serves("1.0-a")
    heal = tool._healthy

    def publishing(*_: object) -> None:
        (tool.data / "kb").unlink(missing_ok=True)
        (tool.data / "kb").symlink_to("kb-versions/kb2")
        heal()

    tool._patch.setattr(tool.modules["switch"], "until_healthy", publishing)
    tool.switch(tool.state("2.0-b"))
    assert tool.knowledge == "kb2"
    assert tool.former["knowledge"] is None, "nor does the way back touch it"
    tool.ill.add("3.0-c")
    with pytest.raises(tool.failed, match=r"2\.0-b serves again"):
        tool.switch(tool.state("3.0-c", knowledge="kb2"))
    assert (tool.current, tool.knowledge) == ("2.0-b", "kb2")


# The trial


@pytest.mark.parametrize(
    ("former", "wanted", "compare", "tried"),
    [
        ("1.0-a", "2.0-b", True, ["1.0-a", "2.0-b"]),
        ("1.0-a", "2.0-b", False, ["2.0-b"]),
        ("1.0-a", "1.0-a", True, ["1.0-a"]),
        (None, "2.0-b", True, ["2.0-b"]),
    ],
)
def test_what_served_before_is_the_measure_of_another_release(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, former: str | None, wanted: str, compare: bool, tried: list[str]
) -> None:
    seen: list[str] = []

    def try_out(name: str, settings: Path, knowledge: Path, *_: object) -> list[str]:
        seen.append(name)
        assert knowledge == tool.data / "kb-versions/kb1"
        assert settings.read_text() == ("a: 1" if name == former and len(tried) == 2 else "a: 2")
        return ["стоит 100"]

    monkeypatch.setattr(tool.modules["switch"], "try_out", try_out)
    monkeypatch.setattr(tool.modules["switch"], "write_questions", lambda *_: [{"ask": "?", "amounts": ["100"]}])
    if former:
        tool.serves(former)
    assert tool.switch(tool.state(wanted, "a: 2"), gate=True, compare=compare)
    assert seen == tried
    assert not list(tool.etc.glob(".gate.*")), "what was tried is not left behind"


def test_a_former_release_that_cannot_answer_is_no_measure(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def try_out(name: str, *_: object) -> list[str]:
        if name == "1.0-a":
            raise tool.failed("broken")
        return ["не знаю"]

    monkeypatch.setattr(tool.modules["switch"], "try_out", try_out)
    monkeypatch.setattr(tool.modules["switch"], "write_questions", lambda *_: [{"ask": "?", "amounts": ["100"]}])
    tool.serves("1.0-a")
    assert tool.switch(tool.state("2.0-b"), gate=True, compare=True)


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ("Стоит 14 900 тенге", "Стоит 14 900 ₸", False),
        ("Стоит 14 900 тенге", "Уточните у менеджера", True),
        ("Стоит 14900", "Стоит 114900", True),
        ("Уточните у менеджера", "Уточните у менеджера", False),
        ("0,5%", "0.5 %", False),
        ("0,5%", "5%", True),
        ("14'900", "14900.", False),
    ],
)
def test_worse_is_an_amount_that_was_right_before_and_is_missing_now(
    tool: Tool, before: str, after: str, worse: bool
) -> None:
    asked = [{"ask": "Сколько?", "amounts": ["14900", "0.5"]}]
    if worse:
        with pytest.raises(tool.failed, match=r"release 2 .*answers worse .*'Сколько\?'"):
            tool.modules["compare"].refuse_worse("2", asked, [before], [after])
    else:
        tool.modules["compare"].refuse_worse("2", asked, [before], [after])


# A switch that was cut off


@pytest.mark.parametrize("boot", [True, False])
def test_a_switch_that_was_cut_off_is_undone(tool: Tool, boot: bool) -> None:
    former = tool.serves("1.0-a")
    (tool.etc / "former.json").write_text('{"release": "0.9"}')
    tool.modules["intent"].begin(former, keep_knowledge=False)
    tool.serves("2.0-b", "a: 2", "kb2")
    (tool.etc / "former.json").write_text('{"release": "1.0-a"}')
    (tool.etc / "history.json").write_text("[]")
    for left in (".settings.yaml.x", ".switch.json.y", ".gate.z"):
        (tool.etc / left).mkdir() if left == ".gate.z" else (tool.etc / left).touch()
    (tool.data / ".kb.new").symlink_to("nowhere")
    assert tool.modules["intent"].recover(boot=boot)
    assert (tool.current, tool.knowledge, tool.former) == ("1.0-a", "kb1", {"release": "0.9"})
    assert (tool.etc / "settings.yaml").read_text() == "a: 1"
    assert sorted(path.name for path in tool.etc.iterdir()) == ["former.json", "settings.yaml"]
    assert sorted(path.name for path in tool.data.iterdir()) == ["kb", "kb-versions"]
    assert ("systemctl restart sales-machine.service" in tool.calls) is not boot, "at the boot systemd starts it"
    assert not tool.modules["intent"].recover(boot=boot), "once"


@pytest.mark.parametrize("part", range(4))
def test_a_way_back_that_was_cut_off_is_finished(tool: Tool, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """The power goes before one of the four parts of what served is put back: after the boot it is whole."""

    class Cut(BaseException):
        pass

    state = tool.modules["state"]
    left = [4 + part]  # the parts of the new state come first

    def until_cut(writing: Any) -> Any:
        def write(*arguments: Any) -> None:
            if not left[0]:
                raise Cut
            left[0] -= 1
            writing(*arguments)

        return write

    former = tool.serves("1.0-a")
    tool.ill.add("2.0-b")
    with monkeypatch.context() as patch:
        for name in ("write", "_link"):
            patch.setattr(state, name, until_cut(getattr(state, name)))
        with pytest.raises(Cut):
            tool.switch(tool.state("2.0-b", "a: 2", "kb2"))
    assert tool.modules["intent"].recover(boot=True)
    assert state.State.current() == former
    assert tool.former is None


@pytest.mark.parametrize("boot", [True, False])
def test_a_first_switch_that_was_cut_off_leaves_nothing_that_serves(tool: Tool, boot: bool) -> None:
    tool.modules["intent"].begin(tool.state(None, None, None), keep_knowledge=False)
    tool.serves("1.0-a")
    assert tool.modules["intent"].recover(boot=boot)
    assert tool.current is None
    assert ("systemctl stop sales-machine.socket sales-machine.service" in tool.calls) is not boot
    assert "systemctl restart sales-machine.service" not in tool.calls


def test_knowledge_published_since_the_cut_stays_where_the_switch_left_it_alone(tool: Tool) -> None:
    former = tool.serves("1.0-a")
    tool.modules["intent"].begin(former, keep_knowledge=True)
    tool.serves("2.0-b", "a: 1", "kb2")
    tool.modules["intent"].recover(boot=True)
    assert (tool.current, tool.knowledge) == ("1.0-a", "kb2")


def test_what_served_is_on_the_disk_before_anything_changes(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool.serves("1.0-a")
    seen: list[Any] = []

    def healthy(*_: object) -> None:
        seen.append(json.loads((tool.etc / "switch.json").read_text()))

    monkeypatch.setattr(tool.modules["switch"], "until_healthy", healthy)
    tool.switch(tool.state("2.0-b"))
    assert seen[0]["former"]["release"] == "1.0-a"
    assert seen[0]["keep_knowledge"] is True


def test_only_one_switches_at_a_time(tool: Tool) -> None:
    alone = tool.modules["intent"].alone
    with alone(), pytest.raises(tool.failed, match="another sales-machine-release is at work"), alone(0.0):
        pass
    with alone(0.0):
        pass
    with (tool.folder / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


# The way back


def test_going_back_twice_goes_back_two_releases(tool: Tool) -> None:
    tool.serves("1.0-a")
    for name in ("2.0-b", "3.0-c"):
        tool.switch(tool.state(name))
    tool.main("rollback", "--no-gate")
    assert tool.current == "2.0-b"
    tool.main("rollback", "--no-gate")
    assert tool.current == "1.0-a"
    with pytest.raises(SystemExit) as ended:
        tool.main("rollback", "--no-gate")
    assert ended.value.code == 2
    assert tool.current == "1.0-a"


def test_a_release_that_was_removed_is_no_step_and_the_oldest_steps_are_forgotten(tool: Tool) -> None:
    history = tool.modules["history"]
    names = [f"r{number}" for number in range(13)]
    tool.install(*names)
    for before, after in pairwise(names):
        history.remember(tool.state(before), tool.state(after))
    assert [state.release for state in history.steps()] == names[2:12]
    history.remember(tool.state("r12"), tool.state("r12", "a: 9"))
    assert len(history.steps()) == 10, "other settings are no other release"
    (tool.code / "releases/r11/venv/bin/machine").unlink()
    assert history.steps()[-1].release == "r10"


def test_rollback_leaves_the_knowledge_and_back_returns_to_what_was_before(tool: Tool) -> None:
    tool.serves("1.0-a")
    tool.switch(tool.state("2.0-b", "a: 2", "kb2"))
    tool.main("rollback", "--no-gate")
    assert (tool.current, tool.knowledge) == ("1.0-a", "kb2")
    tool.main("back")
    assert (tool.current, tool.knowledge) == ("2.0-b", "kb2")


def test_back_takes_the_knowledge_with_it_that_the_switch_brought(tool: Tool) -> None:
    tool.serves("1.0-a")
    tool.switch(tool.state("2.0-b", "a: 2", "kb2"))
    tool.main("back")
    assert (tool.current, tool.knowledge) == ("1.0-a", "kb1")


# What is removed


def test_the_newest_stay_and_what_serves_or_may_serve_again_is_never_removed(tool: Tool) -> None:
    tool.install("r1", "r2", "r3", "r4")
    for age, name in enumerate(("1.0-a", "2.0-b", "3.0-c", "r1", "r2", "r3", "r4")):
        os.utime(tool.code / "releases" / name, (1000 + age, 1000 + age))
    tool.serves("1.0-a")
    tool.switch(tool.state("2.0-b"))
    tool.switch(tool.state("3.0-c"))
    for age, name in enumerate(("1.0-a", "2.0-b", "3.0-c")):
        os.utime(tool.code / "releases" / name, (1000 + age, 1000 + age))
    assert tool.modules["pruning"].prune(3) == ["r3", "r2", "r1"], "1.0-a is a step of the way back"
    assert sorted(path.name for path in (tool.code / "releases").iterdir()) == ["1.0-a", "2.0-b", "3.0-c", "r4"]
    assert tool.modules["pruning"].prune(1) == ["1.0-a", "r4"]
    assert tool.modules["pruning"].prune(1) == []


NAMES = {"now": "{:012x}-0123abcd", "formerly": "{:012x}"}


@pytest.mark.parametrize("named", NAMES)
def test_of_the_knowledge_what_is_named_as_a_version_is_removed_once_nobody_can_want_it(tool: Tool, named: str) -> None:
    ours = [NAMES[named].format(number) for number in range(5)]
    tool.publish(*ours, "aaaaaaaaaaaa.part", "by-hand", "first")
    tool.serves("1.0-a", "a: 1", ours[0])
    tool.switch(tool.state("1.0-a", "a: 2", ours[1]))
    (tool.data / "kb-versions/.history.jsonl").write_text(json.dumps({"action": "publish", "folder": ours[2]}) + "\n")
    removed = set(tool.modules["pruning"].prune(1)) - {"2.0-b", "3.0-c"}
    assert removed == {ours[3], ours[4], "aaaaaaaaaaaa.part"}
    assert (tool.data / "kb-versions/by-hand").exists()
    assert (tool.data / "kb-versions/first").exists()


def test_while_somebody_publishes_no_version_is_removed(tool: Tool) -> None:
    kept, idle = "000000000000-00000000", "111111111111-11111111"
    tool.publish(kept, idle)
    tool.serves("1.0-a", "a: 1", kept)
    place = Place(tool.data / "kb")
    with locked(place):
        assert idle not in tool.modules["pruning"].prune(1)
    assert idle in tool.modules["pruning"].prune(1)
    with locked(place):
        pass  # whoever pruned has let go of it


def test_back_keeps_the_knowledge_when_that_of_before_is_gone(tool: Tool) -> None:
    tool.serves("1.0-a")
    tool.switch(tool.state("2.0-b", "a: 2", "kb2"))
    (tool.data / "kb-versions/kb1").rmdir()
    tool.main("back")
    assert (tool.current, tool.knowledge) == ("1.0-a", "kb2")


# The command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["use", "9.9-x"], "there is no release '9.9-x'"),
        (["back"], "there is no former state"),
        (["rollback"], "there is no release before"),
        (["fly"], "invalid choice"),
        ([], "required"),
    ],
)
def test_a_wrong_argument_ends_with_2_and_changes_nothing(
    tool: Tool, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    tool.serves("1.0-a")
    with pytest.raises(SystemExit) as ended:
        tool.main(*arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert tool.current == "1.0-a"


@pytest.mark.parametrize("command", [["list"], ["use", "2.0-b"], ["back"], ["rollback"], ["prune"], ["recover"]])
def test_nobody_but_root_switches(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as ended:
        tool.main(*command)
    assert ended.value.code == 2
    assert "needs root: put sudo before it" in capsys.readouterr().err


def test_a_switch_that_fails_ends_with_1(tool: Tool, capsys: pytest.CaptureFixture[str]) -> None:
    tool.serves("1.0-a")
    tool.ill.add("2.0-b")
    with pytest.raises(SystemExit) as ended:
        tool.main("use", "2.0-b", "--no-gate")
    assert ended.value.code == 1
    assert "release 1.0-a serves again" in capsys.readouterr().err


def test_use_takes_what_it_is_given_and_says_what_serves(tool: Tool, capsys: pytest.CaptureFixture[str]) -> None:
    tool.serves("1.0-a")
    (tool.folder / "new.yaml").write_text("a: 7")
    (tool.folder / "new.service").write_text("[Unit]\nnew")
    given = ["--settings", str(tool.folder / "new.yaml"), "--unit", str(tool.folder / "new.service")]
    tool.main("use", "2.0-b", "--no-gate", *given, "--knowledge", "/anywhere/kb2")
    assert capsys.readouterr().out == "release 2.0-b serves\n"
    assert (tool.current, tool.knowledge) == ("2.0-b", "kb2")
    assert (tool.etc / "settings.yaml").read_text() == "a: 7"
    assert (tool.folder / "sales-machine.service").read_text() == "[Unit]\nnew"
    tool.main("use", "2.0-b", "--no-gate")
    assert capsys.readouterr().out == "unchanged\n"
    tool.main("list")
    assert set(capsys.readouterr().out.splitlines()) == {"- 1.0-a", "* 2.0-b", "  3.0-c"}
    tool.main("prune", "--keep", "9")
    assert capsys.readouterr().out == "unchanged\n"


def test_the_next_command_undoes_a_cut_first_and_back_does_no_more_than_that(
    tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    former = tool.serves("1.0-a")
    tool.modules["intent"].begin(former, keep_knowledge=False)
    tool.serves("2.0-b", "a: 2", "kb2")
    tool.main("back")
    said = capsys.readouterr()
    assert said.out == "release 1.0-a serves\n"
    assert "a switch was cut off: release 1.0-a is in force again" in said.err
    tool.main("recover", "--boot")
    assert capsys.readouterr().out == ""
