"""Why a measurement can be trusted, and everything needed to make it again: checks of the generator, and the manifest."""

from dataclasses import dataclass

from analysis.verdict import GeneratorCheck, Verdict
from records.run import Run
from reports import wording
from reports.imported import origin_words


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of the generator as shown."""

    title: str
    observed: str
    limit: str
    css: str
    words: str
    because: str


def check_rows(verdict: Verdict) -> list[CheckRow]:
    """Return the checks, failed ones first."""
    return [_check(check) for check in sorted(verdict.generator, key=lambda check: check.healthy)]


def _check(check: GeneratorCheck) -> CheckRow:
    known = check.observed is not None
    css, words = ("pass", "✓ sound") if check.healthy and known else ("unknown", "– not measured")
    if not check.healthy:
        css, words = "fail", "✗ failed"
    return CheckRow(
        check.title,
        wording.quantity(check.observed, check.unit),
        wording.quantity(check.limit, check.unit),
        css,
        words,
        wording.sentence(check.because),
    )


def trust_words(verdict: Verdict) -> str:
    """Return in a sentence whether the generator was sound."""
    sick = [check for check in verdict.generator if not check.healthy]
    if not verdict.generator:
        return "The generator was not checked: nothing says that this measurement can be trusted."
    if sick:
        return f"{wording.counted(len(sick), 'check')} of {len(verdict.generator)} failed: this measurement is not to be trusted."
    unknown = sum(check.observed is None for check in verdict.generator)
    if unknown:
        return (
            f"{unknown} of {len(verdict.generator)} checks were not measured: nothing says that the generator was well."
        )
    return f"All {len(verdict.generator)} checks of the generator passed: what was measured is the target, not the generator."


def manifest_rows(run: Run) -> list[tuple[str, str]]:
    """Return what the run was: seed, scales, build, commit, environment and versions, as label and text."""
    manifest = run.manifest
    plan, machine = manifest.plan, manifest.fingerprint
    ended = manifest.ended
    rows = [
        ("Run", manifest.run_id),
        ("Started", wording.utc(manifest.started_at)),
        ("Ended", "never (killed, or still under way)" if ended is None else f"{ended.reason} {ended.detail}".strip()),
        *_load_rows(run),
        ("Scenario digest", plan.scenario_digest),
        ("Target", f"{plan.target.title}, {plan.target.url}"),
        ("Build of the target", manifest.target_build or "not told by the target"),
        ("Commit of the suite", manifest.commit or "not known"),
        ("Workers", "not told" if manifest.imported else wording.count(manifest.workers)),
        (
            "Environment of the generator",
            "not told"
            if manifest.imported
            else f"{machine.cpu}, {wording.counted(machine.cores, 'core')}, {machine.system}, Python {machine.python}, {machine.machine}",
        ),
        ("Versions", ", ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))),
    ]
    if manifest.clock_offset_us:
        offsets = (f"{name} {wording.latency_us(us)}" for name, us in sorted(manifest.clock_offset_us.items()))
        rows.append(("Clock offsets", ", ".join(offsets)))
    if ended is not None and ended.requests_counted:
        rows.append(
            (
                "Requests",
                f"{wording.count(ended.requests_counted)} counted, {wording.count(ended.requests_recorded)} recorded",
            )
        )
    if manifest.plants:
        rows.append(("Defects planted", ", ".join(manifest.plants)))
    rows.append(("Data received", wording.data_size(run.series.received_bytes)))
    return [(label, wording.plain(text, 400)) for label, text in rows]


def _load_rows(run: Run) -> list[tuple[str, str]]:
    """Return what shaped the load; of an imported run only where it comes from."""
    plan, imported = run.manifest.plan, run.manifest.imported
    if imported is not None:
        return [("Load", f"{origin_words(imported)}; digest {imported.digest}")]
    return [
        ("Model", f"{plan.model.value}, {plan.arrivals.value} arrivals"),
        ("Seed", str(plan.seed)),
        ("Scales", f"time × {wording.number(plan.time_scale)}, load × {wording.number(plan.load_scale)}"),
    ]
