"""Python's garbage collector during a run: it must not hold the loop.

A collection of everything walks all objects of 10,000 users (100 to 300 ms, in which no answer is read). Sessions leave no cycles
behind (`Visit.close` sees to it), so that counting references frees them; what the collector would find is next to nothing.
"""

import gc

# Net allocations before the young are looked at, young looks before the middle-aged, middle-aged looks before everything.
# A young look walks 10,000 objects (under 1 ms); in a steady run as much is freed as is made, and even those are rare.
THRESHOLDS = (10_000, 20, 100)


def settle() -> None:
    """Collect once, take all that lives now out of later collections, and collect seldom from here on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
