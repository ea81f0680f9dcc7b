"""Secrets at rest: installation tokens and webhook secrets, encrypted with a key from the environment."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretsUnreadable(RuntimeError):
    """Stored secrets were encrypted with a key that DESKMARK_SECRET_KEY does not name."""


class KeysUnusable(ValueError):
    """DESKMARK_SECRET_KEY, or what the data folder has in its place, holds no key, or something that is none."""


class SecretBox:
    """Encrypts with the first key, decrypts with any: put a new key in front to rotate."""

    def __init__(self, keys: str) -> None:
        """`keys` are Fernet keys separated by commas. Raises `KeysUnusable` when there is none or one is malformed."""
        parts = [key.strip() for key in keys.split(",") if key.strip()]
        if not parts:
            raise KeysUnusable("DESKMARK_SECRET_KEY is empty; create one with `deskmark key`")
        try:
            self._each = [Fernet(key) for key in parts]
            self._fernet = MultiFernet(self._each)
        except ValueError as error:
            raise KeysUnusable(
                "DESKMARK_SECRET_KEY must be Fernet keys (44 characters each) with commas between"
            ) from error
        self.fingerprints = tuple(_fingerprint(part) for part in parts)
        """One of each key, in their order: tells keys apart and says nothing about them."""

    def lock(self, secrets: Mapping[str, str]) -> bytes:
        """The secrets as one encrypted text."""
        return self._fernet.encrypt(json.dumps(dict(secrets), sort_keys=True).encode())

    def unlock(self, locked: bytes) -> Mapping[str, str]:
        """The secrets that `lock` took. Raises `SecretsUnreadable`."""
        try:
            text = self._fernet.decrypt(locked)
        except InvalidToken as error:
            raise SecretsUnreadable(_LACKS) from error
        return {str(name): str(value) for name, value in json.loads(text).items()}

    def is_current(self, locked: bytes) -> bool:
        """Whether it is encrypted with the first key, so that no other is needed to read it."""
        return _opens(self._each[0], locked)

    def opens(self, locked: bytes) -> bool:
        """Whether any of the keys reads it."""
        return _opens(self._fernet, locked)

    def key_of(self, locked: bytes) -> str | None:
        """The fingerprint of the key that it is encrypted with; `None` when it is none of these."""
        found = (name for name, each in zip(self.fingerprints, self._each, strict=True) if _opens(each, locked))
        return next(found, None)

    def renewed(self, locked: bytes) -> bytes:
        """The same, encrypted with the first key; when it was made stays in it. Raises `SecretsUnreadable`."""
        try:
            return self._fernet.rotate(locked)
        except InvalidToken as error:
            raise SecretsUnreadable(_LACKS) from error


_LACKS = "a stored secret cannot be read: DESKMARK_SECRET_KEY lacks the key it was encrypted with"


def _fingerprint(key: str) -> str:
    """48 bits of a keyed hash: a key is 256 random bits, so that nobody comes back from it."""
    return hmac.new(base64.urlsafe_b64decode(key), b"deskmark: which key is it", "sha256").hexdigest()[:12]


def _opens(fernet: Fernet | MultiFernet, locked: bytes) -> bool:
    try:
        fernet.decrypt(locked)
    except InvalidToken:
        return False
    return True


def new_key() -> str:
    """A fresh key."""
    return Fernet.generate_key().decode()
