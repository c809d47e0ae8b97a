"""What is wrong with a plan: where, a code, and the facts its words need. The words are `queries.pay.fault_words`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `path` leads to the place, such as `components.0.rule.steps`, or is a line of sentences."""

    path: str
    code: str
    facts: Mapping[str, object] = field(default_factory=lambda: NOTHING)


class Faulty(ValueError):
    """A plan, a text or sentences with everything that is wrong in them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.path, fault.code)))
        super().__init__("; ".join(f"{fault.path}: {fault.code}" for fault in self.faults))
