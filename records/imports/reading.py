"""Files of another tool, read whole: the requests added up, and what is to be said of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from records.errors import RunDataError
from records.imported import ALWAYS, Gap, Imported
from records.imports.form import About, Form, Options
from records.imports.forms import form_of
from records.imports.source import Source
from records.imports.tally import SpanError, Tally

MAX_FILES = 1_000  # generators of one run; more is a whole directory by mistake


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. `users` are the most that the file tells of, None where it does not."""

    tally: Tally
    imported: Imported
    users: int | None


def read_files(paths: Sequence[Path], options: Options, limits_us: Sequence[int], *, intended_start: bool) -> Reading:
    """Return the requests of some files of one run; raise RunDataError where one cannot be read, or they hold no request.

    `intended_start`: the user says that the latencies count from the intended start, as those of a tool that corrects for it.
    """
    if len(paths) > MAX_FILES:
        raise RunDataError(f"{len(paths):,} files; expected at most {MAX_FILES:,}, those of one run")
    sources = [Source(path) for path in paths]
    form = form_of(sources)
    about, tally = About(), Tally(limits_us)
    dated = replace(options, modified_s=max(source.path.stat().st_mtime for source in sources))
    try:
        for samples in form.read(sources, dated, about):
            tally.add(samples)
    except SpanError as error:
        raise RunDataError(f"{paths[0]}: {error}") from error
    if tally.count == 0:
        raise RunDataError(f"{paths[0]}: no request in it; expected at least one")
    return Reading(tally, _imported(form, sources, about, intended_start=intended_start), about.users)


def _imported(form: Form, sources: Sequence[Source], about: About, *, intended_start: bool) -> Imported:
    digest = hashlib.sha256("".join(source.digest for source in sources).encode()).hexdigest()[:16]
    missing = [
        missing
        for missing in (*about.missing(), *ALWAYS)
        if not (intended_start and missing.what is Gap.INTENDED_START)
    ]
    return Imported(
        tool=form.tool,
        form=form.name,
        files=tuple(source.path.name for source in sources),
        digest=digest,
        resolution_us=about.resolution_us,
        resolution_ratio=about.resolution_ratio,
        missing=tuple(missing),
    )
