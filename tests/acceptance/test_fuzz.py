"""Every route against generated requests, good and bad: no failure of ours, and every answer as the document says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation.meta import CoveragePhaseData
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from config.api import api
from core.text import plain
from tests.acceptance.scene import Scene

EXAMPLES = 20


def _document() -> schemathesis.BaseSchema:
    config = schemathesis.Config()
    config.projects.default.generation.update(with_security_parameters=False)
    return schemathesis.openapi.from_dict(api.get_openapi_schema(), config=config)


DOCUMENT = _document()
OPERATIONS = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in DOCUMENT.get_all_operations()
    if isinstance(found, Ok)
}


def every_refusal_is_a_problem(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """4xx bodies are problem documents whose status is the answer's."""
    if response.status_code < 400:
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind == "application/problem+json", f"{kind}: {response.text[:200]}"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["code"]
    assert body["title"]
    assert "Traceback" not in (response.text or "")


def what_is_wrong_is_refused(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """schemathesis's own check, but for texts that are judged after cleaning and fit then."""
    if not _is_cleaned(case.body):
        negative_data_rejection(context, response, case)


def _is_cleaned(node: Any) -> bool:
    if isinstance(node, dict):
        return any(map(_is_cleaned, node.values()))
    if isinstance(node, list):
        return any(map(_is_cleaned, node))
    return isinstance(node, str) and plain(node) != node


# Left out: positive_data_acceptance, as texts are judged after cleaning, cursors are signed and rules are more than
# schemas.
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    what_is_wrong_is_refused,
    every_refusal_is_a_problem,
]


def _known(scene: Scene) -> dict[str, Any]:
    """What is there, by the names that paths use."""
    post = scene.post()
    return {
        "handle": "teahouse",
        "post_id": post.id,
        "comment_id": scene.comment(post=post).id,
        "media_id": scene.picture().id,
        "room_id": scene.room().pk,
        "user_id": scene.member(),
        "import_id": scene.order_import().pk,
        "webhook_id": scene.webhook(scene.store).pk,
        "platform": "shopify",
    }


def test_no_operation_of_the_document_is_left_out() -> None:
    assert len(OPERATIONS) == sum(len(methods) for methods in api.get_openapi_schema()["paths"].values())


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_edges_of_every_field_are_answered_as_declared(name: str, scene: Scene) -> None:
    operation, known = OPERATIONS[name], _known(scene)
    cases = DOCUMENT.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=DOCUMENT.config.generation_for(operation=operation),
    )
    for case in cases:
        _lead_somewhere(case, known)
        _send(scene, "owner", case, [*CHECKS, unsupported_method])


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_sent_is_answered_as_declared(name: str, scene: Scene) -> None:
    operation, known = OPERATIONS[name], _known(scene)
    there = {part.name: known[part.name] for part in operation.path_parameters} or None
    cases = st.one_of(
        operation.as_strategy(GenerationMode.POSITIVE, path_parameters=there),
        operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=there),
        operation.as_strategy(GenerationMode.POSITIVE),
        operation.as_strategy(GenerationMode.NEGATIVE),
    )

    @tuned(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, who=st.sampled_from(["buyer", "owner"]))
    def send(case: Case[Any], who: str) -> None:
        _send(scene, who, case, CHECKS)

    send()


def _lead_somewhere(case: Case[Any], known: dict[str, Any]) -> None:
    """Puts what is there into a path that is not itself what the case tries out."""
    data = case.meta.phase.data if case.meta else None
    if not isinstance(data, CoveragePhaseData) or data.parameter_location != ParameterLocation.PATH:
        case.path_parameters = {part: known[part] for part in case.path_parameters}


def _send(scene: Scene, who: str, case: Case[Any], checks: list[Any]) -> None:
    person = scene.people[who]
    base_url = str(person.http.base_url).rstrip("/")
    case.call_and_validate(base_url=base_url, headers={"X-Session-Token": person.token}, checks=checks)
