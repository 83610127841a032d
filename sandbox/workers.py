"""Workers: threads that talk to a remote database, each with a connection of its own; the event loop waits for none of it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Done = TypeVar("Done")


class Workers:
    """As many threads as the pool has places, so that whoever holds a place finds one that is free."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="database")

    async def run(self, work: Callable[[], Done]) -> Done:
        """Do work in a thread and return what it returns; raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """End the threads once they are done."""
        self._threads.shutdown(wait=True, cancel_futures=True)
