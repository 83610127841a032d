from loadgen.silence import SILENT_S, TICK_S, Silence


def ticks_until_silent(silence: Silence) -> int:
    ticks = 1
    while not silence.tick():
        ticks += 1
    return ticks


def test_five_seconds_without_a_word_are_silence() -> None:
    assert ticks_until_silent(Silence()) == round(SILENT_S / TICK_S) == 25


def test_a_word_begins_the_count_anew() -> None:
    silence = Silence()
    assert not any(silence.tick() for _ in range(24))
    silence.heard()
    assert ticks_until_silent(silence) == 25
