"""The HTTP client of a virtual user: HTTP/1.1 on gevent sockets and llhttp. docs/http-client.md says what counts where."""

from loadgen.http.cookies import Cookie, CookieJar
from loadgen.http.exchange import ConnectionCounters, Exchange
from loadgen.http.failure import FailureClass, RequestError, StatusError
from loadgen.http.headers import Headers, SessionHeaders
from loadgen.http.proxy import Proxies
from loadgen.http.resolve import Resolver
from loadgen.http.response import CaughtResponse, Response
from loadgen.http.session import REDIRECT, HttpSession

__all__ = [
    "REDIRECT",
    "CaughtResponse",
    "ConnectionCounters",
    "Cookie",
    "CookieJar",
    "Exchange",
    "FailureClass",
    "Headers",
    "HttpSession",
    "Proxies",
    "RequestError",
    "Resolver",
    "Response",
    "SessionHeaders",
    "StatusError",
]
