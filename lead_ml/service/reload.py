"""The scorer in use, and the thread that replaces it after a promotion or when new thresholds are accepted.

A thread rather than a task of the event loop works under every server, and a mounted app gets no lifespan events.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from lead_ml.errors import BundleError, LeadMLError
from lead_ml.scoring import Scorer, served_version
from lead_ml.scoring.thresholds import accepted_thresholds, log_of
from lead_ml.service.files import Stamp, stamp_of
from lead_ml.service.problems import ProblemError
from lead_ml.service.settings import Settings
from lead_ml.tables.instants import iso

RETRY_SECONDS = (5.0, 300.0)  # first and longest pause before a failed bundle is loaded again
_GC_THRESHOLDS = (50_000, 20, 20)

logger = logging.getLogger(__name__)


class ReloadState(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the last reload.

    ``at`` is ISO 8601 UTC, ``wanted`` the version or folder to load, ``error`` is empty after a success.
    """

    ok: bool
    at: str
    wanted: str
    error: str = ""


class BundleOnDisk(NamedTuple):
    """A bundle on disk: its name, its folder, and a stamp that changes with its manifest."""

    name: str
    folder: Path
    stamp: Stamp | None
    forced: str = ""  # why it serves although the promotion gate refused it


class Loaders(NamedTuple):
    """How a bundle is checked and loaded; replaced in tests."""

    check: Callable[[Path], None]
    load: Callable[[Path], Scorer]
    warm: Callable[[], object]


class ScorerReloader:
    """Holds the scorer in use and reloads it. A request reads :attr:`scorer` once, so it never sees two versions."""

    def __init__(self, settings: Settings, loaders: Loaders | None = None) -> None:
        self._settings = settings
        self._loaders = loaders or default_loaders()
        self._scorer: Scorer | None = None
        self._source: BundleOnDisk | None = None
        self._thresholds_stamp: Stamp | None = None
        self._failed: tuple[BundleOnDisk, float, float] | None = None  # bundle, time of the retry, pause
        self._lock = threading.Lock()
        self._stopping: threading.Event | None = None
        self.loaded_at = 0.0
        self.reload: ReloadState | None = None

    @property
    def scorer(self) -> Scorer:
        """The scorer in use; 503 until the first one is loaded."""
        if self._scorer is None:
            failed = self.reload is not None and not self.reload.ok
            why = "The model could not be loaded; see /v1/model." if failed else "The model is being loaded."
            raise ProblemError("not-ready", why, headers={"Retry-After": "5"})
        return self._scorer

    @property
    def forced(self) -> str:
        """Why the scorer serves although the promotion gate refused it; empty if it passed."""
        return "" if self._source is None else self._source.forced

    @property
    def ready(self) -> bool:
        """True once a verified scorer is loaded; a later failed reload does not change it."""
        return self._scorer is not None

    def start(self) -> None:
        """Start the thread; further calls have no effect."""
        with self._lock:
            if self._stopping is None:
                self._stopping = threading.Event()
                run = threading.Thread(
                    target=self._run, args=(self._stopping,), name="lead-ml-reload", daemon=True
                )
                run.start()

    def stop(self) -> None:
        """Stop the thread after the load in progress, if any."""
        with self._lock:
            if self._stopping is not None:
                self._stopping.set()
            self._stopping = None

    def check(self) -> None:
        """Check once which bundle should be in use, and reload if the bundle or its thresholds changed."""
        try:
            source = self._wanted()
            if source != self._source:
                self._load(source)
            elif self._scorer is not None:
                self._refresh_thresholds(self._scorer)
                if (
                    self.reload is not None and not self.reload.ok
                ):  # over without a reload, as after a rollback
                    self.reload = ReloadState(ok=True, at=now_text(), wanted=source.name)
        except LeadMLError as error:
            self._note_failure(None, error)

    def accept(self, scorer: Scorer, save: Callable[[], None]) -> None:
        """Let `save` keep new thresholds and use what is in effect then, unless a different model has replaced `scorer`."""
        with self._lock:
            if self._scorer is None or self._scorer.version != scorer.version:
                raise ProblemError(
                    "conflict",
                    "A different model is in use by now. Review its thresholds first.",
                    page_text="pages.errors.other_model",
                )
            save()
            self._use_accepted(self._scorer)

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                self.check()
            except Exception as error:  # noqa: BLE001 - the thread must survive any content of a folder
                self._note_failure(None, error)
            stopping.wait(self._settings.poll_seconds)

    def _wanted(self) -> BundleOnDisk:
        fixed, runs = self._settings.bundle, self._settings.runs
        if fixed:
            return BundleOnDisk(fixed.name, fixed, stamp_of(fixed / "manifest.json"))
        served = served_version(runs)
        folder = runs / served.folder
        return BundleOnDisk(served.version, folder, stamp_of(folder / "manifest.json"), served.forced or "")

    def _load(self, source: BundleOnDisk) -> None:
        if self._failed is not None and self._failed[0] == source and time.monotonic() < self._failed[1]:
            return
        try:
            if source.stamp is None:
                raise BundleError(
                    f"{source.folder} is not a bundle: manifest.json is missing", do="run lead-ml train"
                )
            self._loaders.check(source.folder)
            self._loaders.warm()
            stamp = _thresholds_stamp(source.folder)
            scorer = self._loaders.load(source.folder)
            _ = scorer.compiled  # compiled now, so that the first request is not slow
        except (LeadMLError, OSError) as error:
            self._note_failure(source, error)
            return
        with self._lock:
            self._scorer, self._source, self._failed = scorer, source, None
            self._thresholds_stamp = stamp
            self.loaded_at = time.time()
            self.reload = ReloadState(ok=True, at=now_text(), wanted=source.name)
        _settle_memory()
        logger.info("model %s is in use with thresholds %s", scorer.version, scorer.thresholds.version)

    def _refresh_thresholds(self, scorer: Scorer) -> None:
        with self._lock:
            if self._scorer is scorer and _thresholds_stamp(scorer.folder) != self._thresholds_stamp:
                self._use_accepted(scorer)

    def _use_accepted(self, scorer: Scorer) -> None:
        if scorer.folder is not None:
            self._thresholds_stamp = _thresholds_stamp(
                scorer.folder
            )  # before reading: a later line is seen next time
            bundle = scorer.bundle
            found = accepted_thresholds(scorer.folder, bundle.thresholds, bundle.info.reference_odds)
            self._scorer = replace(scorer, thresholds=found)

    def _note_failure(self, source: BundleOnDisk | None, error: Exception) -> None:
        said = str(error) if isinstance(error, LeadMLError) else f"unexpected {type(error).__name__}"
        message = self._without_folders(said)
        failed = ReloadState(
            ok=False, at=now_text(), wanted="" if source is None else source.name, error=message
        )
        if self.reload is None or msgspec.structs.replace(self.reload, at=failed.at) != failed:
            logger.warning("reload failed: %s", message)
        self.reload = failed
        if source is not None:
            again = self._failed is not None and self._failed[0] == source
            pause = min(self._failed[2] * 2, RETRY_SECONDS[1]) if again and self._failed else RETRY_SECONDS[0]
            self._failed = (source, time.monotonic() + pause, pause)

    def _without_folders(self, message: str) -> str:
        """Shorten the paths of a message, which goes over HTTP, to those within the runs folder."""
        folders = [folder for folder in (self._settings.runs, self._settings.bundle) if folder is not None]
        known = {str(path) for folder in folders for path in (folder, folder.absolute(), folder.resolve())}
        for path in sorted((path for path in known if path.startswith("/")), key=len, reverse=True):
            message = message.replace(path, path.rpartition("/")[2])
        return message


def default_loaders() -> Loaders:
    """Return the real loaders; the check runs in a temporary process."""
    from lead_ml.asof.kernel import warm as warm_kernels
    from lead_ml.clean import warm as warm_libraries
    from lead_ml.scoring.subprocess_check import try_bundle

    def warm() -> None:
        warm_kernels()
        warm_libraries()

    return Loaders(try_bundle, Scorer.load, warm)


def now_us() -> int:
    """Return the current time in microseconds UTC."""
    return time.time_ns() // 1_000


def now_text() -> str:
    """Return the current second, ISO 8601 UTC."""
    return iso(int(time.time()) * 1_000_000)


def _thresholds_stamp(folder: Path | None) -> Stamp | None:
    return None if folder is None else stamp_of(log_of(folder))


def _settle_memory() -> None:
    """Exclude the objects of a bundle from garbage collection: p99 of an empty endpoint fell from 125 ms to 1 ms."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
