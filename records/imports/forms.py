"""All formats that can be imported, told apart by what stands in the file; its name says nothing."""

from collections.abc import Iterable

from records.errors import RunDataError
from records.imports import gatling, hdr_log, jmeter_csv, jmeter_xml, k6, locust_csv, plain
from records.imports.form import Form
from records.imports.source import Source

FORMS = (
    locust_csv.FORM,
    k6.JSON,
    k6.CSV,
    jmeter_csv.FORM,
    jmeter_xml.FORM,
    gatling.FORM,
    gatling.BINARY,
    hdr_log.FORM,
    plain.FORM,  # the last: it takes any table
)


def form_of(sources: Iterable[Source]) -> Form:
    """Return the one format of some files; raise RunDataError where one is of none, or they differ."""
    found = [(source, _form(source)) for source in sources]
    first, form = found[0]
    for source, other in found[1:]:
        if other is not form:
            raise RunDataError(
                f"{source.path}: is of {other.tool.value} ({other.name}), {first.path} of {form.tool.value} ({form.name}); expected the files of one run, import the others by themselves"
            )
    return form


def _form(source: Source) -> Form:
    head = source.head()
    if not head.strip():
        raise RunDataError(f"{source.path}: is empty; expected a file of a load testing tool")
    for form in FORMS:
        if form.recognises(head):
            return form
    known = ", ".join(dict.fromkeys(f"{form.tool.value} ({form.name})" for form in FORMS if form is not gatling.BINARY))
    raise RunDataError(f"{source.path}: is of no known format; expected one of: {known}")
