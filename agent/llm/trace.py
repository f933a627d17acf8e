"""Writes every prompt and reply to a file, one JSON object a line, with keys removed."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.errors import FileError
from agent.llm.redact import redacted_in


class Trace:
    """A file that grows by a line a call. Each line is written whole, or an error raised."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, entry: Mapping[str, Any]) -> None:
        """Add a line; raises FileError if that cannot be done."""
        at = datetime.now(UTC).isoformat()
        line = json.dumps({"at": at, **redacted_in(entry)}, ensure_ascii=False)
        try:
            with self._path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(line + "\n")
        except OSError as error:
            raise FileError(
                self._path,
                f"the trace cannot be written ({error.strerror})",
                remedy="free space, or leave --trace out",
            ) from error
