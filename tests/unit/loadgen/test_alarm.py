import time

import gevent

from loadgen.alarm import shared_alarm, sleep_until


def test_a_sleeper_wakes_after_its_moment_and_less_than_a_quarter_of_a_millisecond_late() -> None:
    """The lower quartile of 20, because a busy machine may hold up most of them. The loop's own timers come to 0.4 ms, this to 0.08."""
    late_s = []
    for _ in range(20):
        moment_s = time.monotonic() + 0.0043
        sleep_until(moment_s)
        late_s.append(time.monotonic() - moment_s)
    assert min(late_s) >= 0
    assert sorted(late_s)[5] < 0.00025


def test_sleepers_wake_in_the_order_of_their_moments() -> None:
    begin_s, woken = time.monotonic(), []

    def sleep(after_s: float) -> None:
        sleep_until(begin_s + after_s)
        woken.append(after_s)

    gevent.joinall([gevent.spawn(sleep, after_s) for after_s in (0.006, 0.002, 0.004, 0.002)])
    assert woken == [0.002, 0.002, 0.004, 0.006]


def test_a_moment_in_the_past_lets_others_go_first_and_returns() -> None:
    other = gevent.spawn(lambda: None)
    sleep_until(time.monotonic() - 1.0)
    assert other.ready()


def test_a_killed_sleeper_does_not_hold_up_the_others() -> None:
    begin_s = time.monotonic()
    killed = gevent.spawn(sleep_until, begin_s + 0.002)
    other = gevent.spawn(sleep_until, begin_s + 0.004)
    gevent.sleep(0)
    killed.kill()
    other.join(timeout=1.0)
    assert other.successful()


def test_with_nobody_asleep_the_event_loop_may_end() -> None:
    sleep_until(time.monotonic())
    gevent.sleep(0)  # we were woken from within the ring
    assert not shared_alarm()._watcher.active
