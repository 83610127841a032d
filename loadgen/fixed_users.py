"""Which users each process has, given to Locust once and for ever.

Locust's own dispatcher shares users out anew when a worker joins, quits, goes missing or comes back, and when somebody changes
their number on the page. A plan knows its users; whatever Locust asks for later, the answer is the same.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from locust.dispatch import UsersDispatcher

from scenarios.mix import Persona
from scenarios.plan import Plan, persona_users

Members = Callable[[], list[str]]


def fixed_users(plan: Plan, members: Members) -> Callable[..., UsersDispatcher]:
    """Return a `dispatcher_class` for Locust; `members` returns the ids of the processes, in the order of their shares."""

    def make(worker_nodes: list[Any], user_classes: list[Any]) -> UsersDispatcher:
        dispatcher = FixedUsers(worker_nodes, user_classes)
        dispatcher.share_out(plan, members)
        return dispatcher

    return make


class FixedUsers(UsersDispatcher):
    """Gives each process its users at once; joining, leaving and other numbers change nothing."""

    def share_out(self, plan: Plan, members: Members) -> None:
        """Say whose users there are."""
        self._plan = plan
        self._members = members
        self._given = True

    def new_dispatch(self, *_: Any, **__: Any) -> None:
        """Begin again: the same users."""
        self._given = False

    def __next__(self) -> dict[str, dict[str, int]]:
        if self._given:
            raise StopIteration
        self._given = True
        members = self._members()
        user_classes: list[Any] = self._original_user_classes
        classes = {user.persona: user.__name__ for user in user_classes}
        shares = shares_of_users(self._plan, classes, len(members))
        nobody = dict.fromkeys(classes.values(), 0)
        return dict(zip(members, shares, strict=True)) or {node.id: dict(nobody) for node in self._worker_nodes}

    def add_worker(self, worker_node: Any) -> None:
        """A worker that comes now gets no users."""

    def remove_worker(self, worker_node: Any) -> None:
        """The users of a worker that is gone go to nobody."""


def shares_of_users(plan: Plan, classes: dict[Persona, str], processes: int) -> list[dict[str, int]]:
    """Return for each process how many users of each class it has; `classes` are class names by persona.

    User number k of the plan belongs to process k mod n.
    """
    counts = persona_users(plan)
    users = [persona for persona, count in counts.items() for _ in range(count)]
    shares = [Counter(users[index::processes]) for index in range(processes)]
    return [{classes[persona]: share[persona] for persona in counts if persona in classes} for share in shares]
