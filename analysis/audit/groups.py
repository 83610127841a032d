"""Groups of equal keys: the first of each, and those that have several."""

import numpy as np

from records.columns import Ints


def first_of_each(*keys: Ints) -> Ints:
    """Return where each distinct combination of keys stands first, in that order."""
    if keys[0].size == 0:
        return np.empty(0, dtype=np.int64)
    order = np.lexsort(keys[::-1])
    new = np.zeros(order.size, dtype=np.bool_)
    new[0] = True
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    return np.sort(order[new])  # lexsort is stable: the first of equals comes first


def several(order: Ints, ids: Ints) -> list[Ints]:
    """Return the groups of more than one in `order`, where `ids`, already sorted so, are equal."""
    if ids.size == 0:
        return []
    begins = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
    ends = np.append(begins[1:], ids.size)
    wanted = np.flatnonzero(ends - begins > 1)
    return [order[begins[place] : ends[place]] for place in wanted.tolist()]
