import errno
import re
import socket
import ssl

import pytest

from loadgen.http.failure import FailureClass, RequestError, Step, deadline_passed, from_dns_error, from_os_error


@pytest.mark.parametrize(
    ("number", "step", "failure", "text"),
    [
        (errno.ECONNREFUSED, Step.CONNECT, FailureClass.REFUSED, "connection refused"),
        (errno.EHOSTUNREACH, Step.CONNECT, FailureClass.REFUSED, "target unreachable"),
        (errno.ECONNRESET, Step.FIRST_BYTE, FailureClass.RESET, "connection reset before the first byte"),
        (errno.EPIPE, Step.SEND, FailureClass.RESET, "connection reset while sending"),
        (errno.ECONNRESET, Step.BODY, FailureClass.RESET, "connection reset inside the response"),
        (errno.ETIMEDOUT, Step.CONNECT, FailureClass.TIMEOUT, "network timeout while connecting"),
        (errno.EMFILE, Step.CONNECT, FailureClass.GENERATOR, "out of file descriptors on the load generator"),
        (errno.EADDRNOTAVAIL, Step.CONNECT, FailureClass.GENERATOR, "out of local ports on the load generator"),
    ],
)
def test_socket_errors_have_their_class(number: int, step: Step, failure: FailureClass, text: str) -> None:
    error = from_os_error(OSError(number, "said the kernel of 10.1.2.3:4567"), step)
    assert (error.failure_class, error.text) == (failure, text)


def test_texts_hold_no_numbers() -> None:
    texts = {from_os_error(OSError(n, f"10.0.0.{n}:80"), step).text for n in errno.errorcode for step in Step}
    texts |= {deadline_passed(step, 1.25).text for step in Step}
    assert not [text for text in texts if re.search(r"\d{3}|\d\.\d", text)]


def test_deadline_text_says_where_and_detail_how_long() -> None:
    error = deadline_passed(Step.BODY, 2.5)
    assert (error.failure_class, error.text) == (FailureClass.TIMEOUT, "deadline passed inside the response")
    assert str(error) == "deadline of 2.5 s passed inside the response"


def test_dns_text_leaves_the_name_out() -> None:
    error = from_os_error(socket.gaierror(socket.EAI_NONAME, "no shop.test"), Step.RESOLVE)
    assert (error.failure_class, error.text) == (FailureClass.DNS, "name does not resolve")
    assert from_dns_error(socket.gaierror(12345, "odd")).text == "name lookup failed"


def test_tls_name_mismatch_leaves_the_name_out() -> None:
    refused = ssl.SSLCertVerificationError("certificate verify failed")
    refused.verify_code = 62
    refused.verify_message = "Hostname mismatch, certificate is not valid for 'shop.test'."
    error = from_os_error(refused, Step.HANDSHAKE)
    assert (error.failure_class, error.text) == (FailureClass.TLS, "certificate refused: it is for another name")


def test_request_error_says_the_detail() -> None:
    error = RequestError(FailureClass.PROTOCOL, "short", "5 of 9")
    assert (str(error), error.text, error.detail) == ("5 of 9", "short", "5 of 9")
