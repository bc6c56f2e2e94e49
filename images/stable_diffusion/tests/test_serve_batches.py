"""What shares a call of the model, and when."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from stable_diffusion_serve.batches import Batcher, Done

WAIT = 0.05


class Model:
    """Counts its calls; each waits for `free`."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[int]]] = []
        self.free = threading.Event()
        self.free.set()
        self.wanted: Callable[[], bool] = lambda: True

    def run(self, key: str, items: Sequence[int], wanted: Callable[[], bool]) -> list[int]:
        self.calls.append((key, list(items)))
        self.wanted = wanted
        self.free.wait(10)
        if -1 in items:
            raise ValueError("cannot")
        return [10 * item for item in items]


async def results(batcher: Batcher[str, int, int], *items: tuple[str, int]) -> list[Done[int]]:
    return await asyncio.gather(*(batcher.submit(key, item, company=True) for key, item in items))


def test_items_of_one_kind_share_a_call_and_each_gets_its_own_result() -> None:
    model = Model()
    done = asyncio.run(results(Batcher(model.run, 4, WAIT), *(("a", number) for number in range(4))))
    assert [each.result for each in done] == [0, 10, 20, 30]
    assert model.calls == [("a", [0, 1, 2, 3])]
    assert {each.size for each in done} == {4}


def test_a_call_has_at_most_so_many_items() -> None:
    model = Model()
    asyncio.run(results(Batcher(model.run, 2, WAIT), *(("a", number) for number in range(5))))
    assert [items for _, items in model.calls] == [[0, 1], [2, 3], [4]]


def test_items_of_other_kinds_wait_for_a_call_of_their_own_the_oldest_first() -> None:
    model = Model()
    asyncio.run(results(Batcher(model.run, 4, WAIT), ("a", 0), ("b", 1), ("a", 2), ("b", 3)))
    assert model.calls == [("a", [0, 2]), ("b", [1, 3])]


def test_what_comes_while_the_model_is_busy_gathers_for_the_next_call() -> None:
    """Serve's own batches would be closed one by one meanwhile."""
    model = Model()
    model.free.clear()

    async def main() -> None:
        batcher = Batcher(model.run, 4, 0.0)
        waiting = [asyncio.create_task(batcher.submit("a", 0))]
        for number in range(1, 4):
            await asyncio.sleep(0.05)
            waiting.append(asyncio.create_task(batcher.submit("a", number)))
        await asyncio.sleep(0.05)
        model.free.set()
        await asyncio.gather(*waiting)

    asyncio.run(main())
    assert [items for _, items in model.calls] == [[0], [1, 2, 3]]


def test_a_user_alone_is_not_kept_waiting() -> None:
    async def main() -> float:
        batcher = Batcher(Model().run, 4, 5.0)
        await batcher.submit("a", 0)
        return (await batcher.submit("a", 1)).waited

    assert asyncio.run(main()) < 1


def test_what_is_on_its_way_is_waited_for() -> None:
    model = Model()

    async def main() -> None:
        batcher = Batcher(model.run, 2, WAIT)
        first = asyncio.create_task(batcher.submit("a", 0, company=True))
        await asyncio.sleep(WAIT / 5)
        await asyncio.gather(first, batcher.submit("a", 1, company=True))

    asyncio.run(main())
    assert model.calls == [("a", [0, 1])]


def test_an_error_goes_to_all_that_shared_the_call_and_the_next_call_runs() -> None:
    async def main() -> int:
        batcher = Batcher(Model().run, 4, WAIT)
        found = await asyncio.gather(batcher.submit("a", -1), batcher.submit("a", 1), return_exceptions=True)
        assert [str(each) for each in found] == ["cannot", "cannot"]
        return (await batcher.submit("a", 2)).result

    assert asyncio.run(main()) == 20


def test_a_cancelled_item_leaves_the_queue() -> None:
    model = Model()
    model.free.clear()

    async def main() -> None:
        batcher = Batcher(model.run, 4, WAIT)
        first = asyncio.create_task(batcher.submit("a", 0))
        await asyncio.sleep(0.1)
        gone, stays = (asyncio.create_task(batcher.submit("a", number)) for number in (1, 2))
        await asyncio.sleep(0)
        gone.cancel()
        model.free.set()
        await asyncio.gather(first, stays)
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(main())
    assert [items for _, items in model.calls] == [[0], [2]]


def test_a_call_that_nobody_waits_for_can_know_it() -> None:
    model = Model()
    model.free.clear()

    async def main() -> tuple[bool, bool]:
        batcher = Batcher(model.run, 2, WAIT)
        tasks = [asyncio.create_task(batcher.submit("a", number)) for number in range(2)]
        await asyncio.sleep(0.2)
        tasks[0].cancel()
        await asyncio.sleep(0.01)
        one_left = model.wanted()
        tasks[1].cancel()
        await asyncio.sleep(0.01)
        none_left = model.wanted()
        model.free.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return one_left, none_left

    assert asyncio.run(main()) == (True, False)
