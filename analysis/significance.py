"""Which of many changes are significant together: Hochberg's procedure in a group of alike hypotheses, Holm's over the groups.

The percentiles of an operation, and its stages, mostly move together: as one group they cost one hypothesis where they agree.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Return which hypotheses are rejected so that any false rejection among all has at most probability alpha.

    Source: S. Holm, Scand. J. Stat. 6 (1979) 65.
    """
    return [level is not None for level in _holm_levels(p_values, alpha)]


def hochberg(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Return which hypotheses are rejected; holds where they depend positively, as percentiles of the same requests do.

    Source: Y. Hochberg, Biometrika 75 (1988) 800.
    """
    ordered = sorted(p_values)
    limits = [p for rank, p in enumerate(ordered) if p <= alpha / (len(ordered) - rank)]
    return [bool(limits) and p <= limits[-1] for p in p_values]


def combined(p_values: Sequence[float]) -> float:
    """Return the least alpha at which Hochberg's procedure rejects anything; 1 for none."""
    ordered = sorted(p_values)
    return min([1.0, *((len(ordered) - rank) * p for rank, p in enumerate(ordered))])


def rejected(groups: Mapping[Group, Mapping[Name, float]], alpha: float) -> frozenset[Name]:
    """Return the names that are rejected: Holm over the groups, Hochberg in each at the level that Holm leaves it."""
    found: set[Name] = set()
    levels = _holm_levels([combined(list(group.values())) for group in groups.values()], alpha)
    for group, level in zip(groups.values(), levels, strict=True):
        if level is not None:
            inside = hochberg(list(group.values()), level)
            found |= {name for name, is_rejected in zip(group, inside, strict=True) if is_rejected}
    return frozenset(found)


def _holm_levels(p_values: Sequence[float], alpha: float) -> list[float | None]:
    """Return the level at which each hypothesis was rejected, None where it was not."""
    order = sorted(range(len(p_values)), key=lambda index: (p_values[index], index))
    levels: list[float | None] = [None] * len(p_values)
    for rank, index in enumerate(order):
        level = alpha / (len(p_values) - rank)
        if p_values[index] > level:
            break
        levels[index] = level
    return levels
