# SPDX-License-Identifier: Apache-2.0
"""A case: a name, a sentence, a time limit, a function that takes the lab.

The function returns a short note (figures) or None; it raises Failed or Missing.
"""
from process import Failed


class Case:
    def __init__(self, name, limit, run):
        self.name, self.limit, self.run = name, limit, run
        self.about = run.__doc__.strip().splitlines()[0]


def collector():
    """A list, and the decorator that fills it."""
    found = []

    def case(name, limit=60):
        def add(function):
            found.append(Case(name, limit, function))
            return function
        return add

    return found, case


def expect(condition, why):
    if not condition:
        raise Failed(why)


def expect_equal(got, wanted, what):
    """Sets or lists; the reason shows the difference alone."""
    if isinstance(wanted, (set, frozenset)):
        missing, extra = sorted(wanted - got), sorted(got - wanted)
        if missing or extra:
            raise Failed("\n".join([f"{what}: {len(missing)} missing, {len(extra)} too many"]
                                   + [f"- {x}" for x in missing[:8]] + [f"+ {x}" for x in extra[:8]]))
    elif got != wanted:
        raise Failed(f"{what}: {got!r} instead of {wanted!r}")
