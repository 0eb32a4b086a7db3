"""Groups of benchmarks, as a plan holds them: read, checked, and with the groups inside of them resolved."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GroupMember(BaseModel):
    """A benchmark of a group.

    Attributes:
        name: As --benchmarks has it; in a plan the name of its folder.
        share: Its part in the aggregate; those of a group sum to 1.
        repeats: Seeds; 0 for one greedy generation.
        metric: The number that counts; None for the main one of its table.
        absent: Why Northstar doesn't have it; '' where it does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    share: float = Field(gt=0, le=1.000001)
    repeats: int = Field(0, ge=0)
    metric: str | None = None
    absent: str = ""


class AskedGroup(BaseModel):
    """A group: its name, and all of its members."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    members: tuple[GroupMember, ...]

    @property
    def there(self) -> tuple[GroupMember, ...]:
        """Return the members that Northstar has."""
        return tuple(each for each in self.members if not each.absent)

    @property
    def absent(self) -> tuple[GroupMember, ...]:
        """Return the members that Northstar doesn't have."""
        return tuple(each for each in self.members if each.absent)
