"""Why a request failed: a closed list of classes, each with a small, fixed set of texts.

The texts are keys of statistics: they never hold a port, an address, a name or a number of bytes, so that their count
stays small however large the run. What was measured is in `RequestError.detail`.
"""

import errno
import socket
import ssl
from enum import StrEnum


class FailureClass(StrEnum):
    TIMEOUT = "timeout"
    RESET = "reset"
    REFUSED = "refused"
    DNS = "dns"
    TLS = "tls"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    ABORTED = "aborted"
    GENERATOR = "generator"
    """This machine ran out of descriptors, ports or memory: never the target's fault, and the run is not to be trusted."""


class Step(StrEnum):
    """How far an attempt came."""

    RESOLVE = "resolve"
    PROXY = "proxy"
    TUNNEL = "tunnel"
    CONNECT = "connect"
    HANDSHAKE = "handshake"
    SEND = "send"
    FIRST_BYTE = "first_byte"
    BODY = "body"


class RequestError(Exception):
    """One attempt brought no usable response. `text` is the normalised statistic key, `detail` what was seen."""

    def __init__(self, failure_class: FailureClass, text: str, detail: str | None = None) -> None:
        super().__init__(detail or text)
        self.failure_class = failure_class
        self.text = text
        self.detail = detail or text


class StatusError(RequestError):
    """A whole response with a status of 400 or above; raised by `Response.raise_for_status` only."""

    def __init__(self, status_code: int) -> None:
        super().__init__(FailureClass.PROTOCOL, f"status {status_code}")
        self.status_code = status_code


_WHILE = {
    Step.RESOLVE: "while resolving the name",
    Step.PROXY: "while connecting to the proxy",
    Step.TUNNEL: "while the proxy opened its tunnel",
    Step.CONNECT: "while connecting",
    Step.HANDSHAKE: "in the TLS handshake",
    Step.SEND: "while sending",
    Step.FIRST_BYTE: "before the first byte",
    Step.BODY: "inside the response",
}


def while_doing(step: Step) -> str:
    return _WHILE[step]


def deadline_passed(step: Step, timeout_s: float) -> RequestError:
    where = while_doing(step)
    return RequestError(FailureClass.TIMEOUT, f"deadline passed {where}", f"deadline of {timeout_s:g} s passed {where}")


_OWN_LIMITS = {
    errno.EMFILE: "out of file descriptors on the load generator",
    errno.ENFILE: "out of file descriptors on the load generator",
    errno.EADDRNOTAVAIL: "out of local ports on the load generator",
    errno.EADDRINUSE: "out of local ports on the load generator",
    errno.ENOBUFS: "out of socket buffers on the load generator",
    errno.ENOMEM: "out of memory on the load generator",
}
_RESETS = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN, errno.EBADF}
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EACCES, errno.EPERM}


def from_os_error(error: OSError, step: Step) -> RequestError:
    """Class of a socket error; a TLS or DNS error finds its own way."""
    if isinstance(error, ssl.SSLError):
        return from_tls_error(error, step)
    if isinstance(error, socket.gaierror):
        return from_dns_error(error)
    number = error.errno or 0
    where = while_doing(step)
    failure_class, text = FailureClass.RESET, f"{errno.errorcode.get(number, 'socket error')} {where}"
    if number in _OWN_LIMITS:
        failure_class, text = FailureClass.GENERATOR, _OWN_LIMITS[number]
    elif number == errno.ECONNREFUSED:
        failure_class, text = FailureClass.REFUSED, "connection refused"
    elif number in _UNREACHABLE:
        failure_class, text = FailureClass.REFUSED, "target unreachable"
    elif number == errno.ETIMEDOUT:  # the kernel gave up before our deadline
        failure_class, text = FailureClass.TIMEOUT, f"network timeout {where}"
    elif number in _RESETS:
        text = f"connection reset {where}"
    return RequestError(failure_class, text, f"{errno.errorcode.get(number, type(error).__name__)} {where}")


def closed_without_response() -> RequestError:
    return RequestError(FailureClass.RESET, "connection closed without a response")


_DNS_TEXTS = {
    socket.EAI_NONAME: "name does not resolve",
    socket.EAI_AGAIN: "name server does not answer",
    socket.EAI_FAIL: "name server failed",
    getattr(socket, "EAI_NODATA", -5): "name has no address",
}


def from_dns_error(error: OSError) -> RequestError:
    text = _DNS_TEXTS.get(error.errno or 0, "name lookup failed")
    return RequestError(FailureClass.DNS, text, str(error))


# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of openssl/x509_vfy.h: OpenSSL's text holds the name.
_NAME_MISMATCH = {62, 64}


def from_tls_error(error: ssl.SSLError, step: Step) -> RequestError:
    if isinstance(error, ssl.SSLCertVerificationError):
        known = "it is for another name" if error.verify_code in _NAME_MISMATCH else error.verify_message
        return RequestError(FailureClass.TLS, f"certificate refused: {known}", str(error))
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) and step is not Step.HANDSHAKE:
        return RequestError(FailureClass.RESET, f"connection reset {while_doing(step)}", str(error))
    reason = (error.reason or "failure").replace("_", " ").lower()
    return RequestError(FailureClass.TLS, f"TLS: {reason} {while_doing(step)}", str(error))


def protocol_error(text: str, detail: str | None = None) -> RequestError:
    return RequestError(FailureClass.PROTOCOL, text, detail)


def too_large(text: str, detail: str | None = None) -> RequestError:
    return RequestError(FailureClass.TOO_LARGE, text, detail)
