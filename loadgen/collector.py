"""Python's garbage collector during a run: it must not hold the loop."""

import gc


def settle() -> None:
    """Collect once, and leave what lives now (modules, users) out of later collections: walking it takes some 50 ms.

    Meanwhile no session starts and no answer is read. Called before second 0, when all users exist.
    """
    gc.collect()
    gc.freeze()
