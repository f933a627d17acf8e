"""The lines of batch files: a request as it is sent, a reply as it comes back.

Reads and writes no state, and calls nobody. Which files there are is the business of
`agent.llm.batch_state`, sending and fetching them that of `agent.llm.openai_batch`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.llm.chat import Completion
from agent.llm.faults import Kind, ModelError, fault_of, reported
from agent.llm.openai_chat import completion_of


@dataclass(frozen=True)
class BatchRequest:
    """A request: the body of a call of chat completions, and an id that is unique in its round."""

    custom_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class BatchReply:
    """What became of a request: a completion, or else a fault."""

    custom_id: str
    completion: Completion | None = None
    fault: ModelError | None = None


class _RefusedError(Exception):
    """A request was answered with this status; has the attributes that `fault_of` reads."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__("no reason was given")
        self.status_code = status
        self.body = body


def request_line(request: BatchRequest, endpoint: str) -> bytes:
    """The request as a line of a file for this endpoint."""
    line = {
        "custom_id": request.custom_id,
        "method": "POST",
        "url": endpoint,
        "body": dict(request.body),
    }
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def replies(
    requests: Iterable[bytes], outputs: Iterable[bytes], otherwise: str
) -> Iterator[BatchReply]:
    """One reply for each line of requests, in the order of the outputs.

    Lines for nobody, second ones and those that cannot be read are passed over. A request
    without one gets a passing fault with `otherwise` for a message.
    """
    open_ids = {str(json.loads(line)["custom_id"]): None for line in requests}
    for line in outputs:
        parsed = _object(line)
        custom_id = str(parsed.get("custom_id"))
        if custom_id in open_ids:
            del open_ids[custom_id]
            yield _reply(custom_id, parsed)
    for custom_id in open_ids:
        yield BatchReply(custom_id, fault=ModelError(Kind.server, otherwise))


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _reply(custom_id: str, line: Mapping[str, Any]) -> BatchReply:
    try:
        return BatchReply(custom_id, completion=_completion(line))
    except Exception as error:  # a body may have any form, as that of a live call
        return BatchReply(custom_id, fault=fault_of(error))


def _completion(line: Mapping[str, Any]) -> Completion:
    if line.get("error"):
        # Not reached at all, such as when the batch expired: passing, unless it is told else.
        raise reported(line)
    response = line.get("response")
    if not isinstance(response, dict) or not isinstance(response.get("body"), dict):
        raise ModelError(Kind.server, "the batch has no answer to the request")
    status, body = response.get("status_code"), response["body"]
    if isinstance(status, int) and status >= 300:
        raise _RefusedError(status, body)
    if body.get("error"):
        raise reported(body)
    return completion_of(body)
