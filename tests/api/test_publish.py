"""`machine kb publish` against the real service: customers notice nothing but the new price."""

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.knowledge.publishing import Place, locked, store, switch
from app.knowledge.sections import load
from loadtests.service import ROOT, Server, ask, clean_environment, message
from tests.forked import machine

QUESTION = "Сколько стоит тариф Рост?"


def edited(folder: Path, price: str) -> Path:
    """The sample knowledge base with another price for «Рост», in texts and facts alike."""
    shutil.copytree(ROOT / "kb", folder)
    for path in folder.glob("*.yaml"):
        text = path.read_text("utf-8")
        path.write_text(text.replace("14 900", f"{price[:-3]} {price[-3:]}").replace("14900", price), "utf-8")
    return folder


def kb(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return machine("kb", *map(str, arguments), environment=clean_environment(**environment))


class Traffic:
    """Callers that ask for the price without a pause until they are told to stop."""

    def __init__(self, server: Server) -> None:
        self.failed: list[str] = []
        self.answers: list[tuple[str, str]] = []
        """(version, answer), in the order in which they came."""
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(server, n)) for n in range(2)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, server: Server, number: int) -> None:
        asked = 0
        with server.client() as client:
            while not self._stop.is_set():
                asked += 1
                try:
                    answer = client.post("/api/v1/process", json=message(QUESTION, user=f"7701{number}{asked:07}"))
                except httpx.TransportError as error:
                    self.failed.append(repr(error))
                    continue
                if answer.status_code != 200:
                    self.failed.append(answer.text)
                    continue
                self.answers.append((answer.json()["meta"]["kb_version"], answer.json()["answer"]))
                time.sleep(0.01)


def place_sample(link: Path) -> None:
    """Publishes the sample knowledge base, whatever was published before."""
    place = Place(link)
    with locked(place):
        place.log.unlink(missing_ok=True)
        switch(place, store(place, ROOT / "kb", load(ROOT / "kb")), "publish")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("published")
    place_sample(folder / "kb")
    with Server(folder / "data", knowledge=folder / "kb") as server:
        yield server


@pytest.fixture
def running(service: Server) -> Server:
    """The service with the sample knowledge in use, which `link` leads to."""
    place_sample(service.knowledge)
    wanted = service.knowledge.resolve().name
    wait_for(lambda: httpx.get(f"{service.url}/version", trust_env=False, verify=False), lambda r: wanted in r.text)
    return service


@pytest.fixture
def link(running: Server) -> Path:
    return running.knowledge


def version(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(f"{server.url}/version", trust_env=False, verify=False).json()
    return told


def swaps(server: Server) -> float:
    metrics = httpx.get(f"{server.url}/metrics", trust_env=False, verify=False).text
    found = re.search(r'machine_knowledge_swaps_total\{bot="default",outcome="loaded"\} ([0-9.]+)', metrics)
    return float(found[1]) if found else 0.0


def test_a_new_price_is_said_without_a_restart_or_a_failed_request_and_taken_back(
    running: Server, link: Path, tmp_path: Path
) -> None:
    new = edited(tmp_path / "new", "15900")
    before, swapped = version(running)["kb_version"], swaps(running)
    with Traffic(running) as traffic:
        done = kb("publish", new, "--to", link, "--url", running.url, SUDO_USER="aigul")
        after = version(running)["kb_version"]
        time.sleep(0.3)
        back = kb("rollback", "--to", link, "--url", running.url, "--json")
        time.sleep(0.3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "price    Тариф «Рост»: 14900 KZT per магазин/month -> 15900 KZT per магазин/month" in done.stdout
    assert f"version {after}" in done.stdout
    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["version"] == before == version(running)["kb_version"]
    assert traffic.failed == []
    assert {used for used, _ in traffic.answers} == {before, after}
    assert all("14 900" in answer or "15 900" in answer for _, answer in traffic.answers)
    assert all(("15 900" in answer) == (used == after) for used, answer in traffic.answers), "answer and version agree"
    assert len(traffic.answers) > 30
    assert running.process.poll() is None
    entries = json.loads(kb("history", "--to", link, "--json").stdout)["entries"]
    assert [(entry["action"], entry["who"] == "aigul") for entry in entries[-2:]] == [
        ("publish", True),
        ("rollback", False),
    ]
    assert swaps(running) == swapped + 2


@pytest.mark.long
def test_a_version_that_is_found_worse_is_refused_unless_forced(running: Server, link: Path, tmp_path: Path) -> None:
    worse = edited(tmp_path / "worse", "14900")
    for path in worse.glob("*.yaml"):
        original = (ROOT / "kb" / path.name).read_text("utf-8")
        path.write_text(re.sub(r"(?m)^    questions:\n(?:      - .*\n)+", "", original), "utf-8")
    old = link.resolve()
    refused = kb("publish", worse, "--to", link, "--url", running.url)
    assert refused.returncode == 1
    assert "against  mrr falls from" in refused.stdout
    assert link.resolve() == old
    told = json.loads(kb("publish", worse, "--to", link, "--url", running.url, "--json").stdout)
    assert told["outcome"] == "refused"
    assert told["retrieval"]["before"]["mrr"] - told["retrieval"]["after"]["mrr"] > 0.02
    forced = kb("publish", worse, "--to", link, "--url", running.url, "--force")
    assert forced.returncode == 0, forced.stderr
    assert version(running)["kb_version"] == told["version"]
    assert "forced" in kb("history", "--to", link).stdout


def test_what_cannot_be_read_or_contradicts_itself_is_refused_and_the_old_one_serves(
    running: Server, link: Path, tmp_path: Path
) -> None:
    old, told = link.resolve(), version(running)
    broken = edited(tmp_path / "broken", "15900")
    (broken / "pricing.yaml").write_text("category: x\nsections:\n  - id: [", "utf-8")
    done = kb("publish", broken, "--to", link, "--url", running.url, "--force")
    assert done.returncode == 2
    assert "pricing.yaml:4" in done.stderr
    two = edited(tmp_path / "two", "14900")
    text = (two / "pricing.yaml").read_text("utf-8")
    (two / "pricing.yaml").write_text(text.replace("«Рост» — 14 900 ₸", "«Рост» — 13 900 ₸", 1), "utf-8")
    done = kb("publish", two, "--to", link, "--url", running.url)
    assert done.returncode == 1
    assert "[text-against-price]" in done.stdout
    assert (link.resolve(), version(running)) == (old, told)
    with running.client() as client:
        assert "14 900" in ask(client, QUESTION)["answer"]


def test_a_version_that_the_service_cannot_load_is_taken_back_and_said_in_ready(
    running: Server, link: Path, tmp_path: Path
) -> None:
    old = link.resolve()
    bad = link.with_name("kb-versions") / "bad"
    bad.mkdir()
    (bad / "a.yaml").write_text("sections: [")
    new = link.with_name("new-link")
    new.symlink_to(bad)
    new.replace(link)
    ready = wait_for(
        lambda: httpx.get(f"{running.url}/ready", trust_env=False, verify=False), lambda r: "bad" in r.text
    )
    assert ready.status_code == 200, "the old version serves on"
    part = ready.json()["parts"]["knowledge"]
    assert (part["level"], part["ok"]) == ("warning", True)
    assert "a.yaml:2" in part["detail"]
    assert "rollback" in part["fix"]
    with running.client() as client:
        assert "14 900" in ask(client, QUESTION)["answer"]
    done = kb("rollback", "--to", link, "--url", running.url)
    assert done.returncode == 0, done.stderr
    assert link.resolve() == old
    ready = wait_for(
        lambda: httpx.get(f"{running.url}/ready", trust_env=False, verify=False), lambda r: "bad" not in r.text
    )
    assert ready.json()["parts"]["knowledge"]["level"] == "ok"


@pytest.mark.long
def test_a_publication_that_the_service_does_not_take_is_undone(link: Path, tmp_path: Path) -> None:
    """Started from the same version by another way, so that the link's switch means nothing to it."""
    old = link.resolve()
    new = edited(tmp_path / "new", "15900")
    with Server(tmp_path / "data", knowledge=old) as server:
        done = kb("publish", new, "--to", link, "--url", server.url, "--timeout", "2")
    assert done.returncode == 2
    assert "did not take it within 2 s" in done.stderr
    assert "is in use again" in done.stderr
    assert link.resolve() == old


def test_a_service_that_is_not_there_or_serves_something_else_stops_it_before_anything_changes(
    link: Path, tmp_path: Path, server: Server
) -> None:
    old = link.resolve()
    new = edited(tmp_path / "new", "15900")
    for url, said in (("http://127.0.0.1:9", "--no-service"), (server.url, "was it started with --kb")):
        done = kb("publish", new, "--to", link, "--url", url)
        assert done.returncode == 2
        assert said in done.stderr
    done = kb("publish", new, "--to", link, "--url", server.url, "--bot", "salon")
    assert "no bot 'salon'" in done.stderr
    assert link.resolve() == old
    assert "nowhere" in kb("history", "--to", tmp_path / "nowhere" / "kb").stderr


def wait_for(look: Any, wanted: Any) -> httpx.Response:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        found: httpx.Response = look()
        if wanted(found):
            return found
        time.sleep(0.2)
    raise AssertionError(found.text)
