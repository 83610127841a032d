from loadgen.handshake import Introduction
from loadgen.roster import Roster


def worker(pid: int, host: str = "anvil") -> Introduction:
    return Introduction(host, pid, {}, "code", None)


def roster_of(*client_ids: str) -> Roster:
    roster = Roster()
    for pid, client_id in enumerate(client_ids):
        assert roster.admit(client_id, worker(pid)) == ""
        roster.ready(client_id)
    roster.close()
    return roster


def test_names_follow_the_order_of_the_ids_not_that_of_arrival() -> None:
    roster = roster_of("b", "c", "a")
    assert [(member.client_id, member.name) for member in roster.members] == [
        ("a", "worker0"),
        ("b", "worker1"),
        ("c", "worker2"),
    ]


def test_a_worker_that_said_hello_but_never_was_ready_takes_no_part() -> None:
    roster = Roster()
    roster.admit("a", worker(1))
    roster.admit("b", worker(2))
    roster.ready("b")
    roster.close()
    assert [member.client_id for member in roster.members] == ["b"]
    assert not roster.is_member("a")


def test_hello_twice_is_one_worker() -> None:
    roster = Roster()
    assert roster.admit("a", worker(1)) == roster.admit("a", worker(1)) == ""
    roster.ready("a")
    assert roster.ready_count == 1


def test_one_process_is_not_two_workers() -> None:
    roster = Roster()
    roster.admit("a", worker(1))
    assert "takes part already" in roster.admit("b", worker(1))
    assert roster.admit("c", worker(1, host="beech")) == ""


def test_a_stranger_has_no_name() -> None:
    assert roster_of("a").name_of("z") is None


def test_a_silent_worker_is_lost_once_and_the_others_are_not() -> None:
    roster = roster_of("a", "b")
    lost = []
    for _ in range(60):
        roster.heard("b")
        lost += roster.tick()
    assert [member.name for member in lost] == ["worker0"]
    assert lost[0].lost == "no word for 5 s"
    assert roster.lost == lost


def test_a_worker_that_delivered_its_last_windows_may_be_silent() -> None:
    roster = roster_of("a")
    roster.delivered("a")
    assert not [member for _ in range(60) for member in roster.tick()]
    assert roster.left("a", "told to end") is None
    assert roster.all_delivered


def test_a_worker_seen_to_end_is_lost_with_how() -> None:
    roster = roster_of("a", "b")
    (lost,) = roster.ended("anvil", {1: "ended by signal 9 (SIGKILL)"})
    assert (lost.name, lost.lost) == ("worker1", "ended by signal 9 (SIGKILL)")
    assert roster.ended("anvil", {1: "ended by signal 9 (SIGKILL)"}) == []


def test_a_process_of_the_same_number_on_another_machine_is_another() -> None:
    assert roster_of("a", "b").ended("beech", {1: "ended by signal 9 (SIGKILL)"}) == []


def test_the_run_is_over_when_all_that_are_left_have_delivered() -> None:
    roster = roster_of("a", "b")
    roster.delivered("a")
    assert not roster.all_delivered
    roster.left("b", "told to end")
    assert roster.all_delivered
