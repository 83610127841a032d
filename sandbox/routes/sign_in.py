"""Sign-in: tokens for a password, new tokens for old ones, new clients."""

from typing import Any

from sandbox import password
from sandbox.cells import moment_of
from sandbox.deliveries import EMAIL
from sandbox.forms import Login, Refresh, Registration
from sandbox.operation import Access, Call, Operation
from sandbox.refusal import bad_request, not_allowed, refused
from sandbox.store.database import ConstraintError
from sandbox.store.users import ADMIN, BARBER, User
from sandbox.tokens import ACCESS, REFRESH


def login(call: Call) -> dict[str, str]:
    """Sign in."""
    form = call.form(Login)
    user = call.shop.store.users.by_email(form.email)
    if user is None or not password.matches(form.password, user.email, user.password):
        raise refused(401, "authentication_error", "Incorrect email or password")
    if not user.verified:
        raise not_allowed("Email address not verified")
    return _tokens(call, user.id)


def refresh(call: Call) -> dict[str, str]:
    """Change the tokens for new ones."""
    user_id = call.shop.tokens.user_of(call.form(Refresh).refresh_token, REFRESH, call.moment)
    if user_id is None or call.shop.store.users.by_id(user_id) is None:
        raise refused(401, "authentication_error", "Invalid refresh token")
    return _tokens(call, user_id)


def me(call: Call) -> dict[str, Any]:
    """Tell who is signed in."""
    return _shown(call, call.user)


def register_client(call: Call) -> dict[str, Any]:
    """Add a client, who is signed in at once."""
    form, users = call.form(Registration), call.shop.store.users
    email = form.email.lower()
    try:
        number = users.add_client(
            email=email,
            first_name=form.first_name,
            last_name=form.last_name,
            phone=form.phone,
            password=password.hashed(form.password, email),
            created_at=moment_of(call.moment),
        )
    except ConstraintError as error:
        raise bad_request("Email already registered", "validation_error") from error
    user = users.by_id(number)
    assert user is not None
    call.messages = (EMAIL,)
    return {"message": "Client registered successfully", "user": _shown(call, user), **_tokens(call, number)}


def _tokens(call: Call, user_id: int) -> dict[str, str]:
    tokens, moment = call.shop.tokens, call.moment
    return {
        "access_token": tokens.issue(user_id, ACCESS, moment),
        "refresh_token": tokens.issue(user_id, REFRESH, moment),
        "token_type": "bearer",
    }


def _shown(call: Call, user: User) -> dict[str, Any]:
    shop_id = user.shop_id
    organization = None
    if shop_id is not None:
        name = call.shop.store.users.shop_name_of(shop_id)
        organization = {"id": shop_id, "name": name, "billing_plan": "team", "subscription_status": "active"}
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "created_at": user.created_at,
        "role": user.role,
        "unified_role": user.role,
        "user_type": user.role,
        "role_migrated": True,
        "timezone": "UTC",
        "email_verified": user.verified,
        "verified_at": user.created_at,
        "primary_organization_id": shop_id,
        "primary_organization": organization,
        "is_staff_member": user.role == BARBER,
        "is_system_admin": user.role == ADMIN,
        "onboarding_completed": True,
        "is_new_user": False,
    }


OPERATIONS = (
    Operation("POST", "/api/v2/auth/login", login, Access.ANYONE, body=Login),
    Operation("POST", "/api/v2/auth/refresh", refresh, Access.ANYONE, body=Refresh),
    Operation("GET", "/api/v2/auth/me", me),
    Operation("POST", "/api/v2/auth/register-client", register_client, Access.ANYONE, body=Registration),
)
