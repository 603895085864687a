"""Turns that do without the model: four at a time, first come first served, and no more wait than may."""

import asyncio

from app.turn.places import Places


async def test_four_are_worked_on_and_two_hundred_and_fifty_six_wait() -> None:
    places, done, running, order = Places(), asyncio.Event(), [0], list[int]()

    async def turn(number: int) -> None:
        async with places.one():
            running.append(running[-1] + 1)
            order.append(number)
            await done.wait()
            running.append(running[-1] - 1)

    async def joined(*numbers: int) -> None:
        tasks.extend(asyncio.create_task(turn(number)) for number in numbers)
        await asyncio.sleep(0)

    tasks: list[asyncio.Task[None]] = []
    await joined(*range(259))
    assert not places.full
    await joined(259)
    assert places.full
    await asyncio.sleep(0)
    assert order == [0, 1, 2, 3]
    done.set()
    await asyncio.gather(*tasks)
    assert order == list(range(260))
    assert max(running) == 4
    assert not places.full


async def test_who_leaves_or_fails_gives_his_place_back() -> None:
    places = Places(1, 0)
    try:
        async with places.one():
            assert places.full
            raise ValueError
    except ValueError:
        pass
    assert not places.full
    async with asyncio.timeout(1), places.one():
        assert places.full
