"""Vietnamese numbers are grouped by three (15.000); Django knows the point, not the grouping."""

from __future__ import annotations

NUMBER_GROUPING = 3
