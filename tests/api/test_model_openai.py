"""The whole service over a model server of OpenAI's protocol: a turn, its failure, and a key that nobody ever sees."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from loadtests.service import KEY, ROOT, Server, clean_environment, message
from tests.scripted_openai import MODEL, ScriptedOpenAI, refuses, speaks

MODEL_KEY = "sk-nobody-ever-sees-this"
PATH = "/api/v1/process"
ACT = speaks('{"act": "price"}')
RIGHT = speaks('{"answer": "Тариф «Рост» стоит 14 900 ₸', ' в месяц.", "human": false}')


def environment(model: ScriptedOpenAI, **more: str) -> dict[str, str]:
    chosen = {"BACKEND": "openai", "HOST": model.url, "MODEL": MODEL, "LABEL": MODEL}
    return {f"MACHINE_LLM__{name}": value for name, value in chosen.items()} | {"LLM_API_KEY": MODEL_KEY} | more


@asynccontextmanager
async def service(folder: Path, model: ScriptedOpenAI, **more: str) -> AsyncIterator[tuple[httpx.AsyncClient, Server]]:
    server = Server(folder / "data", environment=environment(model, **more))
    await asyncio.to_thread(server.start)
    try:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(
            base_url=server.url, headers=headers, timeout=30, trust_env=False, verify=False
        ) as client:
            yield client, server
    finally:
        await asyncio.to_thread(server.stop)


async def test_a_turn_asks_what_the_message_is_for_and_then_for_the_answer(tmp_path: Path) -> None:
    async with (
        ScriptedOpenAI(ACT, RIGHT) as model,
        service(tmp_path, model, MACHINE_UNDERSTANDING__MODEL="always") as (client, _),
    ):
        assert (await client.get("/ready")).status_code == 200
        reply = (await client.post(PATH, json=message("Сколько стоит тариф Рост?"))).json()
        metrics = (await client.get("/metrics")).text
    assert "14 900" in reply["answer"].replace("\u00a0", " ")
    assert reply["meta"]["model"] == MODEL
    warm, short, answer = model.asked
    assert (warm["max_tokens"], list(short["response_format"]["json_schema"]["schema"]["properties"])) == (1, ["act"])
    assert short["messages"][0] == answer["messages"][0] == warm["messages"][0], "what is read once is cached"
    assert 'machine_model_calls_total{outcome="ok"} 1.0' in metrics
    assert 'machine_act_calls_total{outcome="answered"} 1.0' in metrics


async def test_neither_the_key_nor_a_word_of_the_server_gets_out(tmp_path: Path) -> None:
    said = f"Incorrect API key provided: {MODEL_KEY}; the customer wrote: Айгуль"
    asked: dict[str, Any] = message("Сколько стоит тариф Рост?")
    async with (
        ScriptedOpenAI(refuses(401, said)) as model,
        service(tmp_path, model, MACHINE_LOG__LEVEL="debug", MACHINE_UNDERSTANDING__MODEL="never") as (client, server),
    ):
        response = await client.post(PATH, json=asked)
        model.models = (
            b"HTTP/1.1 401 x\r\nConnection: close\r\n\r\n" + json.dumps({"error": {"message": said}}).encode()
        )
        async with asyncio.timeout(10):
            while (ready := await client.get("/ready")).status_code == 200:  # noqa: ASYNC110 the watch tells nobody
                await asyncio.sleep(0.05)
        told = [response.text, ready.text, (await client.get("/metrics")).text, (await client.get("/health")).text]
        told += [
            await run(command, environment(model))
            for command in (("settings",), ("doctor", "--json", "--url", server.url))
        ]
        log = server.log
    assert response.status_code == 503
    assert "refuses the key" in ready.json()["parts"]["model"]["detail"]
    assert "refuses the key" in told[-1]
    everything = "".join([*told, *log])
    assert MODEL_KEY not in everything
    assert "Incorrect" not in everything and "Айгуль" not in everything


async def run(command: tuple[str, ...], environ: dict[str, str]) -> str:
    """What a command of the machine prints."""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "app", *command], cwd=ROOT, env=clean_environment(**environ),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr
