"""The audit through the API: each barber's account shows its books; what is still missing is asked for one by one.

An appointment counts as `absent` only where its own customer is told that it is not there, or an account that was just shown
another customer's: a 404 for who may not look proves nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

import httpx

from loadgen.accounts import Account, load_accounts
from loadgen.addresses import address_header
from loadgen.audit.barber_reading import BarberReading, read_barber
from loadgen.audit.budget import Budget, BudgetSpentError
from loadgen.audit.scope import Scope
from loadgen.audit.shop_reader import ShopReader, UnreadableError, barbers_of, open_client
from loadgen.audit.shown import appointment_row
from loadgen.errors import TargetError
from records.readback import ReadbackEnd, Row, RowKind
from scenarios.target import Target

FIRST_ADDRESS = 50_000_000  # numbers of people who are no session of the run, so that their addresses are fresh ones
MOST_SINGLE = 500  # appointments asked for one by one; where more are missing, the first tell enough
MOST_PROBLEMS = 3  # in one line; more say nothing new
NOT_THERE = (404, 410)
Tell = Callable[[str], None]


@dataclass(slots=True)
class ApiSource:
    """Reads one target. `now_s` is the run's clock, `write` takes rows as they are seen, `tell` a word on how far it is."""

    target: Target
    scope: Scope
    now_s: Callable[[], float]
    write: Callable[[Iterable[Row]], None]
    tell: Tell
    budget: Budget
    transport: httpx.BaseTransport | None = None  # for tests: a shop without a socket
    problems: list[str] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def read(self) -> ReadbackEnd:
        """Read what the scope names and return how far it got; what cannot be read is in the end's `because`."""
        audit, budget, from_s = self.target.audit, self.budget, round(self.now_s(), 3)
        readings: list[BarberReading] = []
        everyone = False
        with open_client(self.target, audit.at_once, self.transport) as client:
            try:
                staff, others = self._staff(client, budget)
                everyone = not others and self.scope.everyone
                self._note_missing(staff, others)
                wanted = [number for number in staff if self.scope.everyone or number in self.scope.barbers]
                for reading in self._barbers(budget, staff, wanted):
                    readings.append(reading)
                    self._take(reading)
                self._missing(client, budget, list(staff.values()))
            except BudgetSpentError as error:
                self._problem(str(error))
            except (UnreadableError, TargetError) as error:
                self._problem(str(error))
            except KeyboardInterrupt:
                budget.stop("somebody interrupted it")
                self._problem("somebody interrupted it")
        return self._end(budget, readings, from_s, everyone=everyone)

    def _staff(self, client: httpx.Client, budget: Budget) -> tuple[dict[int, ShopReader], set[int]]:
        """Return a reader for each barber who has an account in the profile, and the barbers who have none."""
        if self.target.staff is None:
            raise UnreadableError(f"the profile {self.target.name} has no staff accounts to read with")
        readers = {
            account.email.lower(): self._reader(client, budget, account, number)
            for number, account in enumerate(load_accounts(self.target.staff))
        }
        first = next(iter(readers.values()))
        first.sign_in()
        barbers = barbers_of(first)
        known = {number: readers[email] for number, email in barbers.items() if email in readers}
        return known, barbers.keys() - known.keys()

    def _reader(self, client: httpx.Client, budget: Budget, account: Account, number: int) -> ShopReader:
        return ShopReader(client, budget, account, address_header(self.target, 0, FIRST_ADDRESS + number) or {})

    def _note_missing(self, staff: dict[int, ShopReader], others: set[int]) -> None:
        without = others if self.scope.everyone else set(self.scope.barbers) - staff.keys()
        if without:
            self._problem(f"{len(without):,} barbers have no account in the profile {self.target.name}")

    def _barbers(self, budget: Budget, staff: dict[int, ShopReader], wanted: list[int]) -> Iterator[BarberReading]:
        """Yield the barbers' books as they are read, some at once."""
        with ThreadPoolExecutor(self.target.audit.at_once) as pool:
            futures: list[Future[BarberReading]] = [
                pool.submit(read_barber, staff[number], number, self.scope, self.now_s) for number in wanted
            ]
            try:
                for done, future in enumerate(as_completed(futures), start=1):
                    yield future.result()
                    self.tell(f"{done:,} of {len(futures):,} barbers, {budget.requests:,} requests")
            except BaseException:
                budget.stop("the reading was given up")  # those under way end at their next request
                for future in futures:
                    future.cancel()
                raise

    def _take(self, reading: BarberReading) -> None:
        self.write(reading.rows)
        self.seen |= {row.id for row in reading.rows if row.row is RowKind.APPOINTMENT}
        for problem in reading.problems:
            self._problem(problem)

    # One by one.

    def _missing(self, client: httpx.Client, budget: Budget, staff: list[ShopReader]) -> None:
        """Ask for acknowledged appointments that no list showed."""
        missing = [number for number in self.scope.appointments if number not in self.seen]
        if not missing:
            return
        self.tell(f"{len(missing):,} appointments one by one")
        if len(missing) > MOST_SINGLE:
            self._problem(
                f"{len(missing) - MOST_SINGLE:,} of {len(missing):,} appointments that no list showed were not asked for"
            )
        owners = self._owners({self.scope.appointments[number] for number in missing[:MOST_SINGLE]})
        readers = {
            email: self._reader(client, budget, account, len(staff) + place)
            for place, (email, account) in enumerate(owners.items())
        }
        sees_all = self._sees_all(staff)
        unasked = 0
        for number in missing[:MOST_SINGLE]:
            reader = readers.get(self.scope.appointments[number].lower(), sees_all)
            unasked += not self._ask(reader, number)
        if unasked:
            self._problem(f"{unasked:,} appointments could not be asked for by anybody who may see them")

    def _owners(self, emails: set[str]) -> dict[str, Account]:
        """Return the accounts of the profile that some clients have; who registered during the run is not among them."""
        wanted = {email.lower() for email in emails}
        return {
            account.email.lower(): account
            for account in load_accounts(self.target.clients)
            if account.email.lower() in wanted
        }

    def _sees_all(self, staff: list[ShopReader]) -> ShopReader | None:
        """Return a barber's account that is shown another barber's appointment; None where none is."""
        for number in sorted(self.seen)[:1] + sorted(self.seen)[-1:]:
            for reader in (staff[0], staff[-1]):
                try:
                    reader.sign_in()
                    status, body = reader.look(f"/appointments/{number}")
                except UnreadableError:
                    continue
                own = isinstance(body, dict) and self._is_of(reader, body)
                if status == 200 and not own:
                    return reader
        return None

    def _is_of(self, reader: ShopReader, body: dict[str, object]) -> bool:
        """Tell whether an appointment is in the chair of the barber who asks."""
        try:
            me = reader.get("/auth/me")
        except UnreadableError:
            return True
        return not isinstance(me, dict) or me.get("id") == body.get("barber_id")

    def _ask(self, reader: ShopReader | None, number: int) -> bool:
        """Ask for one appointment; tell whether that brought an answer that can be trusted."""
        if reader is None:
            return False
        try:
            reader.sign_in()
            status, body = reader.look(f"/appointments/{number}")
        except UnreadableError:
            return False
        at_s = round(self.now_s(), 3)
        row = appointment_row(body, at_s) if status == 200 and isinstance(body, dict) else None
        if row is not None and row.id == number:
            self.write([row])
            self.seen.add(number)
            return True
        if status in NOT_THERE:
            self.write([Row(RowKind.ABSENT, number, at_s)])
            return True
        return False

    def _problem(self, words: str) -> None:
        if words not in self.problems:
            self.problems.append(words)

    def _end(self, budget: Budget, readings: list[BarberReading], from_s: float, *, everyone: bool) -> ReadbackEnd:
        shown = self.problems[:MOST_PROBLEMS]
        more = len(self.problems) - len(shown)
        scope = self.scope
        return ReadbackEnd(
            source="api",
            from_s=from_s,
            to_s=round(self.now_s(), 3),
            requests=budget.requests,
            pages=budget.pages,
            complete=not self.problems,
            because="; ".join(shown) + (f" (and {more} more)" if more > 0 else ""),
            barbers=tuple(sorted(reading.barber_id for reading in readings if reading.appointments_read)),
            payers=tuple(sorted(reading.barber_id for reading in readings if reading.payments_read)),
            calendars=tuple(sorted(reading.barber_id for reading in readings if reading.schedule_read)),
            first_day=None if scope.first_day is None else scope.first_day.isoformat(),
            last_day=None if scope.last_day is None else scope.last_day.isoformat(),
            everyone=everyone and all(reading.appointments_read for reading in readings),
        )
