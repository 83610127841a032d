"""The Locust user that plays visits: one after the other, when the plan says so."""

import logging
import math
from typing import Any, ClassVar

import gevent
from gevent import GreenletExit
from locust import User, task

from loadgen.conductor import Conductor, conductor_of
from loadgen.errors import OutOfAccounts
from loadgen.visit import Visit
from records.journey import Milestone
from scenarios.mix import Persona

logger = logging.getLogger("rushhour")


class ShopUser(User):
    """A place for one virtual person at a time. Subclasses say who (`persona`) and what (`visit`)."""

    abstract = True
    persona: ClassVar[Persona]

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.conductor: Conductor = conductor_of(environment)
        self.rank = self.conductor.new_rank()

    def visit(self, visit: Visit) -> None:
        """Play one session from beginning to end. Keep nothing on `self`: the next session is another person's."""
        raise NotImplementedError

    @task
    def play(self) -> None:
        """Wait for the next session and play it."""
        start = self.conductor.next_start(self.persona, self.rank)
        if start is None:
            gevent.sleep(math.inf)  # the plan has no more work for this user; Locust will stop it
            return
        visit = Visit(self.conductor.around, start.persona, start.number, start.intended_at)
        self.conductor.busy += 1
        visit.reach(Milestone.SESSION_STARTED)
        try:
            self._player(start.persona).visit(visit)
            visit.check_alive()
            visit.reach(Milestone.SESSION_ENDED)
        except OutOfAccounts:
            visit.reach(Milestone.SESSION_ENDED)
        except GreenletExit:
            raise
        except Exception:
            self.conductor.around.user_errors += 1
            logger.exception("a %s's session broke: the journey has a defect", start.persona.value)
        finally:
            visit.close()
            self.conductor.busy -= 1

    def _player(self, persona: Persona) -> "ShopUser":
        """Return the user that plays a persona: this one, or one of the class that the locust file has for it."""
        if persona == self.persona:
            return self
        players: dict[Persona, ShopUser] = self.environment.rushhour_players
        if persona not in players:
            classes = [user for user in self.environment.user_classes if user.persona == persona]
            players[persona] = classes[0](self.environment)
        return players[persona]
