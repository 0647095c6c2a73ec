"""A visit of a page: who comes, in which session and language; forms, and errors as pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.language import LANGUAGES, Lang
from lead_ml.service.auth import Endpoint, local_caller
from lead_ml.service.http import Runtime, limited_body, runtime_of
from lead_ml.service.keys import Caller
from lead_ml.service.pages import PageFrame, render
from lead_ml.service.problems import ProblemError
from lead_ml.service.session import COOKIE, SECONDS, Session

FORM_BYTES = 16_384
DEFAULT_LANGUAGE = "en"
NOBODY = Caller(name="", scopes=())
_STATUS_TEXTS = {403: "pages.errors.forbidden", 404: "pages.errors.not_found", 503: "pages.errors.busy"}


@dataclass(frozen=True)
class Visit:
    """One request for a page: ``caller`` is nobody before login, ``is_new`` is true without a valid cookie."""

    request: Request
    caller: Caller
    session: Session
    is_new: bool = True

    @classmethod
    def of(cls, request: Request) -> Visit:
        """Recognize the visitor by the session cookie or, with keys off, as someone at this machine."""
        runtime = runtime_of(request)
        session = runtime.signer.open(request.cookies.get(COOKIE))
        if not runtime.settings.auth:
            caller = local_caller(request)
        else:
            key_id = "" if session is None else session.key_id
            caller = (runtime.keys.by_id(key_id) if key_id else None) or NOBODY
        return cls(request, caller, session or Session.fresh(), is_new=session is None)

    @property
    def runtime(self) -> Runtime:
        """The components of the app."""
        return runtime_of(self.request)

    @property
    def lang(self) -> Lang:
        """The language of the address; otherwise the browser's first choice; otherwise English."""
        preferred = self.request.headers.get("accept-language", "").partition(",")[0]
        browser = preferred.partition(";")[0].partition("-")[0].strip().lower()
        wanted = (self.request.query_params.get("lang"), browser)
        return next((lang for lang in wanted if lang in LANGUAGES), DEFAULT_LANGUAGE)

    def frame(self, active: str = "") -> PageFrame:
        """Return what every page shares, for this visit."""
        reloader, known = self.runtime.reloader, bool(self.caller.scopes)
        info = reloader.scorer.bundle.info if reloader.ready else None
        query = self.request.query_params.multi_items()
        return PageFrame(
            lang=self.lang,
            path=self.request.url.path,
            query=tuple((name, value) for name, value in query if name != "accepted"),
            project=info.project if info is not None and known else "",
            synthetic=info is not None and info.synthetic,
            validation="validated" if info is None else reloader.scorer.validation_key,
            forced=reloader.forced if known else "",
            user=self.caller.name,
            csrf=self.runtime.signer.csrf(self.session),
            logged_in=known,
            is_admin="admin" in self.caller.scopes,
            reload_failed=info is not None and reloader.reload is not None and not reloader.reload.ok,
            active=active,
            zone="UTC" if info is None else reloader.scorer.bundle.params.get("time_zone", "UTC"),
        )

    async def form(self) -> dict[str, str]:
        """Read the form of a page."""
        media = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/x-www-form-urlencoded":
            raise ProblemError("unsupported-media-type", "Send the form of the page.")
        body = await limited_body(self.request, FORM_BYTES)
        try:
            return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=30))
        except ValueError as error:
            raise ProblemError("invalid", "The form cannot be read.") from error

    def owns(self, form: Mapping[str, str]) -> bool:
        """Return whether a form carries the CSRF token of this session."""
        return self.runtime.signer.csrf_is_valid(self.session, form.get("csrf", ""))

    def redirect(self, path: str) -> Response:
        """Send the visitor to another page in the same language."""
        return RedirectResponse(f"{path}?lang={self.lang}", 303)

    def remembered(self, response: Response) -> Response:
        """Set the session cookie of a new visit."""
        if self.is_new:
            response.set_cookie(
                COOKIE,
                self.runtime.signer.seal(self.session),
                max_age=SECONDS,
                path="/",
                secure=self.request.url.scheme == "https",
                httponly=True,
                samesite="strict",
            )
        return response


def page(endpoint: Callable[[Visit], Awaitable[Response]]) -> Endpoint:
    """Wrap a page: visitors without read access go to the login, a new visit gets its cookie, errors become pages."""

    async def guarded(request: Request) -> Response:
        visit = Visit.of(request)
        if "read" not in visit.caller.scopes:
            return visit.redirect("/login")
        try:
            response = await endpoint(visit)
        except ProblemError as error:
            response = _error_page(visit, error)
        return visit.remembered(response)

    return guarded


def _error_page(visit: Visit, error: ProblemError) -> Response:
    frame, status = visit.frame(), error.problem.status
    text = frame.text
    if error.problem.type.endswith("not-ready"):
        view = {
            "title": text("pages.errors.not_ready_title"),
            "text": text("pages.errors.not_ready"),
            "command": "lead-ml train && lead-ml promote",
        }
    else:
        said = text(error.page_text or _STATUS_TEXTS.get(status, "pages.errors.form"))
        view = {"title": text("pages.errors.title"), "text": said, "command": ""}
    return HTMLResponse(render("message.html", frame, view), status)
