"""Python's garbage collector during a run: it must not hold the loop.

With 10,000 users a collection takes 100 to 400 ms, the youngest generation's too: deallocations of old objects count against the
allocations that start one, so that the young are seldom looked at, and are then hundreds of thousands. No answer is read meanwhile.
Sessions leave no cycles behind (`Visit.close` sees to it): counting references frees them, and collections found nothing.
"""

import gc

# So many more objects than before, and the collector looks after all: some 100 MB of cycles that a journey leaves behind.
# A steady run frees as much as it makes and never comes near.
MAX_UNSEEN_OBJECTS = 1_000_000


def settle() -> None:
    """Collect once, take all that lives now out of later collections, and collect only in need from here on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MAX_UNSEEN_OBJECTS, 10, 10)
