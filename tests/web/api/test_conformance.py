"""What the API's description promises, tried by schemathesis: no request makes it fail or answer otherwise."""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.web.api.seeded import Seeded

CHINESE = re.compile("[\u4e00-\u9fff]")
_EXAMPLES = {GenerationMode.POSITIVE: 15, GenerationMode.NEGATIVE: 15}
# What the business refuses in data of the right form (an AppID that is not the group's, a lead in another state, words
# that read like contact data) no schema can say.
_NOT_HERE = {"positive_data_acceptance", "max_response_time", "object_level_authorization"}


def key_for(operation: Any) -> str:
    """Return the role of the first key that an operation takes."""
    role: str = next(iter(operation.definition.raw["security"][0]))
    return role.removesuffix("_key")


def chinese(answer: Any) -> None:
    """Assert that every sentence of a problem is Chinese."""
    if answer.headers.get("content-type", [""])[0] != "application/problem+json":
        return
    problem = answer.json()

    def sentences(part: Any) -> list[str]:
        if isinstance(part, dict):
            return [found for value in part.values() for found in sentences(value)]
        return [found for value in part for found in sentences(value)] if isinstance(part, list) else [part]

    told = [problem["title"], problem["detail"], *sentences(problem.get("errors", {}))]
    assert [sentence for sentence in told if not CHINESE.search(sentence)] == []


def try_out(seeded: Seeded, operation: Any, mode: GenerationMode) -> None:
    """Send requests to one operation and assert that each answer is one that the description promises."""
    checks = [check for check in CHECKS.get_all() if check.__name__ not in _NOT_HERE]
    headers = seeded.headers(key_for(operation))
    living = mode is GenerationMode.POSITIVE and operation.definition.raw["operationId"] != "delete_key"

    @settings(
        max_examples=_EXAMPLES[mode],
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def call(case: Any, data: st.DataObject) -> None:
        for name in case.path_parameters.keys() & seeded.ids.keys() if living else ():
            case.path_parameters[name] = data.draw(st.sampled_from(seeded.ids[name]))
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=checks, headers=headers)
        chinese(answer)

    call()


@pytest.mark.parametrize("mode", list(_EXAMPLES), ids=lambda mode: mode.name.lower())
def test_no_request_makes_the_api_fail_or_answer_otherwise_than_it_says(seeded: Seeded, mode: GenerationMode) -> None:
    load_all_checks()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", seeded.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 17
    for operation in operations:
        try_out(seeded, operation, mode)
