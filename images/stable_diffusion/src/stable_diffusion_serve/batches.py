"""Puts together what may share a call of the model.

Not @serve.batch of Ray 2.60.0 (serve/batching.py), for two reasons: it closes a batch when its wait is over,
also while the model is busy, so that under load calls are smaller than they could be; and it gives no answer
before the whole batch is done, so that a picture would wait for those of other sizes. Here a call is put
together at the moment when the model is free, of the oldest request and those that can share its call.
"""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")


class Done(NamedTuple, Generic[Result]):
    """A result, and what became of its request."""

    result: Result
    size: int
    """Items of the call."""
    waited: float
    """Seconds before the call."""
    took: float
    """Seconds of the call."""


@dataclass(eq=False)
class _Ticket(Generic[Key, Item, Result]):
    key: Key
    item: Item
    company: bool
    arrived: float
    done: "asyncio.Future[Done[Result]]"


class Batcher(Generic[Key, Item, Result]):
    """Calls `run(key, items, wanted)` in a thread of its own, one call at a time, oldest request first."""

    def __init__(
        self,
        run: Callable[[Key, Sequence[Item], Callable[[], bool]], Sequence[Result]],
        size: int,
        wait_seconds: float,
    ) -> None:
        """Give calls at most `size` items of one key.

        A call waits up to `wait_seconds` for more while items come several at a time; one alone is not kept
        waiting.
        """
        self._run = run
        self._size = size
        self._wait = wait_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._waiting: list[_Ticket[Key, Item, Result]] = []
        self._arrival = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last_size = 1

    async def submit(self, key: Key, item: Item, company: bool = False) -> Done[Result]:
        """Give the result for an item; whoever is cancelled takes the item out, also of a running call.

        `company` says that more are on their way. Raises what the call raised.
        """
        loop = asyncio.get_running_loop()
        ticket = _Ticket[Key, Item, Result](key, item, company, loop.time(), loop.create_future())
        self._waiting.append(ticket)
        self._arrival.set()
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work())
        try:
            return await ticket.done
        finally:
            with suppress(ValueError):
                self._waiting.remove(ticket)

    async def _work(self) -> None:
        while True:
            batch = await self._next()
            if batch:
                await self._call(batch)

    async def _next(self) -> list[_Ticket[Key, Item, Result]]:
        """Wait until there is something to do, and for company; empty when all were cancelled meanwhile."""
        loop = asyncio.get_running_loop()
        while not self._waiting:
            self._arrival.clear()
            await self._arrival.wait()
        start = loop.time()
        while len(self._mates()) < self._size:
            left = start + self._wait - loop.time()
            if not self._company() or left <= 0:
                break
            self._arrival.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._arrival.wait()
        batch = self._mates()
        self._waiting = [ticket for ticket in self._waiting if ticket not in batch]
        return batch

    def _company(self) -> bool:
        """Say whether more may come soon; not when all were cancelled meanwhile."""
        several = self._last_size > 1 or len(self._waiting) > 1
        return bool(self._waiting) and (several or self._waiting[0].company)

    def _mates(self) -> list[_Ticket[Key, Item, Result]]:
        if not self._waiting:
            return []
        key = self._waiting[0].key
        return [ticket for ticket in self._waiting if ticket.key == key][: self._size]

    async def _call(self, batch: list[_Ticket[Key, Item, Result]]) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        self._last_size = len(batch)

        def wanted() -> bool:
            return not all(ticket.done.cancelled() for ticket in batch)

        run = partial(self._run, batch[0].key, [ticket.item for ticket in batch], wanted)
        try:
            results = await loop.run_in_executor(self._thread, run)
        except Exception as error:  # whoever waits gets it
            for ticket in batch:
                if not ticket.done.done():
                    ticket.done.set_exception(error)
            return
        took = loop.time() - start
        for ticket, result in zip(batch, results, strict=True):
            if not ticket.done.done():
                ticket.done.set_result(Done(result, len(batch), start - ticket.arrived, took))
