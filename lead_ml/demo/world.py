"""The synthetic world, and the probabilities that a perfect model would predict for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lead_ml.demo.arrival import DAY, Newcomers, draw_arrivals, draw_instants
from lead_ml.demo.behavior import bent, draw_events
from lead_ml.demo.fakes import FAKE_REASONS, UNFIT_REASONS, burst_instants, disguise, draw_kinds
from lead_ml.demo.lifecycle import Fate, draw_fates, draw_outcomes
from lead_ml.demo.notes import draw_notes
from lead_ml.demo.people import Objects, People, draw_people
from lead_ml.demo.reps import Assignments, draw_assignments
from lead_ml.demo.settings import SynthSettings
from lead_ml.demo.traces import blank_some, draw_traces
from lead_ml.model.metrics import sigmoid
from lead_ml.tables.dataset import Coded, Dataset, Floats, Indices, Instants, Leads

_PARTS = [
    "cast",
    "people",
    "latent",
    "arrivals",
    "traces",
    "fakes",
    "fates",
    "events",
    "outcomes",
    "reps",
    "companies",
    "weeks",
    "notes",
]
_STATUS = {"won": "Converted", "lost": "Closed", "invalid": "Disqualified"}
_AGAIN_WITHIN = 0.2  # a person returns within this share of the history
_SHARED_INTENT = 0.7
_WEEK = 7 * DAY


@dataclass(frozen=True)
class Truth:
    """What an export does not show, one entry per lead."""

    kind: Objects  # real; student, no_budget or competitor (real but unfit); bot, mash, wrong_number or test (fakes)
    fit: Floats  # this and what follows are the parts of the logit, see SynthSettings
    intent: Floats
    noise: Floats
    source_effect: Floats
    product_effect: Floats
    rep_effect: Floats
    company_effect: Floats  # the same for all leads of a company
    week_effect: Floats  # the same for all leads of a week
    logit: Floats  # of the probability that the lead ever wins if it is not fake
    win_probability: Floats  # that the lead ever wins; 0 for fake leads
    person: Indices  # row of the first lead of this person
    fate: Fate  # how the lead ends, even if that is after the end of the data

    @property
    def fake(self) -> npt.NDArray[np.bool_]:
        """Whether each lead is not real."""
        return np.isin(self.kind, list(FAKE_REASONS))


@dataclass(frozen=True)
class SynthWorld:
    """A SYNTHETIC CRM: its tables as a project reads them, and the true probabilities.

    The columns ``lead_status`` and ``owner`` have the values at the end of the data: the status is overwritten with
    the outcome, so it is a leak on purpose. ``assignments`` are the changes of the owner, ``notes`` what a rep wrote about
    each event, None where nothing.
    """

    data: Dataset
    truth: Truth
    settings: SynthSettings
    assignments: Assignments
    notes: Objects


@dataclass(frozen=True)
class _Cast:
    kind: Objects
    created_at: Instants
    burst: Indices
    person: Indices


def generate(
    n_leads: int, seed: int, *, days: int = 540, settings: SynthSettings | None = None
) -> SynthWorld:
    """Generate a SYNTHETIC CRM of at least one lead; the same arguments give exactly the same world.

    What became known after so many days is not in the tables. Leads are in order of creation, events and outcomes in the order
    in which they became known.
    """
    settings = settings or SynthSettings()
    rngs = {name: np.random.default_rng([seed, number]) for number, name in enumerate(_PARTS)}
    start = int(np.datetime64(settings.start, "us").astype(np.int64))
    until = start + days * DAY
    cast = _cast(rngs["cast"], n_leads, start, days, settings)
    columns, truth, assignments = _leads(rngs, cast, start, days, settings)
    outcomes = draw_outcomes(
        rngs["outcomes"], cast.created_at, truth.fate, truth.logit, settings.late_share, until
    )
    closed = truth.fate.age_days
    events = draw_events(rngs["events"], cast.created_at, truth.intent, cast.kind, closed, until)
    notes = draw_notes(rngs["notes"], events, columns["country"] == "CN", truth.intent, cast.kind)
    columns = {
        **columns,
        "lead_status": _status(cast.created_at, truth.fate, until),
        "owner": assignments.owner_at_end(n_leads),
    }
    coded = {name: Coded.of(list(values)) for name, values in sorted(columns.items())}
    leads = Leads(tuple(f"L{row:06d}" for row in range(n_leads)), cast.created_at, coded)
    return SynthWorld(Dataset(leads, events, outcomes, until=until), truth, settings, assignments, notes)


def true_probability(world: SynthWorld, lead: Indices, as_of: Instants | int, horizon_us: int) -> Floats:
    """Return P(win in (as_of, as_of + horizon] | everything hidden, not closed by as_of).

    With w the probability that the lead ever wins, F and G the distributions of the delays to the win and to the loss, c the
    share of leads without a win that are ever closed, and s = as_of - created_at::

        w (F(s + horizon) - F(s)) / (w (1 - F(s)) + (1 - w) (1 - c G(s)))

    Events add nothing to it: they depend on the hidden intent, not on the drawn win. For a model that sees only the
    tables, the mean of these values at one score is therefore the probability that a calibrated score states.
    """
    settings = world.settings
    created = world.data.leads.created_at
    assert created is not None, "generated leads have dates"
    ever = world.truth.win_probability[lead]
    age = (as_of - created[lead]) / DAY
    by_now, by_then = settings.win_delay.within(age), settings.win_delay.within(age + horizon_us / DAY)
    open_without_win = 1 - settings.closed_share * settings.loss_delay.within(age)
    return np.asarray(ever * (by_then - by_now) / (ever * (1 - by_now) + (1 - ever) * open_without_win))


def _cast(rng: np.random.Generator, size: int, start: int, days: int, settings: SynthSettings) -> _Cast:
    kind = draw_kinds(rng, size, settings.fake_shares, settings.unfit_share)
    created, burst = burst_instants(
        rng, draw_instants(rng, size, start, days, settings.drift), kind, start + days * DAY
    )
    order = np.lexsort((np.arange(size), created))
    place = np.empty(size, dtype=np.int64)
    place[order] = np.arange(size)
    kind, burst = kind[order], np.where(burst >= 0, place[burst], -1)[order]
    return _Cast(kind, created[order], burst, _persons(rng, kind, settings.duplicate_share))


def _persons(rng: np.random.Generator, kind: Objects, share: float) -> Indices:
    """Return for each lead the row of the first lead of this person; only real leads return."""
    person = np.arange(len(kind))
    free = kind == "real"
    reach = max(2, int(len(kind) * _AGAIN_WITHIN))
    wanted = round(share * len(kind))
    for later, back in zip(rng.permutation(len(kind)), rng.integers(1, reach, len(kind)), strict=True):
        earlier = later - back
        if wanted > 0 and earlier >= 0 and free[later] and free[earlier]:
            wanted -= 1
            person[later] = earlier
            free[[later, earlier]] = False
    return person


def _leads(
    rngs: Mapping[str, np.random.Generator], cast: _Cast, start: int, days: int, settings: SynthSettings
) -> tuple[dict[str, Objects], Truth, Assignments]:
    people = draw_people(rngs["people"], cast.person)
    country = people.columns["country"]
    fake = np.isin(cast.kind, list(FAKE_REASONS))
    arrivals = draw_arrivals(
        rngs["arrivals"],
        Newcomers(cast.created_at, country == "CN", fake, cast.burst),
        days,
        settings.drift,
    )
    assignments, rep_effect = draw_assignments(
        rngs["reps"], cast.created_at, country == "CN", start + days * DAY
    )
    intent = _intent(rngs["latent"], cast)
    traces = draw_traces(rngs["traces"], country, people.company_row, intent)
    shown = blank_some(rngs["traces"], {**people.columns, **arrivals.columns, **traces}, cast.person)
    columns = disguise(rngs["fakes"], shown, cast.kind, cast.burst)
    effects = {
        "source_effect": arrivals.effect,
        "product_effect": people.product_effect,
        "rep_effect": rep_effect,
        "company_effect": _of_companies(rngs["companies"], people, settings),
        "week_effect": _of_weeks(rngs["weeks"], (cast.created_at - start) // _WEEK, settings),
    }
    hidden = rngs["latent"].normal(size=len(cast.kind))
    logit = (
        settings.intercept
        + settings.fit_weight * people.fit
        + settings.intent_weight * _interest(intent, arrivals.columns["source"], settings)
        + settings.noise_weight * hidden
        + sum(effects.values())
        - settings.unfit_penalty * np.isin(cast.kind, UNFIT_REASONS)
    )
    ever = np.where(fake, 0.0, sigmoid(logit))
    fate = draw_fates(rngs["fates"], ever, cast.kind, people.deal, settings)
    truth = Truth(
        cast.kind, people.fit, intent, hidden, **effects,
        logit=logit, win_probability=ever, person=cast.person, fate=fate,
    )  # fmt: skip
    return columns, truth, assignments


def _interest(intent: Floats, source: Objects, settings: SynthSettings) -> Floats:
    """Return what interest adds to the logit: ever less the more of it there is, and more or less in two sources."""
    slopes = dict(settings.slopes)
    return np.asarray(
        bent(intent, settings.saturation) * np.array([slopes.get(name, 1.0) for name in source])
    )


def _of_companies(rng: np.random.Generator, people: People, settings: SynthSettings) -> Floats:
    mood = rng.normal(size=people.company_row.max() + 1)
    return np.asarray(settings.company_weight * mood[people.company_row])


def _of_weeks(rng: np.random.Generator, week: Indices, settings: SynthSettings) -> Floats:
    """Return a stationary random walk over the weeks, at the week of each lead."""
    steps, level, memory = rng.normal(size=week.max() + 1), 0.0, settings.week_memory
    walk = np.empty(len(steps))
    for number, step in enumerate(steps):
        level = step if number == 0 else memory * level + np.sqrt(1 - memory**2) * step
        walk[number] = level
    return np.asarray(settings.week_weight * walk[week])


def _intent(rng: np.random.Generator, cast: _Cast) -> Floats:
    size = len(cast.kind)
    lasting, passing = rng.normal(size=size)[cast.person], rng.normal(size=size)
    mixed = _SHARED_INTENT * lasting + np.sqrt(1 - _SHARED_INTENT**2) * passing
    return np.asarray(mixed - 0.8 * np.isin(cast.kind, list(FAKE_REASONS)))


def _status(created_at: Instants, fate: Fate, until: int) -> Objects:
    ended = created_at + np.where(np.isfinite(fate.age_days), fate.age_days, 0.0) * DAY <= until
    shown = [
        _STATUS.get(stage, "Working") if done else "Working"
        for stage, done in zip(fate.stage, ended, strict=True)
    ]
    return np.array(shown, dtype=object)
