"""A place on a page for files to be chosen or dropped, and the answer to a browser that sends one.

On the page:

    zone = Dropzone("Add answers", f"/grade/{job}/files", kinds=KINDS, changed=self._show)
    zone.enable(False)  # such as while the job is at work

Beside it, the route that takes each file in (`add(app, site)`):

    @app.put("/grade/{job}/files/{name}")
    async def upload(request: Request, job: str, name: str) -> Response:
        take = partial(site.jobs.upload, owner_of(request), job, name)
        return await taken(request, take, most=Quota().file_bytes)

The browser sends the file's bytes as they are, one file after the other. `changed` is called after
each that was taken in, `settled` when none is left to be sent. What may be uploaded is decided by
those who take it in; which files are there by now is shown by the page.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from nicegui import ui
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from agent.errors import SevenstepError
from agent.web.widgets import set_attributes
from agent.web.work.uploads import Upload

Take = Callable[[AsyncIterator[bytes]], Awaitable[Upload]]
_CLOSE = {"Connection": "close"}


class Dropzone(ui.element, component="static/dropzone.js"):
    """Where files are chosen or dropped; see the module for how it is used."""

    def __init__(
        self,
        label: str,
        url: str,
        *,
        changed: Callable[[], Any] = lambda: None,
        settled: Callable[[], Any] = lambda: None,
        kinds: Iterable[str] = (),
        help: str = "",  # noqa: A002 (it is no Python of a user's that is hidden here)
        most: int | None = None,
        multiple: bool = True,
    ) -> None:
        """`kinds` are endings such as .csv; `most` is the bytes of a file that are not even sent.

        `url` has no slash at its end; the file's name follows it.
        """
        super().__init__()
        set_attributes(
            self,
            label=label,
            url=url,
            accept=",".join(sorted(kinds)),
            help=help,
            multiple=multiple,
            disabled=False,
            most=most,
        )
        self.on("changed", lambda _: changed(), args=[])
        self.on("settled", lambda _: settled(), args=[])

    def enable(self, on: bool = True) -> None:
        """Let files be chosen, or not."""
        set_attributes(self, disabled=not on)


async def taken(request: Request, take: Take, *, most: int) -> Response:
    """Have a file of the request's body taken in, and say so in the words that a Dropzone reads.

    201 with {"name", "size"}; 413 where the body is larger than `most` bytes, else 400, with
    {"error"}.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        why = f"the file is larger than {most / 1_000_000:,.1f} MB, the most for a file; split it"
        return JSONResponse({"error": why}, status_code=413, headers=_CLOSE)
    chunks = request.stream()
    try:
        try:
            kept = await take(chunks)
        except SevenstepError as error:
            await _let_go(chunks, most)
            return JSONResponse({"error": str(error)}, status_code=400, headers=_CLOSE)
    except ClientDisconnect:
        return Response(status_code=400)
    return JSONResponse({"name": kept.name, "size": kept.size}, status_code=201)


async def _let_go(chunks: AsyncIterator[bytes], most: int) -> None:
    """Read what is left: a browser that still sends would not hear why it is refused."""
    async for chunk in chunks:
        most -= len(chunk)
        if most < 0:
            return
