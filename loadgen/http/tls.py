"""TLS contexts: made once per set of options and shared, since loading the authorities takes some 20 ms."""

import ssl
from functools import lru_cache

import gevent.ssl


@lru_cache(maxsize=16)
def tls_context(*, verify: bool, ca_file: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later with the system's authorities (or `ca_file` alone), name and chain verified unless told not to."""
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    else:
        context.load_default_certs()
    return context
