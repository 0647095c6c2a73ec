"""``merge`` in ``params.yaml``: which member of a person each field of the golden record comes from."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from lead_ml.project.section import Section

RuleName = Literal["newest", "oldest", "most_complete", "trusted", "most_restrictive"]


class FieldRule(Section):
    """How a field is chosen among the members of a person, as they stand at a moment. Empty values never win.

    - ``newest``: the latest value; ``oldest``: the first one.
    - ``most_complete``: the value with the most letters and digits.
    - ``trusted``: of the member whose column ``by`` comes first in ``order``, such as ``order: [crm, webinar]``.
    - ``most_restrictive``: the value that comes first in ``order``, such as ``order: [withdrawn, "no", "yes"]``. A value that is
      not in ``order`` counts as restrictive as the first. Without ``order``, any value but a yes is more restrictive than a yes.

    E-mail addresses, phone numbers and names that are not valid win only where no member has a valid one. A tie goes to the
    newest value, then to the member that was created last, then to the first ``lead_id``.
    """

    rule: RuleName
    order: tuple[str, ...] = ()
    by: str = "source"

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"rule": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_its_order(self) -> FieldRule:
        if self.rule == "trusted" and not self.order:
            raise ValueError(
                "trusted needs order: the values of the column that are trusted, the most trusted first"
            )
        if self.order and self.rule not in ("trusted", "most_restrictive"):
            raise ValueError(f"order belongs to trusted and most_restrictive, not to {self.rule}")
        return self


_BUILT_IN = {
    "consent": FieldRule(rule="most_restrictive"),
    **{name: FieldRule(rule="oldest") for name in ("source", "campaign", "channel")},
}


class MergeParams(Section):
    """Survivorship of merged leads: ``fields`` gives a lead column a rule of its own, and ``default`` is that of all others.

    Without an entry, ``consent`` is ``most_restrictive``, and ``source``, ``campaign`` and ``channel`` are ``oldest``: they say what
    brought the person.
    """

    default: FieldRule = FieldRule(rule="newest")
    fields: dict[str, FieldRule] = Field(default_factory=dict)

    def rule_of(self, field: str) -> FieldRule:
        """Return the rule of a lead column."""
        return self.fields.get(field) or _BUILT_IN.get(field, self.default)
