"""The contract's sections 1 to 3 in plain, slow, obvious Python: the judge of the engine.

Written from the contract's text alone; it shares only the rule model with the engine. No state, no index, no shortcut:
for every instant it looks at all events again.
"""

from tests.reference.course import course, final

__all__ = ["course", "final"]
