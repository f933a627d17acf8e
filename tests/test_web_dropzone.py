"""A file that a browser sends is taken in, or refused in words that the page shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from agent.errors import FileError
from agent.web.dropzone import taken
from agent.web.shown.order_faults import order_fault
from agent.web.shown.study_words import FIELDS, drafted
from agent.web.work.studies import study_order
from agent.web.work.uploads import Quota, Upload, receive


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    quota = Quota(file_bytes=20, job_bytes=30)

    async def put(request: Request) -> Response:
        async def take(chunks: AsyncIterator[bytes]) -> Upload:
            return await receive(tmp_path, request.path_params["name"], chunks, quota)

        return await taken(request, take, most=quota.file_bytes)

    return TestClient(Starlette(routes=[Route("/{name}", put, methods=["PUT"])]))


def test_a_file_is_answered_with_the_name_under_which_it_is_kept(client: TestClient) -> None:
    answer = client.put("/a%3Fb.csv", content=b"id,answer")
    assert (answer.status_code, answer.json()) == (201, {"name": "a_b.csv", "size": 9})


def test_a_file_over_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.put("/a.csv", content=b"x" * 21)
    assert answer.status_code == 413
    assert "larger than" in answer.json()["error"]


def test_a_refusal_names_the_file_and_what_to_do(client: TestClient) -> None:
    assert client.put("/a.csv", content=b"x" * 20).status_code == 201
    answer = client.put("/b.csv", content=iter([b"x" * 10, b"x" * 5]))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("b.csv: with it the files come to")


def test_the_drafted_dataset_names_the_uploaded_files() -> None:
    draft = yaml.safe_load(drafted(['o"dd, ä.csv', "dataset.yaml", "tcp.yaml", "notes.md"]))
    assert (draft["files"], draft["rubric"]) == (['o"dd, ä.csv'], "tcp.yaml")
    assert yaml.safe_load(drafted([]))["rubric"] == "ml_system_design"


def test_a_fault_of_an_order_names_the_field_as_the_form_does() -> None:
    with pytest.raises(FileError) as caught:
        study_order({"kind": "rubric", "target": "7"})
    assert order_fault(caught.value, FIELDS).startswith("Reliability to reach: '7' is not accepted")
