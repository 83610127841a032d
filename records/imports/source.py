"""A file of another tool as it is read: piece by piece, compressed or not, with the numbers of its lines and a digest of its bytes."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, TypeVar, cast

import numpy as np

from records.errors import RunDataError

Item = TypeVar("Item")
PIECE_BYTES = 16 << 20  # of the text at a time: large enough for Arrow's readers to be busy, small beside 2 GB
HEAD_BYTES = 64 << 10  # enough for the first lines of every format
MAX_LINE_BYTES = 64 << 20  # no record is as long; without a bound a file without line ends would fill the memory
GZIP = b"\x1f\x8b"
LINE_END, QUOTE = b'\n"'
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole lines; `first_line` is the number of the first. `torn`: one line at the end of the file without its end."""

    first_line: int
    data: bytes
    torn: bool = False


class _Hashed:
    """A file whose bytes go into a digest as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.blake2b(digest_size=16)  # twice as fast as SHA-256 where the processor has no help for it

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


class Source:
    """One file. `digest` is that of its bytes as far as they were read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = ""

    def head(self) -> bytes:
        """Return the first bytes of the text, without a byte order mark; raise RunDataError where there is no such file."""
        with self.opened() as file:
            return file.read(HEAD_BYTES).removeprefix(BYTE_ORDER_MARK)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open the text for reading; raise RunDataError where the file cannot be read, or is damaged within its compression."""
        try:
            with self.path.open("rb") as raw:
                compressed = raw.read(len(GZIP)) == GZIP
                raw.seek(0)
                hashed = _Hashed(raw)
                plain = cast("IO[bytes]", hashed)
                yield cast("IO[bytes]", gzip.GzipFile(fileobj=plain)) if compressed else plain
                while hashed.read(PIECE_BYTES):
                    pass
                self.digest = hashed.digest.hexdigest()
        except FileNotFoundError:
            raise RunDataError(f"{self.path}: not found; expected a file of a load testing tool") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise RunDataError(
                f"{self.path}: its compression is damaged ({error}); expected a whole gzip file, fetch it again"
            ) from error
        except OSError as error:
            raise RunDataError(f"{self.path}: cannot be read: {error.strerror or error}") from error

    def pieces(self, *, quoted: bool) -> Iterator[Piece]:
        """Yield the text in whole lines. `quoted`: a value between double quotes may hold line ends, and is not cut there.

        The next piece is read, and goes into the digest, while the one before is worked on.
        """
        return one_ahead(self._read(quoted=quoted))

    def _read(self, *, quoted: bool) -> Iterator[Piece]:
        with self.opened() as file:
            line, rest = 1, b""
            while block := file.read(PIECE_BYTES):
                text = rest + (block.removeprefix(BYTE_ORDER_MARK) if line == 1 and not rest else block)
                end = _last_end(text, quoted=quoted)
                piece, rest = text[:end], text[end:]
                if len(rest) > MAX_LINE_BYTES:
                    raise RunDataError(
                        f"{self.path}: line {line + _count(piece, LINE_END)} is longer than {MAX_LINE_BYTES:,} bytes; expected lines of text"
                    )
                if piece:
                    yield Piece(line, piece)
                    line += _count(piece, LINE_END)
            if rest.strip():
                yield Piece(line, rest + b"\n", torn=True)


def one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, each made in a thread of its own while the one before is worked on; errors come in their turn."""
    with ThreadPoolExecutor(1) as ahead:
        upcoming = ahead.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = ahead.submit(next, items, None)
            yield item


def _count(text: bytes, byte: int) -> int:
    """Return how often a byte is there; `bytes.count` takes five times as long where it is every few."""
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == byte))


def _last_end(text: bytes, *, quoted: bool) -> int:
    """Return where the last line ends that is not inside quotes, 0 where none does."""
    end = text.rfind(b"\n") + 1
    while quoted and end and b'"' in text and _count(text[:end], QUOTE) % 2:
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end
