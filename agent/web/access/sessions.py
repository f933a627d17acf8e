"""Who is logged in: signed tokens for the cookie, and the secret that they are signed with."""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from agent.errors import FileError
from agent.web.access.users import UsersFile

LASTS = 14 * 24 * 60 * 60
"""How long a login lasts, in seconds."""
_SECRET_BYTES = 32


def kept_secret(path: Path) -> bytes:
    """The 32 random bytes in this file, which is made if there is none. Raises FileError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            secret = path.read_bytes()
        else:
            secret = secrets.token_bytes(_SECRET_BYTES)
            with os.fdopen(file, "wb") as opened:
                opened.write(secret)
    except OSError as error:
        raise FileError(
            path, f"cannot be read or made ({error.strerror})", remedy="see who owns it"
        ) from error
    if len(secret) != _SECRET_BYTES:
        remedy = "remove it; a new one is made, and everyone logs in again"
        raise FileError(path, f"does not hold {_SECRET_BYTES} bytes", remedy=remedy)
    return secret


class Sessions:
    """Logins, each a token that its bearer keeps.

    A token ends after LASTS seconds, when it is ended, and when the user's password is changed
    or the user is removed. That one was ended is known until the program stops.
    """

    def __init__(self, users: UsersFile, secret: bytes, now: Callable[[], float]) -> None:
        self._users = users
        self._now = now
        self._ended: dict[str, float] = {}
        self._signer = URLSafeSerializer(
            secret,
            salt="sevenstep.session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def begin(self, name: str, known: str) -> str:
        """The token of a user who has just proved to know the password behind this hash."""
        until = self._now() + LASTS
        fields = [name, _stamp(name, known), until, secrets.token_hex(8)]
        return str(self._signer.dumps(fields))

    def owner(self, token: str) -> str | None:
        """The user whose token this is, None if it is not valid. Raises FileError."""
        fields = self._fields(token)
        if fields is None:
            return None
        name, stamp, until, number = fields
        known = self._users.hash_of(name)
        valid = known is not None and _stamp(name, known) == stamp
        return name if valid and self._now() < until and number not in self._ended else None

    def end(self, token: str) -> None:
        """Take no more notice of this token."""
        fields = self._fields(token)
        if fields is not None:
            now = self._now()
            self._ended = {number: t for number, t in self._ended.items() if t > now}
            self._ended[fields[3]] = fields[2]

    def _fields(self, token: str) -> tuple[str, str, float, str] | None:
        try:
            name, stamp, until, number = self._signer.loads(token)
        except BadData:
            return None
        return name, stamp, until, number


def _stamp(name: str, known: str) -> str:
    """What a token is bound to: it changes with the password."""
    return hashlib.sha256(f"{name}:{known}".encode()).hexdigest()[:32]
