"""Times of the shop's answers as seconds: each distinct text is read once."""

from datetime import UTC, datetime, tzinfo

import numpy as np

from records.columns import Flags, Floats, Texts


def seconds_of(texts: Texts) -> Floats:
    """Return ISO times as s since 1970, shape (n,); without a zone they are UTC, as the API says. NaN where there is none."""
    return _spread(texts, _seconds_of(texts.words))


def local_seconds_of(texts: Texts, zone: tzinfo | None) -> Floats:
    """Return clock times of the shop as s since 1970, shape (n,); NaN where there is none or the zone is not known.

    An hour that the clock shows twice is not known either: a wish for it may be of both.
    """
    if zone is None:
        return np.full(texts.codes.size, np.nan)
    return _spread(texts, np.array([_local(word, zone) for word in texts.words], dtype=np.float64))


def zoned(texts: Texts) -> Flags:
    """Tell of each text whether it is a time with a zone."""
    flags = np.array([_has_zone(word) for word in texts.words] + [False], dtype=np.bool_)
    return flags[texts.codes]


def _spread(texts: Texts, seconds: Floats) -> Floats:
    return np.append(seconds, np.nan)[texts.codes]  # -1, no text, is the last


def _seconds_of(words: tuple[str, ...]) -> Floats:
    if not words:
        return np.empty(0)
    if not any(_has_zone(word) for word in words):
        try:  # all at once: an hour of bookings has as many times of creation as rows
            return np.array(words, dtype="datetime64[us]").astype(np.int64) / 1e6
        except ValueError:
            pass
    return np.array([second_of(word) for word in words], dtype=np.float64)


def second_of(word: str) -> float:
    """Return an ISO time as s since 1970, NaN where it is none."""
    try:
        time = datetime.fromisoformat(word)
    except ValueError:
        return np.nan
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _local(word: str, zone: tzinfo) -> float:
    try:
        time = datetime.fromisoformat(word)
    except ValueError:
        return np.nan
    early, late = (time.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return early if early == late else np.nan


def _has_zone(word: str) -> bool:
    return word.endswith("Z") or "+" in word or word.count("-") > 2
