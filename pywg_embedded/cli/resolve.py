"""Lookups of endpoints with retries, because DNS may start later at boot."""

import os
import socket
import sys
import time

from .. import hostname
from ..control.text import parse_number, quote
from ..core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.config import EndpointTuple

RETRIES = 15
FIRST_DELAY = 1.0
LAST_DELAY = 20.0
_FINAL = (socket.EAI_NONAME, socket.EAI_FAIL, socket.EAI_NODATA)


def resolve(host: str, port: int) -> "EndpointTuple":
    """Return the endpoint of an address or host name.

    If the name server does not answer, the lookup is retried after 1 to 20 s. The
    environment variable WG_ENDPOINT_RESOLUTION_RETRIES is the number of retries (15 by
    default) or ``infinity``.

    Raises:
        ConfigError: the name cannot be resolved.
    """
    retries = _retries()
    delay = FIRST_DELAY
    while True:
        try:
            return hostname.resolve(host, port)[0]
        except socket.gaierror as error:
            if error.errno in _FINAL or retries == 0:
                raise ConfigError(
                    f"cannot resolve {quote(host)}: {error.strerror}"
                ) from None
            print(
                f"pywg: cannot resolve {quote(host)}: {error.strerror}; "
                f"retrying in {delay:.2f} s",
                file=sys.stderr,
            )
        time.sleep(delay)
        retries -= 1
        delay = min(LAST_DELAY, delay * 1.2)


def _retries() -> float:
    text = os.environ.get("WG_ENDPOINT_RESOLUTION_RETRIES", str(RETRIES))
    if text == "infinity":
        return float(text)
    try:
        return parse_number(text, 2**31)
    except ConfigError as error:
        raise ConfigError(f"WG_ENDPOINT_RESOLUTION_RETRIES: {error}") from None
