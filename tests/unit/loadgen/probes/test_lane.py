"""Rules of one probe's course."""

from queue import SimpleQueue
from threading import Event

from loadgen.probes.lane import RETRY_S, Lane
from loadgen.probes.reading import NoReading, Reader, Reading
from records.probe import UP, ProbeSample


class Scripted:
    """Answers with what it is given, one after the other."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)

    def read(self) -> list[Reading]:
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return [Reading("x", float(answer), "s")]  # type: ignore[arg-type]  # a number

    def close(self) -> None:
        """Nothing is open."""


def lane_of(reader: Reader) -> Lane:
    return Lane("shop", lambda: reader, SimpleQueue())


def test_a_sample_says_that_the_probe_is_up_and_what_it_read() -> None:
    assert lane_of(Scripted(7)).sample(3) == [
        ProbeSample(3, "shop", UP, 1.0, "count"), ProbeSample(3, "shop", "x", 7.0, "s"),
    ]  # fmt: skip


def test_a_dead_probe_is_a_gap_with_a_reason_and_its_return_is_noted() -> None:
    lane = lane_of(Scripted(1, NoReading("refused"), RuntimeError("odd"), 2))
    assert [lane.sample(second)[0][3:] for second in range(4)] == [
        (1.0, "count", ""), (None, "count", "refused"), (None, "count", "RuntimeError: odd"), (1.0, "count", "back after 2 s"),
    ]  # fmt: skip


def test_a_probe_that_hangs_has_gaps_and_its_late_answer_still_counts() -> None:
    go_on = Event()

    class Slow(Scripted):
        def read(self) -> list[Reading]:
            go_on.wait(5)
            return super().read()

    answers: SimpleQueue[list[ProbeSample]] = SimpleQueue()
    lane = Lane("shop", lambda: Slow(7), answers)
    lane.ask(0)
    lane.ask(1)
    (gap,) = answers.get(timeout=5)
    assert (gap.second, gap.value, gap.because) == (1, None, "the sample of second 0 is not there yet")
    go_on.set()
    assert [(sample.second, sample.value) for sample in answers.get(timeout=5)] == [(0, 1.0), (0, 7.0)]


def test_a_probe_that_cannot_be_made_is_tried_again_after_a_while() -> None:
    tries = []

    def make() -> Reader:
        tries.append(1)
        if len(tries) == 1:
            raise NoReading("the environment variable DSN is not set")
        return Scripted(1)

    lane = Lane("database", make, SimpleQueue())
    assert lane.sample(0)[0].because == "the environment variable DSN is not set"
    assert lane.sample(1)[0].because == "the environment variable DSN is not set"
    assert len(tries) == 1
    assert lane.sample(RETRY_S)[0].because == f"back after {RETRY_S} s"
