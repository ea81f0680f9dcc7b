"""Where requests may go: a vendor's own hosts over https, or a stand-in on this machine where that is switched on.

An address is looked at as a whole and as written, by one pattern: there is no user name, port, path, address of digits,
upper-case or foreign letter in it that another program could read differently. What its name resolves to is not looked
at, and need not be: the names are the vendor's, https proves on every connection that the vendor answers, and a
resolver that points such a name at a machine of this network finds no certificate for it there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.errors import Rejected

_LOCAL = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::(?P<port>[0-9]{1,5}))?")
_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""One part of a host's name in plain letters: none that is shown in one script and written in another."""

LAST_PORT = 65_535


class ForbiddenAddress(Rejected):
    """The address is not one of the vendor's. The message says what it may be."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """A vendor's API addresses: `pattern` in full, `words` for people. `local`: this machine will do as well."""

    pattern: re.Pattern[str]
    words: str
    local: bool = False

    def accepted(self, typed: str) -> str:
        """What somebody typed as it may be stored: without white space around it, in lower case, no slash at its end.

        Raises `ForbiddenAddress`.
        """
        # Lower case turns some foreign letters into plain ones; what was not plain before is left to the pattern.
        address = typed.strip().removesuffix("/")
        address = address.lower() if address.isascii() else address
        self.check(address)
        return address

    def check(self, address: str) -> None:
        """Raise `ForbiddenAddress` unless requests may go to `address` (scheme and host, nothing behind it)."""
        if self.pattern.fullmatch(address):
            return
        if self.local and (found := _LOCAL.fullmatch(address)) and int(found["port"] or 80) <= LAST_PORT:
            return
        raise ForbiddenAddress(f"must be {self.words}")


def on_this_machine(address: str) -> bool:
    """Whether an address (scheme, host and port) is this machine's own, as a stand-in's is."""
    return _LOCAL.fullmatch(address) is not None


def one_of(*addresses: str) -> Hosts:
    """A vendor whose API is always at one of these addresses."""
    pattern = "|".join(re.escape(address) for address in addresses)
    return Hosts(re.compile(pattern), " or ".join(addresses))


def below(domain: str) -> Hosts:
    """A vendor that gives each account a name of its own directly below its domain."""
    pattern = rf"https://{_LABEL}\.{re.escape(domain)}"
    return Hosts(re.compile(pattern, re.ASCII), f"https://your-account.{domain}")
