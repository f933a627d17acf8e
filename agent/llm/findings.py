"""What `sevenstep doctor` finds, as frozen values: the setting, servers, and how a model did.

Types only; `agent.llm.doctor` makes them, `agent.cli.doctor` prints them.
"""

from enum import StrEnum
from typing import Literal

from agent import __version__
from agent.frozen import Frozen
from agent.llm.chat import Method

TITLES = {
    Method.json_schema: "JSON schema",
    Method.tool_call: "tool call",
    Method.json_mode: "JSON mode",
    Method.prompted: "prompted JSON",
}
Role = Literal["interviewer", "observer"]


class Package(Frozen):
    """Whether a provider's package is there, `install` being the command that installs it.

    `key` is the variable that holds the provider's key, None if none is set.
    """

    provider: str
    is_installed: bool
    key: str | None
    install: str


class Configuration(Frozen):
    """What the environment and the options say.

    `keys` are the names of the variables that hold keys; the next four are the values of
    SEVENSTEP_MODEL, SEVENSTEP_OBSERVER_MODEL, SEVENSTEP_BASE_URL and OPENAI_BASE_URL, without
    credentials. `counts_tokens` is false where they are estimated from the number of bytes.
    `engine` is what `sevenstep practice` would use with the same options, and `why` says why.
    """

    keys: tuple[str, ...]
    model: str | None
    observer_model: str | None
    base_url: str | None
    openai_base_url: str | None
    packages: tuple[Package, ...]
    is_traced: bool
    counts_tokens: bool
    engine: str
    why: str


class Served(Frozen):
    """A model that a server lists; `context` in tokens, None if the server does not say."""

    name: str
    context: int | None


class Server(Frozen):
    """A server on this machine; `command` practises with its first model, if it has one."""

    title: str
    url: str
    models: tuple[Served, ...]
    command: str | None


class Status(StrEnum):
    """How a check went; `failed` means that an interview is not possible."""

    ok = "ok"
    warning = "warning"
    failed = "failed"


class Check(Frozen):
    """One thing that was tested.

    `seconds` are those of the call, for streaming until the first piece, for latency the median;
    None where nothing was measured. `remedy` is empty where nothing has to be done.
    """

    name: str
    status: Status
    result: str
    seconds: float | None = None
    remedy: str = ""


class Outcome(StrEnum):
    """How one way of getting structured answers went."""

    works = "works"
    refused = "refused"
    """The server or the model does not take it; practice turns to the next."""
    no_json = "no_json"
    """It is accepted and not heeded; practice turns to the next after two answers."""
    unfit = "unfit"
    """Nothing came, or JSON of another form than was asked for; practice asks again."""
    fault = "fault"


class Way(Frozen):
    """One way of getting structured answers, and how it went."""

    method: Method
    outcome: Outcome
    told: str
    seconds: float


class Examined(Frozen):
    """A model and how it did. `ways` are in the order in which practice tries them.

    `method` is the one that practice would use. The checks after one that stops all are left out.
    """

    name: str
    role: Role
    checks: tuple[Check, ...]
    ways: tuple[Way, ...] = ()
    method: Method | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it can do its part in an interview."""
        return all(check.status is not Status.failed for check in self.checks)


class Findings(Frozen):
    """All that `sevenstep doctor --json` prints; `is_usable` goes with exit code 0.

    `models` is empty for the offline engine, which needs no test.
    """

    version: str = __version__
    configuration: Configuration
    servers: tuple[Server, ...]
    models: tuple[Examined, ...]
    is_usable: bool
