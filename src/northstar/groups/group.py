"""What the file of a group holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_Weight = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False, strict=True)]


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Typed):
    """A benchmark of the group, or another group, whose aggregate then counts as one member.

    Attributes:
        repeats: Seeds; 0, or none given, for one greedy generation. A group has its own.
        weight: What it counts in the aggregate, relative to the others.
        metric: The number that counts; the benchmark's main one unless given.
    """

    repeats: int | None = Field(None, ge=0, le=999_999, strict=True)
    weight: _Weight = 1.0
    metric: str | None = None


class Absent(Member):
    """A benchmark of the group that Northstar doesn't have; where a file or package adds it, it is a member.

    Attributes:
        why: What it is, or what it would need.
    """

    why: str


class Group(_Typed):
    """A group of benchmarks.

    Attributes:
        about: One line for `ns prepare_data --list`.
        source, date: Where and when its composition was published.
        members: Benchmark, as --benchmarks has it, or group → how it is asked and what it counts.
        absent: Benchmark → what it counts, of those that Northstar doesn't have.
    """

    about: str = ""
    source: str = ""
    date: Annotated[str, BeforeValidator(str)] = ""
    members: Annotated[dict[str, Member], Field(min_length=1)]
    absent: dict[str, Absent] = {}

    @model_validator(mode="after")
    def _names_each_once(self) -> Group:
        if both := sorted(self.members.keys() & self.absent.keys()):
            raise ValueError(f"has '{both[0]}' among its members and among those that are absent")
        return self
