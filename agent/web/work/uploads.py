"""Files that a browser sends: named safely, counted against limits, written whole or not at all.

What is in them is read by others; nothing is opened here.
"""

import os
import re
import secrets
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agent.batch.source import KINDS
from agent.errors import FileError, InputError
from agent.frozen import Frozen

MOST_NAME_BYTES = 120
_PART = ".part"
_UNFIT = re.compile(r'[<>:"|?*]')
"""Signs that some file systems refuse."""
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Control, bidirectional and other format characters, and what is no character."""
_Bytes = Annotated[int, Field(gt=0)]


class Quota(Frozen):
    """What may be kept: bytes of a file, files and bytes of a job, jobs and bytes of an owner.

    The bytes are those of uploaded files; results are not counted, and neither is what is on its
    way, of which an owner may have `at_once` files.
    """

    file_bytes: _Bytes = 50_000_000
    job_files: Annotated[int, Field(gt=0)] = 200
    job_bytes: _Bytes = 200_000_000
    owner_jobs: Annotated[int, Field(gt=0)] = 100
    owner_bytes: _Bytes = 2_000_000_000
    at_once: Annotated[int, Field(gt=0)] = 8


class Upload(Frozen):
    """An uploaded file: the name under which it is shown and kept, and its size in bytes."""

    name: str
    size: int


def safe_name(given: str) -> str:
    """The name to keep a file under, of one that a client has made up.

    It is one part of a path, at most 120 bytes, without hidden or control characters and without
    a leading dot, and ends as `grade` reads it. Raises InputError for a kind that is not read.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    spaced = "".join(" " if char.isspace() else char for char in last)
    seen = "".join(char for char in spaced if unicodedata.category(char) not in _INVISIBLE)
    name = _UNFIT.sub("_", " ".join(seen.split())).lstrip(". ")
    stem, dot, ending = name.rpartition(".")
    kind = f".{ending}"
    if not dot and f".{name.lower()}" in KINDS:
        stem, kind = "", f".{name}"
    if kind.lower() not in KINDS:
        raise InputError(
            f"{name or 'a file without a name'}: files of this kind are not read; upload "
            f"{' '.join(sorted(KINDS))}"
        )
    return _fitting(stem.rstrip(". ") or "file", kind)


def uploads_in(folder: Path) -> tuple[Upload, ...]:
    """The files that are wholly there, in the order of their names."""
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        found = [
            Upload(name=entry.name, size=entry.stat(follow_symlinks=False).st_size)
            for entry in entries
            if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
        ]
    return tuple(sorted(found, key=lambda one: one.name))


def size_of(folder: Path) -> int:
    """The bytes of the files that are wholly there."""
    return sum(one.size for one in uploads_in(folder))


def clear_parts(folder: Path) -> None:
    """Remove what uploads left that a stop of the server cut off."""
    for path in folder.glob(f".*{_PART}"):
        path.unlink(missing_ok=True)


async def receive(
    folder: Path,
    given: str,
    chunks: AsyncIterator[bytes],
    quota: Quota,
    *,
    elsewhere: int = 0,
) -> Upload:
    """Write an upload into `folder` under a free name that is made of the client's.

    `elsewhere` are the bytes that the owner keeps in his other jobs. Nothing stays if a limit is
    passed (InputError), the disk refuses (FileError), or `chunks` ends in an error.
    """
    name = safe_name(given)
    there = uploads_in(folder)
    _require_room(name, 0, there, quota, elsewhere)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{secrets.token_hex(8)}{_PART}"
        try:
            size = 0
            with part.open("xb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    _require_room(name, size, there, quota, elsewhere)
                    file.write(chunk)
            # Others may have come meanwhile; from here on nothing is waited for.
            _require_room(name, size, uploads_in(folder), quota, elsewhere)
            kept = _free(folder, name)
            part.replace(folder / kept)
        finally:
            part.unlink(missing_ok=True)
    except ConnectionError:
        raise  # the client has gone
    except OSError as error:
        raise FileError(
            Path(name), f"cannot be kept ({error.strerror})", remedy="free space on the server"
        ) from error
    return Upload(name=kept, size=size)


def remove(folder: Path, name: str) -> None:
    """Remove an uploaded file; raises InputError if there is none of this name."""
    if name not in {one.name for one in uploads_in(folder)}:
        raise InputError(f"there is no uploaded file {name!r}; load the page again")
    (folder / name).unlink(missing_ok=True)


def _require_room(
    name: str, size: int, there: tuple[Upload, ...], quota: Quota, elsewhere: int
) -> None:
    if size > quota.file_bytes:
        raise InputError(
            f"{name}: is larger than {_bytes(quota.file_bytes)}, the most for a file; split it"
        )
    if len(there) >= quota.job_files:
        raise InputError(
            f"{name}: there are {len(there):,} files already, and {quota.job_files:,} are the "
            "most; put answers together in one table (.csv or .jsonl), or remove some"
        )
    whole = sum(one.size for one in there) + size
    if whole > quota.job_bytes:
        raise InputError(
            f"{name}: with it the files come to {_bytes(whole)}, and {_bytes(quota.job_bytes)} "
            "are the most; remove some, or grade them in two jobs"
        )
    if whole + elsewhere > quota.owner_bytes:
        raise InputError(
            f"{name}: with it all your files come to {_bytes(whole + elsewhere)}, and "
            f"{_bytes(quota.owner_bytes)} are the most; delete jobs that you need no more"
        )


def _free(folder: Path, name: str) -> str:
    """This name, or the first of "name (2)", "name (3)" that is not taken."""
    stem, _, ending = name.rpartition(".")
    number = 1
    while os.path.lexists(folder / name):
        number += 1
        name = _fitting(stem, f" ({number}).{ending}")
    return name


def _fitting(stem: str, end: str) -> str:
    """The stem, cut so that the whole name fits, and the end."""
    room = MOST_NAME_BYTES - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + end


def _bytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size >= 100_000 else f"{size:,} bytes"
