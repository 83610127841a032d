"""Forms: what the shop takes, and what it refuses with 422. The limits are those of the real system's schemas."""

import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ClockTime = Annotated[str, Field(pattern=r"^([0-1]?[0-9]|2[0-3]):[0-5][0-9]$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Id = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # what a database column holds
Name = Annotated[str, Field(min_length=1, max_length=100)]
GuestName = Annotated[str, Field(min_length=1, max_length=50)]
Phone = Annotated[str, Field(pattern=r"^\+?[\d\s\-\(\)]+$")]


class Login(BaseModel):
    """Who signs in."""

    email: Email
    password: str


class Refresh(BaseModel):
    """Who wants new tokens."""

    refresh_token: str


class Registration(BaseModel):
    """A new client."""

    email: Email
    first_name: Name
    last_name: Name
    password: Annotated[str, Field(min_length=8)]
    phone: str | None = None
    marketing_consent: bool = False


class ServiceCategory(StrEnum):
    """What services are sorted by."""

    HAIRCUT = "haircut"
    SHAVE = "shave"
    BEARD = "beard"
    HAIR_TREATMENT = "hair_treatment"
    STYLING = "styling"
    COLOR = "color"
    PACKAGE = "package"
    OTHER = "other"


class Page(BaseModel):
    """Which part of a list."""

    skip: Annotated[int, Field(ge=0, lt=2**31)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 100


class ServicesQuery(Page):
    """Which services."""

    category: ServiceCategory | None = None


class AppointmentsQuery(Page):
    """Which appointments."""

    status: str | None = None


class SlotsQuery(BaseModel):
    """Which day, and whose."""

    appointment_date: datetime.date
    barber_id: Id | None = None
    service_id: Id | None = None
    timezone: str | None = None


class Booking(BaseModel):
    """A wish for an appointment."""

    date: datetime.date
    time: ClockTime
    service: str
    notes: str | None = None
    barber_id: Id | None = None


class GuestInfo(BaseModel):
    """Who books without an account."""

    first_name: GuestName
    last_name: GuestName
    email: Email
    phone: Phone | None = None


class GuestBooking(BaseModel):
    """A guest's wish for an appointment."""

    date: datetime.date
    time: ClockTime
    service: str
    guest_info: GuestInfo
    notes: Annotated[str, Field(max_length=500)] | None = None
    timezone: str | None = None
    captcha_token: str | None = None


class Reschedule(BaseModel):
    """A new time."""

    date: datetime.date
    time: ClockTime


class Days(BaseModel):
    """Some days, the last one included."""

    start_date: datetime.date
    end_date: datetime.date


class Intent(BaseModel):
    """A wish to pay for an appointment."""

    booking_id: Id
    gift_certificate_code: str | None = None


class Confirmation(BaseModel):
    """A payment with a card."""

    booking_id: Id
    payment_intent_id: str | None


class Refund(BaseModel):
    """A payment to be given back, wholly or in part; the amount is in dollars."""

    payment_id: Id
    amount: Annotated[float, Field(gt=0, le=1_000_000)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class HistoryQuery(BaseModel):
    """Which payments."""

    user_id: Id | None = None
    barber_id: Id | None = None
    status: str | None = None
    page: Annotated[int, Field(ge=1, lt=2**31)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 50


class GiftPurchase(BaseModel):
    """A gift certificate to be bought; the amount is in dollars."""

    amount: Annotated[float, Field(gt=0, le=1_000_000)]
    purchaser_name: Name
    purchaser_email: Email
    recipient_name: Annotated[str, Field(max_length=100)] | None = None
    recipient_email: Email | None = None
    message: Annotated[str, Field(max_length=500)] | None = None
    validity_months: Annotated[int, Field(ge=1, le=60)] = 12


class GiftCode(BaseModel):
    """A gift certificate's code."""

    code: Annotated[str, Field(min_length=1, max_length=50)]


class Span(BaseModel):
    """From one moment to another, UTC where there is no zone."""

    start_date: datetime.datetime
    end_date: datetime.datetime


class TimeSpan(BaseModel):
    """As Span, by the names that one route has."""

    start_time: datetime.datetime
    end_time: datetime.datetime


class LogQuery(BaseModel):
    """Which part of the log."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    offset: Annotated[int, Field(ge=0, lt=2**31)] = 0


class CalendarSettings(BaseModel):
    """What a barber wants of the calendar; the defaults are the real system's."""

    model_config = ConfigDict(extra="ignore")

    auto_sync_enabled: bool = True
    sync_on_create: bool = True
    sync_on_update: bool = True
    sync_on_delete: bool = True
    sync_all_appointments: bool = True
    sync_only_confirmed: bool = False
    sync_only_paid: bool = False
    include_client_email: bool = True
    include_client_phone: bool = True
    include_service_price: bool = False
    include_notes: bool = True
    enable_reminders: bool = True
    reminder_email_minutes: int = 1440
    reminder_popup_minutes: int = 15
    event_visibility: str = "private"
    show_client_name: bool = True
    show_service_details: bool = True
    timezone: str = "America/New_York"


class Timed(BaseModel):
    """For how long a plant is switched on; None until it is switched off."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
