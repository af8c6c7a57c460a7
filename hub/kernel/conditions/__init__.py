"""The one condition language: a YAML or JSON tree for scoring, routing and segments, with two compilers of one meaning.

Forms of a tree::

    {all: [...]}   {any: [...]}   {not: X}
    {field: NAME, OP: VALUE}
    {activity: KIND, key: K | key_starts_with: P, within: "7d", at_least: N}

One OP for each field: equals, not_equals, in, not_in, starts_with, contains, gt, gte, lt, lte, exists; which of them
a field takes hangs on its type (`registry.OPERATORS`).

Meaning, the same in `compile_python` and in `sql.compile_sql`:

* Two values only. A comparison with a missing value is false; but `exists: false`, `not_equals` and `not_in` are
  true when the value is missing. `not` turns true into false and false into true, so ``{not: {field: x, gt: 3}}``
  holds for a missing x, where ``{field: x, lte: 3}`` does not.
* Missing is Python's None and SQL's NULL, and a number that is NaN. An empty text and an empty list are values.
* Text compares by code point: no folding of case, width or accents. `starts_with` and `contains` are literal.
* On a list, `contains` asks for one member, `in` for any of several, `not_in` for none of them.
* A boolean is no number. Numbers compare by value and exactly; but a value kept as a double is compared with the
  double nearest to the constant, so that 0.1 equals 0.1 in a double as in a decimal.
* An activity counts within a span when it occurred strictly after now minus the span; there is no upper bound.

This package imports no SQLAlchemy, so that pure rules may use it; `compile_sql` lives in `hub.kernel.conditions.sql`.
"""

from __future__ import annotations

from hub.kernel.conditions.closures import Subject, SubjectError, compile_python
from hub.kernel.conditions.describing import describe
from hub.kernel.conditions.explaining import Outcome, explain
from hub.kernel.conditions.nodes import Activity, All, AnyOf, Comparison, Condition, Not
from hub.kernel.conditions.parsing import parse
from hub.kernel.conditions.registry import Field, Namespace, Registry
from hub.kernel.conditions.values import ConditionError

__all__ = [
    "Activity",
    "All",
    "AnyOf",
    "Comparison",
    "Condition",
    "ConditionError",
    "Field",
    "Namespace",
    "Not",
    "Outcome",
    "Registry",
    "Subject",
    "SubjectError",
    "compile_python",
    "describe",
    "explain",
    "parse",
]
