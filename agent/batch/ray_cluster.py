"""Ray itself: found or started, quietly and without telemetry, and asked for processes.

The only module that imports it, as it is an optional part and takes a second to import. What runs
in the processes stands in `ray_worker` and `ray_desk`; which of them does what, in `ray_team`.
"""

import logging
import os
import socket
from collections.abc import Awaitable
from contextlib import suppress
from types import ModuleType
from typing import Any, Self

from agent.errors import EngineUnavailableError, InputError, SevenstepError

ENTERING = "entering"
"""The concurrency group of calls that wait for others: those must not wait behind them."""

_LOCAL = "local"
_MOST_ENTERING = 20_000
_DIAL_SECONDS = 10.0


class LostError(Exception):
    """The process that was asked is gone, or cannot be reached any more."""


class Cluster:
    """A Ray that is joined, or was started here and then ends with `close`."""

    def __init__(self, ray: ModuleType, *, is_ours: bool) -> None:
        self._ray = ray
        self._is_ours = is_ours

    @classmethod
    def joined(cls, address: str | None) -> Self:
        """Join the Ray at `address` (None: RAY_ADDRESS, or one started here).

        A program that is within Ray already stays there. Raises InputError if Ray is not
        installed or the address is none, EngineUnavailableError if it cannot be joined.
        """
        address = address or os.environ.get("RAY_ADDRESS") or _LOCAL
        _require_answer(address)
        ray = _imported(is_local=address == _LOCAL)
        if ray.is_initialized():
            return cls(ray, is_ours=False)
        try:
            ray.init(
                address=address,
                include_dashboard=False if address == _LOCAL else None,
                log_to_driver=False,
                configure_logging=False,
            )
        except ValueError as error:
            raise InputError(f"--ray-address {address!r} cannot be used: {_line(error)}") from error
        except (Exception, SystemExit) as error:
            # Ray ends the program (SystemExit) if it waited in vain for the cluster.
            remedy = (
                "free memory, or leave out --runner ray"
                if address == _LOCAL
                else "take the versions of Ray and Python that it has, and set RAY_AUTH_MODE=token "
                "if it asks for a token"
            )
            raise EngineUnavailableError(
                f"Ray ({address}) cannot be joined: {_line(error)}; {remedy}"
            ) from error
        return cls(ray, is_ours=True)

    @property
    def cpus(self) -> int:
        """How many it has, on all machines."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def actor(
        self, kind: type, *arguments: object, cpus: float, at_once: int, is_here: bool = False
    ) -> Any:
        """A process that holds an object of this type; gives a handle to it at once.

        It ends with this program. `is_here` asks for this machine.
        """
        options: dict[str, Any] = {"num_cpus": cpus, "max_concurrency": at_once}
        if is_here:
            from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

            options["concurrency_groups"] = {ENTERING: _MOST_ENTERING}
            options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(
                self._ray.get_runtime_context().get_node_id(), soft=True
            )
        return self._ray.remote(**options)(kind).remote(*arguments)

    def end(self, actor: Any) -> None:
        """End a process at once, whatever it is doing; one that is gone already is no fault."""
        with suppress(Exception):
            self._ray.kill(actor)

    def close(self) -> None:
        """Leave Ray, and end it if it was started here."""
        if self._is_ours:
            self._ray.shutdown()


async def answered(call: Awaitable[Any]) -> Any:
    """What a call to another process gives.

    Raises what it raised there if that is for the user, and LostError if the process is gone.
    """
    from ray.exceptions import ObjectLostError, RayActorError, RayTaskError

    try:
        return await call
    except RayTaskError as error:
        cause = getattr(error, "cause", None)
        if isinstance(cause, SevenstepError):
            raise cause from error
        raise
    except (RayActorError, ObjectLostError) as error:
        raise LostError(_line(error)) from error


def not_started(fault: Exception) -> EngineUnavailableError:
    """The error for processes that Ray cannot start."""
    # What went wrong stands in the last line of a traceback, such as a module that is missing.
    told = (str(fault).strip().splitlines() or [type(fault).__name__])[-1]
    return EngineUnavailableError(
        f"Ray's workers cannot be started ({told.strip()[:300].rstrip('.')}); install the same "
        "sevenstep on all its machines"
    )


def _imported(*, is_local: bool) -> ModuleType:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Ray would set what it thinks of the accelerators, and warn that it will not in future.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if is_local:
        # As on macOS and Windows it then listens on loopback only, not to the whole network.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
        import ray._private.worker as driver
    except ImportError as error:
        raise InputError(
            "--runner ray needs Ray, which is not installed; run: pip install 'sevenstep[ray]'"
        ) from error
    if not ray.is_initialized():
        logging.getLogger("ray").setLevel(logging.CRITICAL)
        # Ray prints to standard output when a worker is lost, where `--json` writes. There is
        # no option against it.
        setattr(driver, "print_to_stdstream", _print_nothing)  # noqa: B010
    return ray


def _print_nothing(*_: object, **__: object) -> None:
    """In the place of Ray's printing."""


def _require_answer(address: str) -> None:
    """Ray itself would try for two minutes and then end the program."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_DIAL_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise EngineUnavailableError(
            f"no Ray answers at {address}; start it there (`ray start --head`), or correct "
            "--ray-address"
        ) from error


def _line(error: BaseException) -> str:
    """The first line of what Ray says, which may be long."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300].rstrip(".")
