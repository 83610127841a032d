import time

import gevent

from loadgen.clock import RunClock
from loadgen.dispatcher import Dispatcher
from loadgen.schedule import Arrival
from loadgen.starts import Starts
from scenarios.mix import Persona


def dispatcher_of(*at_s: float, start_within_s: float = 5.0) -> Dispatcher:
    clock = RunClock(zero=time.monotonic())
    schedule = [Arrival(number, moment, Persona.MONITOR) for number, moment in enumerate(at_s)]
    return Dispatcher(schedule, clock, Starts(), start_within_s)


def test_a_free_user_takes_each_arrival_in_order() -> None:
    dispatcher = dispatcher_of(0.0, 0.001, 0.002)
    dispatcher.run()
    assert [dispatcher.take().number for _ in range(3)] == [0, 1, 2]


def test_arrivals_do_not_wait_for_users() -> None:
    """Nobody is free: the schedule is still handed out on time."""
    dispatcher = dispatcher_of(0.0, 0.01, 0.02)
    begin = time.monotonic()
    dispatcher.run()
    assert time.monotonic() - begin < 1.0
    assert dispatcher._starts.flush(0).planned == 3


def test_a_start_is_late_by_the_time_it_waited_for_a_user() -> None:
    dispatcher = dispatcher_of(0.0)
    dispatcher.run()
    gevent.sleep(0.06)
    dispatcher.take()
    counts = dispatcher._starts.flush(0)
    assert counts.late == 1
    assert counts.lateness_us[0] >= 60_000


def test_a_prompt_start_is_not_late() -> None:
    dispatcher = dispatcher_of(0.0)
    dispatcher.run()
    dispatcher.take()
    assert dispatcher._starts.flush(0).late == 0


def test_an_arrival_nobody_took_in_time_is_dropped_and_the_next_is_served() -> None:
    dispatcher = dispatcher_of(0.0, 0.05, start_within_s=0.03)
    dispatcher.run()
    gevent.sleep(0.01)
    assert dispatcher.take().number == 1
    counts = dispatcher._starts.flush(0)
    assert (counts.planned, counts.started, counts.dropped) == (2, 1, 1)


def test_what_still_waits_at_the_end_is_dropped() -> None:
    dispatcher = dispatcher_of(0.0, 0.001)
    dispatcher.run()
    dispatcher.drop_waiting()
    assert dispatcher._starts.flush(0).dropped == 2


def test_the_user_that_became_free_last_is_next() -> None:
    dispatcher = dispatcher_of(0.02, 0.04)
    users = [gevent.spawn(dispatcher.take) for _ in range(3)]
    gevent.sleep(0.01)
    dispatcher.run()
    gevent.sleep(0.01)
    assert [user.value and user.value.number for user in users] == [None, 1, 0]
    gevent.killall(users)


def test_nobody_is_sent_to_a_user_that_was_stopped() -> None:
    dispatcher = dispatcher_of(0.02)
    users = [gevent.spawn(dispatcher.take) for _ in range(2)]
    gevent.sleep(0.01)
    users[1].kill()
    dispatcher.run()
    assert users[0].get(timeout=1).number == 0


def test_what_a_stopped_user_was_given_goes_to_another() -> None:
    """The stop and the arrival fall into one turn of the loop."""
    dispatcher = dispatcher_of(0.0)
    users = [gevent.spawn(dispatcher.take) for _ in range(2)]
    gevent.sleep(0.01)
    users[1].kill(block=False)
    dispatcher.run()
    assert users[0].get(timeout=1).number == 0
    assert isinstance(users[1].value, gevent.GreenletExit)
    assert dispatcher._starts.flush(0).started == 1


def test_what_a_stopped_user_was_given_waits_where_nobody_is_free() -> None:
    dispatcher = dispatcher_of(0.0)
    user = gevent.spawn(dispatcher.take)
    gevent.sleep(0.01)
    user.kill(block=False)
    dispatcher.run()
    gevent.sleep(0.01)
    assert dispatcher.take().number == 0
