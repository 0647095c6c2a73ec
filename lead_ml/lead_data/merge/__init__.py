"""Merging leads that are one person: reversible decisions in a log, and what follows from them.

- :mod:`log` and :mod:`entries`: the decisions, append-only, each chained to the one before by its hash;
- :mod:`in_force` and :mod:`plan`: which of them count, and which new ones are refused;
- :mod:`people`: who is one person;
- :mod:`golden` and :mod:`histories`: the golden record, a pure function of the members as they stood at a moment;
- :mod:`united`: a data set that holds each person once.

Sources are never changed: undoing a decision restores everything, in any order.
"""
