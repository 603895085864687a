"""update_ollama.yml and update_model.yml on a serving machine: proven before it serves, and what does not hold gives way."""

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest

from tests.host.hosts import CACHE, Host, Play
from tests.host.ollama_release import MODELS, Mirror, program
from tests.host.services import Services
from tests.host.test_day_two_release import FAST
from tests.prove.day_two import Report, under_load

OLLAMA, MODEL = "playbooks/update_ollama.yml", "playbooks/update_model.yml"
USUAL = "qwen3:14b"
WINDOW: dict[str, Any] = {"ollama_trial_in_window": True}
_NONE = "Об этом лучше спросить у менеджера."
_MARK = "ollama.VERSION = VERSION\n"
# What is put into the stand-in for the release, the variables, and what the run must say.
BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "start": ("sys.exit('illegal instruction')\n", WINDOW, "illegal instruction"),
    "digest": ("ollama.DIGEST = 'f' * 64\n", {}, "finds qwen3:14b with the digest ffff"),
    "vram": (
        "os.environ['EMULATOR_SIZE_VRAM'] = '1000'\n",
        WINDOW | {"ollama_cpu_accepted": False},
        "Only 1000 of the model's",
    ),
    "answers": (f"answers.compose = lambda *_: {_NONE!r}\n", {}, "amount_rate: 1.0 -> 0"),
    # Passes its trial and fails as the server, whose every chat breaks off.
    "real turn": (
        "from loadtests.emulators import chat\n"
        "async def never(*_): raise chat.Refused(500, 'model runner has unexpectedly stopped')\n"
        "if os.environ['OLLAMA_HOST'].endswith(':11434'): chat.ChatHandler._chat = never\n",
        {"ollama_load_timeout_s": 30},
        "Wait until callers are answered",
    ),
}
# The model, its variables, and what the run must say.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "digest": ("qwen3:8b", {"machine_model_digest": "1" * 64}, "the registry has another model under that name now"),
    "room": ("qwen3:70b", {"machine_model_digest": "2" * 64}, "2 GiB must stay"),
    "vram": ("qwen3:32b", WINDOW | {"ollama_cpu_accepted": False}, "Only 1000 of the model's"),
    "answers": ("qwen3:4b", WINDOW, "amount_rate: 1.0 -> 0"),
    "drafts": ("qwen3:1.7b", WINDOW, "the model is too poor to speak: of the last 12 drafts 12 were not fit to send"),
    "same name": (USUAL, {"machine_model_digest": "3" * 64}, "without a way back"),
}


@dataclass(frozen=True)
class Machine:
    """A serving machine, and the mirror that its releases and models come from."""

    host: Host
    mirror: Mirror

    def release(self, version: str, inserted: str = "") -> dict[str, Any]:
        """Variables of a release, whose program has `inserted` in it."""
        text = program(version).replace(_MARK, _MARK + inserted)
        made = self.mirror.release(version, text)
        return {"ollama_version": made.version, "ollama_sha256": made.sha256, "ollama_url": made.url}

    def model(self, name: str, size: int = 9_000_000) -> dict[str, Any]:
        """Variables of a model, and its manifest of `size` bytes in the registry."""
        file = CACHE / "downloads" / self.host.name / "manifests" / name.replace(":", "-")
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"config": {"size": 500}, "layers": [{"size": size}, {"size": 1500}]}), "utf-8")
        digest = MODELS[name][0] if name in MODELS else "0" * 64
        address = f"{self.mirror.url}/manifests/{file.name}"
        return {"machine_model": name, "machine_model_digest": digest, "update_model_manifest": address}

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Play:
        return self.host.play(playbook, *arguments, **(FAST | variables))

    def api(self, path: str) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(self.host.read("curl", "-sS", f"http://127.0.0.1:11434{path}"))
        return reply

    def serving(self) -> tuple[str, str, str, str]:
        """The release by the link and by its own word, the model by the settings and by what is loaded."""
        return (
            self.host.read("readlink", "/opt/ollama/current"),
            f"releases/{self.api('/api/version')['version']}",
            self.host.sh("sed -n 's/^  model: //p' /etc/sales-machine/settings.yaml"),
            self.api("/api/ps")["models"][0]["name"],
        )

    def clean(self) -> bool:
        """Whether nothing of a trial is left, and a turn would succeed."""
        left = self.host.sh(
            "ls -d /run/systemd/system/ollama-trial* /run/ollama-trial; ss -Hltn 'sport = :11435'", False
        )
        return left == "" and '"ready":true' in self.host.read("curl", "-sS", "http://127.0.0.1:8000/ready")


@pytest.fixture(scope="module")
def served(machine: tuple[Host, Services], provisioned: Host) -> Machine:
    play = provisioned.play("site.yml", "--tags", "ollama,app", **FAST)
    assert play.status == 0, play.output
    return Machine(provisioned, machine[1].releases)


def noticed(what: str, report: Report, play: Play) -> None:
    """Nothing lost, nothing double, nothing late; whoever was not answered was told so by the contract."""
    said = [line.strip() for line in play.output.splitlines() if "Callers were refused" in line]
    print(f"\n{what}: {report} {said}")  # the figures of the page
    assert play.status == 0, play.output
    assert (report.lost, report.double, report.late) == (0, 0, 0), report
    assert all(failure.startswith('503 {"error":') for failure in report.failed), report
    assert report.requests > report.action_s * 0.9  # the load never paused
    assert report.answered > report.requests / 2


@pytest.mark.parametrize(("version", "window"), [("0.33.0", True), ("0.33.1", False)], ids=["window", "beside"])
def test_callers_are_answered_or_told_so_while_ollama_is_updated(served: Machine, version: str, window: bool) -> None:
    variables = served.release(version) | {"ollama_trial_in_window": window}
    noticed(f"update_ollama {version}", *under_load(served.host, lambda: served.play(OLLAMA, **variables)))
    assert served.serving() == (f"releases/{version}", f"releases/{version}", USUAL, USUAL)
    again = served.play(OLLAMA, **variables)
    assert (again.status, again.changed) == (0, []), again.output
    assert served.clean()


def test_the_former_release_of_ollama_comes_back_at_once(served: Machine) -> None:
    before = served.serving()[0]
    play = served.play(OLLAMA, update_ollama_back=True)
    assert play.status == 0, play.output
    assert "Play the dialogues" not in play.output
    assert served.serving()[0] != before
    assert served.play(OLLAMA, update_ollama_back=True).status == 0
    assert served.serving()[0] == before  # a second time goes forth again


def test_dry_runs_change_nothing(served: Machine) -> None:
    before, serving = served.host.snapshot(), served.serving()
    for playbook, variables in ((OLLAMA, served.release("0.33.9")), (MODEL, served.model("qwen3:8b"))):
        play = served.play(playbook, "--check", "--diff", **variables)
        assert play.status == 0, play.output
    assert (served.host.snapshot(), served.serving()) == (before, serving)
    assert [model["name"] for model in served.api("/api/tags")["models"]] == [USUAL]


@pytest.mark.parametrize("what", BROKEN)
def test_a_release_that_does_not_hold_gives_way_with_the_reason(served: Machine, what: str) -> None:
    inserted, variables, reason = BROKEN[what]
    before = served.serving()
    number = 40 + list(BROKEN).index(what)
    play = served.play(OLLAMA, **served.release(f"0.33.{number}", inserted), **variables)
    assert play.status != 0
    assert reason in play.one_line, play.output[-3000:]
    assert f"Ollama {before[0].removeprefix('releases/')} serves again" in play.one_line
    assert served.serving() == before
    assert served.clean()


def test_a_window_that_nobody_closes_closes_itself(served: Machine) -> None:
    version = served.api("/api/version")["version"]  # the inventory's may have been pruned by then
    play = served.play("tests/host/playbooks/role.yml", role="ollama", part="trial", ollama_version=version, **WINDOW)
    assert play.status == 0, play.output
    assert served.host.sh("systemctl is-active ollama.service", check=False) == "inactive"
    served.host.sh("kill -9 $(systemctl show -P MainPID ollama-trial.service)")
    ends = time.monotonic() + 30
    while served.host.sh("systemctl is-active ollama.service", check=False) != "active" and time.monotonic() < ends:
        time.sleep(0.5)
    assert served.host.read("systemctl", "is-active", "ollama.service") == "active"
    assert served.play("tests/host/playbooks/role.yml", role="ollama", part="trial_end").status == 0
    assert served.play("playbooks/doctor.yml").status == 0


@pytest.mark.parametrize("what", REFUSED)
def test_a_model_that_does_not_hold_gives_way_with_the_reason(served: Machine, what: str) -> None:
    name, variables, reason = REFUSED[what]
    before = served.serving()
    given = served.model(name, size=2**43 if what == "room" else 9_000_000) | variables
    play = served.play(MODEL, **given)
    assert play.status != 0
    assert reason in play.one_line, play.output[-3000:]
    assert served.serving() == before
    assert served.clean()


@pytest.mark.parametrize("window", [True, False], ids=["window", "beside"])
def test_callers_are_answered_or_told_so_while_the_model_is_updated(served: Machine, window: bool) -> None:
    new, variables = "qwen3:8b", served.model("qwen3:8b") | {"ollama_trial_in_window": window}
    noticed("update_model", *under_load(served.host, lambda: served.play(MODEL, **variables)))
    assert served.serving()[2:] == (new, new)
    again = served.play(MODEL, **variables)
    assert (again.status, again.changed) == (0, []), again.output
    assert {model["name"] for model in served.api("/api/tags")["models"]} >= {USUAL, new}
    noticed("and back", *under_load(served.host, lambda: served.play(MODEL, update_model_back=True)))
    assert served.serving()[2:] == (USUAL, USUAL)
    assert served.clean()


def test_only_so_many_former_models_stay(served: Machine) -> None:
    for name in ("qwen3:8b", "qwen3:32b"):
        play = served.play(MODEL, **served.model(name))
        assert play.status == 0, play.output
    names = {model["name"] for model in served.api("/api/tags")["models"]}
    assert {"qwen3:8b", "qwen3:32b"} <= names
    assert USUAL not in names
    assert "qwen3:4b" in names  # tried and refused: it never served, so it is nobody's former model
    play = served.play(MODEL, machine_model=USUAL, update_model_manifest=served.model(USUAL)["update_model_manifest"])
    assert play.status == 0, play.output
    assert served.serving()[2:] == (USUAL, USUAL)
