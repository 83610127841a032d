"""How much of a resource a rate needs: units = ceil(rate x (1 + headroom) / what one sustains) + spare, or the smallest size that does.

With what one sustains = c U / D this is ceil(D X (1 + headroom) / (c U)) + 1 (docs/capacity.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.growth.demand import Floats
from analysis.planning.capacity import Capacity
from scenarios.price_list import Growing, Instance, PricedResource, PriceList

ROUNDING = 1e-9  # 3.0000000001 units are three
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """For each draw of the rate, in its shape: how many units, of which size (its place in `sizes`), and whether they suffice."""

    resource: PricedResource
    sizes: tuple[Instance, ...]
    units: Ints
    size: Ints
    enough: NDArray[np.bool_]


def kept(resource: PricedResource, prices: PriceList, shape: tuple[int, ...]) -> Need:
    """Return what there is now, for every draw: the need of a resource of which no capacity is known."""
    sizes = sizes_of(resource, prices)
    return Need(
        resource,
        sizes,
        np.full(shape, resource.now, dtype=np.int64),
        np.full(shape, _in_use(resource, sizes), dtype=np.int64),
        np.ones(shape, dtype=np.bool_),
    )


def needed(resource: PricedResource, prices: PriceList, capacity: Capacity | None, rate_per_s: Floats) -> Need:
    """Return what draws of the rate, shape (…, paths), need. Without a capacity and without memory figures: what there is now."""
    sizes = sizes_of(resource, prices)
    if capacity is None and resource.memory_base is None:
        return kept(resource, prices, rate_per_s.shape)
    wanted = rate_per_s * (1 + resource.headroom)
    match resource.grows_by:
        case Growing.COUNT:
            return _more(resource, sizes, _per_unit(resource, sizes, capacity, rate_per_s.shape[-1])[0], wanted)
        case Growing.SIZE:
            return _larger(resource, sizes, _per_unit(resource, sizes, capacity, rate_per_s.shape[-1]), wanted)


def sizes_of(resource: PricedResource, prices: PriceList) -> tuple[Instance, ...]:
    """Return the instance types of a resource, small to large: the one of a resource that grows by count."""
    return tuple(prices.instance(name) for name in resource.sizes or (resource.instance,))


def sustained(resource: PricedResource, prices: PriceList, capacity: Capacity | None, paths: int) -> Floats | None:
    """Return what the units of now sustain, shape (paths,), None where that is not known. Memory counts where figures are given."""
    if capacity is None and resource.memory_base is None:
        return None
    sizes = sizes_of(resource, prices)
    one: Floats = _per_unit(resource, sizes, capacity, paths)[_in_use(resource, sizes)]
    return one * resource.now if resource.grows_by is Growing.COUNT else one


def _more(resource: PricedResource, sizes: tuple[Instance, ...], per_unit: Floats, wanted: Floats) -> Need:
    units = np.ceil(wanted / per_unit - ROUNDING) + resource.spare
    units = np.maximum(units, resource.minimum)
    units = np.ceil(units / resource.step) * resource.step
    enough = units <= resource.most
    held = np.minimum(units, resource.most).astype(np.int64)
    return Need(resource, sizes, held, np.zeros(wanted.shape, dtype=np.int64), enough)


def _larger(resource: PricedResource, sizes: tuple[Instance, ...], by_size: Floats, wanted: Floats) -> Need:
    """Return the smallest size from the present one on: what is large is seldom made smaller again."""
    fits: NDArray[np.bool_] = by_size.reshape(len(sizes), *(1,) * (wanted.ndim - 1), -1) >= wanted * (1 - ROUNDING)
    fits[: _in_use(resource, sizes)] = False
    enough = np.asarray(fits.any(axis=0), dtype=np.bool_)
    size = np.where(enough, fits.argmax(axis=0), len(sizes) - 1).astype(np.int64)
    return Need(resource, sizes, np.full(wanted.shape, resource.now, dtype=np.int64), size, enough)


def _per_unit(resource: PricedResource, sizes: tuple[Instance, ...], capacity: Capacity | None, paths: int) -> Floats:
    """Return what one unit of each size sustains, shape (sizes, paths): in proportion to vCPUs, and what its memory holds."""
    one = np.full((len(sizes), paths), np.inf)
    if capacity is not None:
        measured = sizes[_in_use(resource, sizes)].vcpus
        units = (
            capacity.per_unit(paths)
            if resource.grows_by is Growing.COUNT
            else capacity.per_unit(paths) * capacity.units
        )
        one = np.outer([size.vcpus / measured for size in sizes], units)
    if resource.memory_base is not None and resource.memory_per_request_per_s:
        room = [
            (size.memory * resource.memory_use - resource.memory_base) / resource.memory_per_request_per_s
            for size in sizes
        ]
        one = np.minimum(one, np.maximum(np.array(room), ROUNDING)[:, None])
    return one


def _in_use(resource: PricedResource, sizes: tuple[Instance, ...]) -> int:
    return [size.name for size in sizes].index(resource.instance)
