"""How much may be believed on a page of many series: the share of false alarms among all that is called confirmed."""

from collections.abc import Iterable

FALSE_SHARE = 0.05  # of a page's confirmed changes; where nothing changed at all, so often is any confirmed


def believable(p_values: Iterable[float], share: float = FALSE_SHARE) -> float:
    """Return the largest p value that is still believed, 0 where none is.

    Source: Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289; it also holds where the series rise and fall together
    (Y. Benjamini, D. Yekutieli, Ann. Stat. 29 (2001) 1165).
    """
    ordered = sorted(p_values)
    passing = [p for rank, p in enumerate(ordered, start=1) if p <= share * rank / len(ordered)]
    return passing[-1] if passing else 0.0
