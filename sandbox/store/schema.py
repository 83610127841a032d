"""The tables. What must never happen is ruled out here, by constraints, and not by checks in the code.

- `chair_time`: a barber's half hour belongs to one appointment.
- `payments`: an appointment has one payment, a payment never gives back more than it took.
- `gift_certificates`: a balance never falls below nothing.
- `idempotency`: a key has one answer.
"""

TABLES = """
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT NOT NULL, opens TEXT NOT NULL, closes TEXT NOT NULL);
CREATE TABLE users (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
  phone TEXT, role TEXT NOT NULL, password TEXT NOT NULL, shop_id INTEGER, verified INTEGER NOT NULL,
  google_connected INTEGER NOT NULL, popularity REAL NOT NULL, created_at TEXT NOT NULL
);
CREATE INDEX users_by_role ON users (role);
CREATE TABLE services (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, category TEXT NOT NULL, price_cents INTEGER NOT NULL,
  duration_minutes INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE appointments (
  id INTEGER PRIMARY KEY, user_id INTEGER, barber_id INTEGER NOT NULL, service_id INTEGER NOT NULL,
  service_name TEXT NOT NULL, first_cell INTEGER NOT NULL, duration_minutes INTEGER NOT NULL,
  price_cents INTEGER NOT NULL, status TEXT NOT NULL, notes TEXT, google_event_id TEXT, created_at TEXT NOT NULL,
  guest_name TEXT, guest_email TEXT, guest_phone TEXT, reference TEXT
);
CREATE INDEX appointments_by_user ON appointments (user_id);
CREATE INDEX appointments_by_barber ON appointments (barber_id, first_cell);
CREATE TABLE payments (
  id INTEGER PRIMARY KEY, appointment_id INTEGER NOT NULL UNIQUE, user_id INTEGER NOT NULL,
  barber_id INTEGER NOT NULL, service_name TEXT NOT NULL, intent_id TEXT UNIQUE, original_cents INTEGER NOT NULL,
  gift_cents INTEGER NOT NULL, gift_code TEXT, amount_cents INTEGER NOT NULL, status TEXT NOT NULL,
  refunded_cents INTEGER NOT NULL DEFAULT 0 CHECK (refunded_cents BETWEEN 0 AND amount_cents),
  created_at TEXT NOT NULL, created_unix_s REAL NOT NULL
);
CREATE INDEX payments_by_user ON payments (user_id);
CREATE INDEX payments_by_barber ON payments (barber_id);
CREATE TABLE refunds (
  id INTEGER PRIMARY KEY, payment_id INTEGER NOT NULL, amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  reason TEXT NOT NULL, stripe_refund_id TEXT NOT NULL, initiated_by_id INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE gift_certificates (
  id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, owner_id INTEGER NOT NULL, amount_cents INTEGER NOT NULL,
  balance_cents INTEGER NOT NULL CHECK (balance_cents >= 0), purchaser_name TEXT NOT NULL,
  purchaser_email TEXT NOT NULL, recipient_name TEXT, recipient_email TEXT, message TEXT,
  valid_from TEXT NOT NULL, valid_until TEXT NOT NULL, used_at TEXT
);
CREATE TABLE idempotency (
  user_id INTEGER NOT NULL, idempotency_key TEXT NOT NULL, request_digest TEXT NOT NULL, status INTEGER NOT NULL,
  answer BLOB NOT NULL, PRIMARY KEY (user_id, idempotency_key)
);
CREATE TABLE stripe_events (id TEXT PRIMARY KEY, type TEXT NOT NULL);
CREATE TABLE calendar_syncs (
  id INTEGER PRIMARY KEY, barber_id INTEGER NOT NULL, direction TEXT NOT NULL, synced INTEGER NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX calendar_syncs_by_barber ON calendar_syncs (barber_id);
CREATE TABLE calendar_settings (barber_id INTEGER PRIMARY KEY, settings BLOB NOT NULL);
"""

CHAIR_TIME = """
CREATE TABLE chair_time (
  barber_id INTEGER NOT NULL, cell INTEGER NOT NULL, appointment_id INTEGER NOT NULL,
  PRIMARY KEY ({key})
);
CREATE INDEX chair_time_by_cell ON chair_time (cell, barber_id);
CREATE INDEX chair_time_by_appointment ON chair_time (appointment_id);
"""

ONE_APPOINTMENT_A_HALF_HOUR = "barber_id, cell"
ANY_NUMBER_A_HALF_HOUR = "barber_id, cell, appointment_id"


def allows_double_booking(chair_time_sql: str) -> bool:
    """Tell from how the table `chair_time` was made whether the constraint is missing."""
    return ANY_NUMBER_A_HALF_HOUR in chair_time_sql


def schema(*, double_booking: bool) -> str:
    """Return the tables; planted double booking takes the one constraint away that rules it out."""
    return TABLES + CHAIR_TIME.format(key=ANY_NUMBER_A_HALF_HOUR if double_booking else ONE_APPOINTMENT_A_HALF_HOUR)
