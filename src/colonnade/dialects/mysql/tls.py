"""TLS to MySQL and MariaDB: the URL's options as one context, which both drivers read alike.

Given the options one by one the drivers differ: PyMySQL tries TLS unasked, asyncmy doesn't, and
neither compares the host's name where no authority is named.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from colonnade.errors import ConfigurationError
from colonnade.settings import TRUTH

OPTIONS = frozenset(
    {
        "ssl_ca",
        "ssl_capath",
        "ssl_cert",
        "ssl_check_hostname",
        "ssl_cipher",
        "ssl_disabled",
        "ssl_key",
        "ssl_mode",
        "ssl_verify_cert",
        "ssl_verify_identity",
    }
)

_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")


def arguments(asked: Mapping[str, str], driver: str) -> dict[str, Any]:
    """Give the driver's arguments for the URL's options.

    Raises:
        ConfigurationError: an option has a value that it can't have, or a certificate can't be read.
    """
    mode = mode_of(asked)
    if mode == "disabled":
        return {"ssl_disabled": True} if driver == "pymysql" else {}
    if mode == "preferred":  # what each driver does by itself; asyncmy can't fall back, so it stays without
        return {}
    try:
        return {"ssl": _context(asked, mode)}
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        files = ", ".join(
            f"{key}={asked[key]}" for key in ("ssl_ca", "ssl_capath", "ssl_cert", "ssl_key") if key in asked
        )
        raise ConfigurationError(f"TLS can't be set up with {files}: {error}") from error


def mode_of(asked: Mapping[str, str]) -> str:
    """Give what the options ask for, in the words of MySQL's `ssl-mode`, in small letters.

    Raises:
        ConfigurationError: an option has a value that it can't have.
    """
    named = asked.get("ssl_mode", "").lower()
    if named:
        if named not in _MODES:
            raise ConfigurationError(f"ssl_mode={named!r} in the URL: expected one of {', '.join(_MODES)}")
        return named
    if _truth(asked, "ssl_disabled"):
        return "disabled"
    if _truth(asked, "ssl_verify_identity") or _truth(asked, "ssl_check_hostname"):
        return "verify_identity"
    if _truth(asked, "ssl_verify_cert", unsaid="ssl_ca" in asked or "ssl_capath" in asked):
        return "verify_ca"
    return "required" if OPTIONS.intersection(asked) - {"ssl_disabled"} else "preferred"


def _truth(asked: Mapping[str, str], option: str, *, unsaid: bool = False) -> bool:
    if option not in asked:
        return unsaid
    try:
        return TRUTH[asked[option].lower()]
    except KeyError:
        raise ConfigurationError(f"{option}={asked[option]!r} in the URL: expected true or false") from None


def _context(asked: Mapping[str, str], mode: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=asked.get("ssl_ca"), capath=asked.get("ssl_capath"))
    # The certificates that a MySQL server makes for itself don't pass the strict check of Python 3.13.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = mode == "verify_identity"
    context.verify_mode = ssl.CERT_NONE if mode == "required" else ssl.CERT_REQUIRED
    if "ssl_cert" in asked:
        context.load_cert_chain(asked["ssl_cert"], asked.get("ssl_key"))
    if "ssl_cipher" in asked:
        context.set_ciphers(asked["ssl_cipher"])
    return context
