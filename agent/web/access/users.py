"""The users of a site with passwords: their names, their hashes, the file of both.

A line of the file is `name:argon2-hash`; empty lines and those that begin with # are left
alone. Who is logged in is not known here (`agent.web.access.sessions`).
"""

import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from agent.errors import FileError, InputError

SHORTEST, LONGEST = 8, 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def default_users() -> Path:
    """The file of users in the user's data folder."""
    import platformdirs

    return platformdirs.user_data_path("sevenstep") / "users.txt"


def user_name(text: str) -> str:
    """A user's name as it is kept: in lower case. Raises InputError if it cannot be one."""
    if not _NAME.fullmatch(text):
        raise InputError(
            f"{text[:80]!r} cannot be a user's name; use 1 to 64 of the characters a-z, 0-9 and "
            "._@-, beginning with a letter or a digit"
        )
    return text.lower()


def hash_of(password: str) -> str:
    """The argon2 hash of a new password. Raises InputError for one that cannot be used."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            f"a password has {SHORTEST} to {LONGEST} characters, and this one has {len(password)}"
        )
    try:
        return PasswordHasher().hash(_typed(password))
    except UnicodeEncodeError as error:
        raise InputError(
            "the password is not text in UTF-8; type it, or pipe it as such"
        ) from error


def is_password(password: str, known: str | None) -> bool:
    """Whether this is the password behind a hash. Slow, by design.

    With None, for a user who does not exist, the answer is no, and takes as long. Raises
    InputError for a hash that cannot be used.
    """
    try:
        PasswordHasher().verify(known or _nobodys_hash(), _typed(password))
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError) as error:
        raise InputError(
            f"a password's hash cannot be checked ({error}); set the password anew with "
            "`sevenstep password`"
        ) from error
    return known is not None


def parse_users(text: str, path: Path) -> dict[str, str]:
    """Hashes by name; `path` is for the messages. Raises FileError."""
    users: dict[str, str] = {}
    for number, line in _user_lines(text):
        name, _, known = (part.strip() for part in line.partition(":"))
        try:
            name = user_name(name)
            extract_parameters(known)
        except (InputError, InvalidHashError) as error:
            # What stands there is not shown: it may be a hash or a password.
            raise FileError(
                path,
                "is not a user's name, a colon and an argon2 hash",
                remedy=f"remove the line, then: sevenstep password NAME --users {path}",
                where=f"line {number}",
            ) from error
        if name in users:
            problem, remedy = f"names {name!r} a second time", "keep one of the lines"
            raise FileError(path, problem, remedy=remedy, where=f"line {number}")
        users[name] = known
    return users


def with_user(text: str, name: str, known: str) -> str:
    """The text of a users' file in which this user has this hash; other lines stay."""
    lines = text.splitlines()
    new = f"{name}:{known}"
    for number, line in _user_lines(text):
        if line.partition(":")[0].strip().lower() == name:
            lines[number - 1] = new
            break
    else:
        lines.append(new)
    return "".join(f"{line}\n" for line in lines)


def read_users(path: Path) -> str:
    """The text of a users' file, "" if there is none. Raises FileError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise FileError(
            path, f"cannot be read ({reason})", remedy="name a file of users"
        ) from error


class UsersFile:
    """The users as the file has them now: it is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises FileError, also when it names nobody."""
        self._path = path
        self._seen: tuple[int, ...] = ()
        self._users: dict[str, str] = {}
        self._read_if_changed()

    def hash_of(self, name: str) -> str | None:
        """The hash of a user, None if there is no such user. Raises FileError."""
        self._read_if_changed()
        return self._users.get(name)

    def _read_if_changed(self) -> None:
        try:
            stat = self._path.stat()
        except OSError as error:
            raise self._nobody(f"cannot be read ({error.strerror})") from error
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen != self._seen:
            users = parse_users(read_users(self._path), self._path)
            if not users:
                raise self._nobody("names no user")
            self._users, self._seen = users, seen

    def _nobody(self, problem: str) -> FileError:
        remedy = f"make a user with: sevenstep password NAME --users {self._path}"
        return FileError(self._path, problem, remedy=remedy)


def _user_lines(text: str) -> list[tuple[int, str]]:
    """The lines that name users, with their numbers, the first being 1."""
    lines = enumerate(text.splitlines(), start=1)
    return [(n, line) for n, line in lines if line.strip() and not line.lstrip().startswith("#")]


def _typed(password: str) -> str:
    """One form for what keyboards send in several: an é is one character, not two."""
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys_hash() -> str:
    return PasswordHasher().hash(secrets.token_hex())
