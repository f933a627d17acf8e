"""The files of the fake endpoint, as OpenAI's Files API has them: uploaded, described, sent back.

They lie in a temporary folder, so that a batch may be larger than memory. What stands in them is
the business of `evals.fakellm.batches`.
"""

import itertools
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from evals.fakellm.errors import ChatError

_PURPOSES = ("batch",)
_CHUNK_BYTES = 2**16


@dataclass(frozen=True)
class StoredFile:
    """A file under the id that clients know it by."""

    id: str
    path: Path
    name: str
    purpose: str
    created: int

    @property
    def body(self) -> dict[str, Any]:
        """How the endpoint describes it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.path.stat().st_size,
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
            "expires_at": None,
            "status_details": None,
        }


class Files:
    """The files of one server; `admit` raises ChatError for a caller with a wrong key."""

    def __init__(self, admit: Callable[[web.Request], None]) -> None:
        self._admit = admit
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._numbers = itertools.count(1)
        self._stored: dict[str, StoredFile] = {}

    def attach(self, app: web.Application) -> None:
        """Add the routes; the files go when the server ends."""
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}", self._describe)
        app.router.add_get("/v1/files/{id}/content", self._send)
        app.on_cleanup.append(self._remove)

    def new(self, name: str, purpose: str) -> StoredFile:
        """An empty file, not known to clients before it is published."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="fakellm-")
        number = f"file-{next(self._numbers):06}"
        path = Path(self._folder.name) / number
        path.touch()
        return StoredFile(number, path, name, purpose, int(time.time()))

    def publish(self, file: StoredFile) -> None:
        """Let clients ask for it."""
        self._stored[file.id] = file

    def get(self, number: str) -> StoredFile:
        """The file with this id; raises ChatError (404)."""
        if number not in self._stored:
            raise ChatError(404, f"No such File object: {number}", param="id")
        return self._stored[number]

    async def _upload(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        if not http.content_type.startswith("multipart/"):
            raise ChatError(400, "The body is no multipart form.")
        purpose, file = "", None
        async for part in await http.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            if part.name == "purpose":
                purpose = await part.text()
            elif part.name == "file":
                file = self.new(part.filename or "file", "batch")
                with file.path.open("wb") as sink:
                    while chunk := await part.read_chunk(_CHUNK_BYTES):
                        sink.write(chunk)
        if purpose not in _PURPOSES:
            raise ChatError(400, f"'{purpose}' is not one of {_PURPOSES}", param="purpose")
        if file is None:
            raise ChatError(400, "A file is needed.", param="file")
        self.publish(file)
        return web.json_response(file.body)

    async def _describe(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        return web.json_response(self.get(http.match_info["id"]).body)

    async def _send(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        file = self.get(http.match_info["id"])
        return web.FileResponse(file.path, headers={"Content-Type": "application/octet-stream"})

    async def _remove(self, _: web.Application) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
