"""A nation that no one lives in: synthetic people, records and the truth about them.

`synthesize_nation` makes a population register, a vaccination platform's records of its people with
the errors of April 2022, and, apart, the truth about each record. It shares no code with
`lamsach.identity`, which is tested on what is made here.

A sample of any size keeps the nation's namesake density: it stands for all people of the nation
who bear one of a share of its names (see `lamsach.synthetic.namespace`).
"""

from .mixes import DEFAULT, MIXES
from .nation import Summary, synthesize_nation

__all__ = ["DEFAULT", "MIXES", "Summary", "synthesize_nation"]
