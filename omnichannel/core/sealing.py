"""Secrets of other systems, encrypted at rest: whoever reads the database without the keys reads nothing."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealBroken(ValueError):
    """The text was sealed with a key that is not among ours any more, or was changed since."""


def seal(secret: str) -> str:
    """Encrypt a secret with the first key."""
    return _box().encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Decrypt with whichever key fits; SealBroken when none does."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken("no key opens it") from None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in settings.SEALING_KEYS])


def _key(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"omnichannel sealing").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
