"""CertLogic: the public suite, the bounds, and what a hostile rule gets."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.rules import CertLogicError, evaluate, validate


def assertions(file: Path) -> list[tuple[str, Any, dict[str, Any]]]:
    """Every assertion of a suite that upstream does not itself skip."""
    suite = json.loads(file.read_text(encoding="utf-8"))
    return [
        (f"{file.name}: {case['name']}", case.get("certLogicExpression"), assertion)
        for case in suite["cases"]
        for assertion in case["assertions"]
        if "skip" not in {case.get("directive"), assertion.get("directive")}
    ]


@pytest.mark.vectors
def test_the_public_suite(shared_data: Path) -> None:
    count = 0
    for file in sorted((shared_data / "dcc" / "certlogic" / "testSuite").glob("*.json")):
        for name, expression, assertion in assertions(file):
            rule = assertion.get("certLogicExpression", expression)
            value = evaluate(rule, assertion["data"])
            assert value == assertion["expected"], name
            assert type(value) is type(assertion["expected"]), name
            count += 1
    assert count == 228


@pytest.mark.vectors
def test_the_public_validation_suite(shared_data: Path) -> None:
    count = 0
    for file in sorted((shared_data / "dcc" / "certlogic" / "validation-testSuite").glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
            issues = validate(case["certLogicExpression"])
            found = [{"expr": issue.expression, "message": issue.message} for issue in issues]
            assert found == case["issues"]
            count += 1
    assert count == 23


@pytest.mark.vectors
def test_every_expression_of_the_suite_and_of_the_public_rules_is_valid(shared_data: Path) -> None:
    dcc = shared_data / "dcc"
    rules = [
        rule
        for file in sorted((dcc / "certlogic" / "testSuite").glob("*.json"))
        for _, expression, assertion in assertions(file)
        if (rule := assertion.get("certLogicExpression", expression)) is not None
    ]
    rules += [
        json.loads(file.read_text(encoding="utf-8"))["Logic"]
        for file in sorted((dcc / "business-rules").rglob("rule.json"))
    ]
    assert len(rules) > 250
    assert [issue for rule in rules for issue in validate(rule)] == []


CLOCK = {"external": {"validationClock": "2022-04-19T08:00:00Z"}, "x": [1, 2, 3], "text": "abc"}
NOW = {"plusTime": [{"var": "external.validationClock"}, 0, "day"]}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"var": "x.1"}, 2),
        ({"var": "x.7"}, None),
        ({"var": "x.-1"}, None),
        ({"var": "text.0"}, None),
        ({"var": "x.length"}, None),
        ({"in": [1, [1.0]]}, True),
        ({"in": [1, [True]]}, False),
        ({"===": [1, True]}, False),
        ({"===": [0, False]}, False),
        ({"===": [{"var": "x"}, {"var": "x"}]}, True),
        ({"===": [[], []]}, False),
        ({"!": [[]]}, True),
        ({"!": ["0"]}, False),
        ({"if": [0, 1, 2]}, 2),
        ({"<": [1, 2, 3]}, True),
        ({"<": [1, 3, 2]}, False),
        ({"not-before": [NOW, NOW]}, True),
        ({"after": [NOW, NOW]}, False),
        ({"reduce": [{"var": "none"}, {"var": "current"}, 5]}, 5),
        ({"+": [1, {"var": "x.2"}]}, 4),
        ({"extractFromUVCI": ["URN:UVCI:01:VN:AB#C", 3]}, "C"),
        ({"extractFromUVCI": ["URN:UVCI:01:VN:AB#C", 4]}, None),
    ],
)
def test_values(expression: Any, value: Any) -> None:
    assert evaluate(expression, CLOCK) == value


@pytest.mark.parametrize(
    "expression",
    [
        None,
        3.5,
        {},
        {"var": "x", "!": [1]},
        {"var": 0},
        {"and": [True]},
        {"and": True},
        {"!": []},
        {"!": [NOW]},
        {"if": [NOW, 1, 2]},
        {"if": [True, 1]},
        {"===": [None, 1]},  # null is no expression
        {"or": [True, True]},
        {"map": [[1], 1]},
        {"===": [1]},
        {"===": [1, 2, 3]},
        {"<": [1, 2, 3, 4]},
        {"<": ["1", "2"]},
        {"<": [NOW, NOW]},
        {"before": ["2021-01-01", "2021-01-02"]},
        {"before": [NOW, None]},
        {"in": [1, "123"]},
        {"in": [1, {"var": "none"}]},
        {"+": ["a", "b"]},
        {"+": [True, 1]},
        {"+": [2**53 - 1, 1]},
        {"plusTime": ["2021-01-01", "1", "day"]},
        {"plusTime": ["2021-01-01", 1, "week"]},
        {"plusTime": ["2021-02-30", 1, "day"]},
        {"plusTime": ["2021-01-01", 10**9, "year"]},
        {"plusTime": ["2021-01-01", 10**15, "hour"]},
        {"plusTime": [NOW, 1, "day"]},
        {"plusTime": [1, 1, "day"]},
        {"dccDateOfBirth": ["01/02/1999"]},
        {"dccDateOfBirth": [None]},
        {"extractFromUVCI": [1, 1]},
        {"extractFromUVCI": ["a", "1"]},
        {"reduce": ["abc", 1, 0]},
        {"reduce": [[1], 1]},
    ],
)
def test_what_is_refused(expression: Any) -> None:
    with pytest.raises(CertLogicError):
        evaluate(expression, CLOCK)


def deep(levels: int) -> Any:
    expression: Any = True
    for _ in range(levels):
        expression = {"!": [expression]}
    return expression


def test_depth_is_bounded() -> None:
    assert evaluate(deep(60), {}) is True
    for levels in (100, 100_000):
        with pytest.raises(CertLogicError, match="nested"):
            evaluate(deep(levels), {})
    assert [issue.message for issue in validate(deep(100_000))] == [
        "the expression is nested more than 64 levels deep"
    ]


def test_work_is_bounded() -> None:
    """Loops in loops end soon, and a value that doubles at every step stays small."""
    loop: Any = 1
    for _ in range(9):
        loop = {"reduce": [list(range(20)), loop, 0]}
    data: dict[str, Any] = {"x": list(range(100))}
    started = time.monotonic()
    with pytest.raises(CertLogicError, match="too much"):
        evaluate(loop, data)
    doubling = {"reduce": [{"var": "x"}, [{"var": "accumulator"}, {"var": "accumulator"}], 1]}
    evaluate(doubling, data)
    growing = {"reduce": [{"var": "x"}, {"+": [{"var": "accumulator"}] * 2}, 1]}
    with pytest.raises(CertLogicError, match="larger"):
        evaluate(growing, data)
    lookups = {"reduce": [{"var": "x"}, {"in": [-1, {"var": "data.big"}]}, 0]}
    with pytest.raises(CertLogicError, match="too much"):
        evaluate(lookups, data | {"big": list(range(10_000))})
    assert time.monotonic() - started < 5


OPERATIONS = ["var", "if", "===", "and", ">", "<=", "in", "+", "after", "not-before", "!"]
OPERATIONS += ["plusTime", "reduce", "extractFromUVCI", "dccDateOfBirth", "or"]
literals = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["x", "x.0", "accumulator", "2021-02-29", "day", "2021-03-01T00:00:00Z"]),
)
expressions = st.recursive(
    literals,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(OPERATIONS), st.lists(inner, max_size=3) | inner, max_size=2
        )
    ),
    max_leaves=12,
)


@given(expressions, expressions)
def test_only_our_error_comes_out(expression: Any, data: Any) -> None:
    with contextlib.suppress(CertLogicError):
        evaluate(expression, data)


@given(expressions)
def test_issues_of_any_expression(expression: Any) -> None:
    if validate(expression) == []:
        try:
            evaluate(expression, {})
        except CertLogicError as error:
            refusal = str(error)
        else:
            refusal = ""
        assert "does not have" not in refusal
        assert "number of operands" not in refusal
