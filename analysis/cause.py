"""Likely causes by symptom: what to look at first, and what would show that it is something else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """A guess that can be refuted."""

    cause: str
    next_step: str
    refuted_by: str


SLOTS = Cause(
    "slots asks the database once more for every barber or slot (N+1), or a cache no longer holds",
    "count the statements of one GET /appointments/slots in this build and the last; look at the cache hit ratio",
    "the same number of statements in both builds, or the same change in operations that never touch slots",
)
SIGN_IN = Cause(
    "password hashing: more rounds, or hashing on the thread that serves everybody",
    "time one sign-in alone, and beside a hundred others; look where the hash is computed",
    "one sign-in alone that takes as long as under load",
)
PAYMENT = Cause(
    "Stripe, or work around it that waits for it (a second call, a lock or a transaction held meanwhile)",
    "look at the time inside the calls to Stripe; count those calls in one payment",
    "the same time inside the calls to Stripe as before, and no lock held around them",
)
BOOKING = Cause(
    "the check for a free chair or the lock around it: a missing index, or bookings that wait for each other",
    "EXPLAIN the check for a conflict; look at lock waits while customers want the same chair",
    "bookings of different barbers that are as slow when they come one by one",
)
CALENDAR = Cause(
    "Google, or syncing inside the request",
    "look at the time inside the calls to Google, and at what a request waits for",
    "the same time inside the calls to Google as before",
)
OTHER = Cause(
    "this operation's own code or statements",
    "compare its trace and its statements in this build and the last",
    "the same change in operations that share no code with it",
)
BY_PATH = (
    ("/appointments/slots", SLOTS),
    ("/auth/", SIGN_IN),
    ("payment", PAYMENT),
    ("calendar", CALENDAR),
    ("/appointments/", BOOKING),
)
BY_SYMPTOM = {
    "no_double_booking": Cause(
        "the booking looks for a free chair and inserts in two steps, without a lock or a constraint between them",
        "add an exclusion constraint on (barber, time range), then run it again; the witness has both requests",
        "a cancellation of the first appointment, by somebody else than our users, before the second was booked",
    ),
    "no_double_charge": Cause(
        "the payment is not tied to its appointment: no unique constraint, or an idempotency key that is not looked up",
        "look for both payments at Stripe, give one back, and make the appointment's payment unique",
        "a refund of the first payment before the second, by somebody else than our users",
    ),
    "no_excess_refund": Cause(
        "refunds check what is left and write in two steps, so that two at once both find enough",
        "lock the payment's row while a refund is checked and written, and look for the refunds at Stripe",
        "a charge greater than the one that the confirmation told",
    ),
    "bookings_kept": Cause(
        "the answer is sent before the write is safe (a commit that fails afterwards, a replica, a cache), or a later write undid it",
        "look for the appointment in the database and its log; see whether the answer waits for the commit",
        "the row in the database as it was acknowledged: then the API shows something else than it holds",
    ),
    "no_ownerless_booking": Cause(
        "the appointment is written before its customer, in another transaction, and the second one failed",
        "look who made the row, and in how many transactions",
        "a customer of the row that the API does not show",
    ),
    "money_matches": Cause(
        "Stripe and the database are written one after the other, and one of them without the other",
        "compare the payment with Stripe's own record of it",
        "a payment or refund by somebody else than our users",
    ),
    "retries_change_nothing": Cause(
        "the idempotency key is not looked up before the work, or not kept with its answer",
        "send one request twice with its key, one after the other and at once, and compare answers and rows",
        "two different requests with the same key",
    ),
    "cancelled_is_free": Cause(
        "a cancelled appointment still counts as taken: a cache of the day, or a check that does not look at the state",
        "cancel an appointment, wait for the caches, and book its time again",
        "a closing or a holiday entered for that barber meanwhile",
    ),
    "calendar_matches": Cause(
        "the schedule is kept apart from the appointments, or read through a cache or with another day boundary",
        "compare the schedule with the appointments of that barber, now and after the caches have ended",
        "a change of the appointment between the two readings",
    ),
    "aborted": Cause(
        "the target could not serve this load: what the scenario calls the line beyond which nothing is learnt was crossed",
        "look at the seconds before the abort: errors by text, which operation first, what the target's own log says then",
        "the same run without the rule that comes back to its objectives by itself",
    ),
    "not_recovered": Cause(
        "what the fault left behind keeps it down (metastable): queues, retries, a pool full of dead connections, a cold cache",
        "take the load off and see whether it comes back; then shed load, bound queues, and give retries a budget",
        "the same state in a target that was restarted, or a fault that was not undone",
    ),
    "slow_recovery": Cause(
        "the time to notice, to fail over or to fill up again: health checks, time-outs, reconnects, warming caches",
        "lay the resilience table beside the target's own log: was it late to notice, to switch, or to be fast again?",
        "the same time with health checks and time-outs half as long",
    ),
    "errors": Cause(
        "an exception in the build, a pool or a worker that ran out, or a dependency that failed",
        "look for the first of them in the target's log by its second; see whether they follow load or time",
        "the same failures from a client on another network path, or none in the target's own log",
    ),
    "rate_limited": Cause(
        "the target's rate limiter takes the generator for one client, or its limits are below this load",
        "let the target trust the generator's client addresses (target profile, addresses.header), or raise its limits for the test",
        "429 also for an address that sent nothing before",
    ),
    "client_error": Cause(
        "the target's API differs from the one the journeys know, or its data is not what the profile says",
        "run `rushhour check` on this target, and read the first 4xx in its log",
        "the same request accepted when it is sent by hand",
    ),
    "stalls": Cause(
        "something blocks the whole process: a garbage collection, a synchronous call on the event loop, a lock, a checkpoint",
        "take a profile or a stack dump of the target in such a second; compare with its garbage collection and database logs",
        "operations that go on in those seconds, or the generator's loop late in the same ones",
    ),
    "drift": Cause(
        "something grows with time: memory, a table without an index, a queue, connections that are not given back",
        "watch memory, table sizes and pool use over a soak; see whether a restart cures it",
        "the same course on a target restarted in the middle",
    ),
    "rate": Cause(
        "customers turn back: an earlier step fails, refuses or takes too long",
        "look at the funnel: where do fewer go on than before?",
        "the same share at every step of the funnel, and fewer sessions started",
    ),
    "load": Cause(
        "the target is at its limit at this level: CPU, pool, workers or a lock",
        "look for what is fully used just below this level (exhaustion scenario); scale that, or lower the level",
        "the same latency at a lower level",
    ),
    "metastable": Cause(
        "what built up under overload keeps the target slow: a queue, retries, a cache that was lost, connections that are not given back",
        "restart the target with the load on; look at the pool's queue and at what is retried, and shed work earlier",
        "it recovers as late when the load is taken off altogether",
    ),
    "unconfirmed": Cause(
        "something grows that a short step does not show: memory, a queue, a table, a cache that fills; or the short steps were lucky",
        "plan with the last good step of a climb whose steps hold for longer; watch memory and pool over the hold",
        "the same hold passes on a target restarted before it",
    ),
    "no_breaking_point": Cause(
        "the target holds more than this scenario offers",
        "add steps, or raise --load-scale, to find the breaking point",
        "an objective missed at one of these levels when it is held for longer",
    ),
    "void_step": Cause(
        "the generator reached its own limit before the target did",
        "use more workers or machines, and run it again",
        "the same with twice the workers",
    ),
    "undecided": Cause(
        "too much noise between runs for this many of them",
        "run the same build again, longer or on a quieter machine, or accept more baseline runs",
        "intervals as wide on a machine with nothing else on it",
    ),
}  # fmt: skip


def cause_of(what: str) -> Cause:
    """Return the likely cause of a symptom, or of an operation that is slow."""
    if what in BY_SYMPTOM:
        return BY_SYMPTOM[what]
    if what.startswith("response_") or what.endswith("_ratio"):
        return BY_SYMPTOM["load"]
    return next((cause for part, cause in BY_PATH if part in what), OTHER)


def everything_slower() -> Cause:
    """Return the likely cause where most operations became slower together."""
    return Cause(
        "what all operations share: CPU, the connection pool, middleware, the event loop, or a neighbour on the machine",
        "look at CPU and pool use in both builds; run the last build today, on the same machine",
        "the last build as slow today: then the environment changed, not the product",
    )
