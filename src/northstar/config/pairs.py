"""What a judge of pairs compares answers with, as a plan holds it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class PairsOf(BaseModel):
    """What answers are compared with: another run's output folder, or None for each row's own baseline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    against: Path | None = None
