"""The registration page of an event: works without JavaScript, in Chinese and English, on phone and desktop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from event_hub import service
from event_hub.models import Event, EventRegistration
from event_hub.rules import admission, consent, times
from event_hub.service import EventFull, RegistrationClosed, UnknownEvent
from event_hub.views import visitor
from event_hub.views.form import SIZES, CsrfForm, RegistrationForm
from event_hub.views.words import WORDS, language
from hub.group import service as group
from hub.kernel import clock
from hub.kernel.access import PUBLIC, allow
from hub.kernel.db import transaction
from hub.kernel.logs import log
from privacy.service import ContactRefused, KeystoreError

pages = Blueprint(
    "event_pages", "event_hub", template_folder="templates", static_folder="static", static_url_path="/static/events"
)
R = TypeVar("R", bound=Response)


@dataclass(frozen=True, slots=True)
class _Page:
    """Hold what every page of one event shows."""

    event: Event
    bu: str | None
    zone: ZoneInfo
    registration: EventRegistration | None

    @property
    def state(self) -> str:
        """Return what the page offers: closed, full, or open."""
        if clock.now() >= admission.closes_at(self.event.starts_at, self.event.ends_at):
            return "closed"
        return "full" if admission.is_full(self.event.registered, self.event.capacity) else "open"


@pages.get("/events/<slug>")
@allow(PUBLIC)
def show(slug: str) -> Response:
    """Show the event with its form, or why there is none."""
    who = visitor.read()
    page = _load(slug, who)
    if page.registration is not None:
        return _render("already", page, form=CsrfForm())
    if page.state != "open":
        return _render("message", page, what=page.state)
    return _remember(_render("form", page, form=RegistrationForm()), who or visitor.fresh())


@pages.post("/events/<slug>")
@allow(PUBLIC)
def submit(slug: str) -> Response:
    """Register the visitor and lead on to the check-in code; every mistake is told beside its field."""
    who = visitor.read() or visitor.fresh()
    page = _load(slug, who)
    form = RegistrationForm()
    status, notice = 422, None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                service.register(session, slug, who, form.filled())
            return _remember(redirect(_to("done", slug), 303), who)
        except (EventFull, RegistrationClosed) as refusal:
            return _render("message", page, 409, what="full" if isinstance(refusal, EventFull) else "closed")
        except ContactRefused as refusal:
            form.refuse(refusal.errors)
        except (OperationalError, TimeoutError, KeystoreError) as error:
            log.error("event_registration_failed", error=type(error).__name__)
            status, notice = 503, "busy"
    elif "csrf_token" in form.errors:
        notice = "expired"
    return _remember(_render("form", page, status, form=form, notice=notice), who)


@pages.get("/events/<slug>/done")
@allow(PUBLIC)
def done(slug: str) -> Response:
    """Show this visitor's own check-in code; whoever has none is led to the form."""
    page = _load(slug, visitor.read())
    if page.registration is None:
        return redirect(_to("show", slug), 303)
    return _render("done", page, form=CsrfForm())


@pages.post("/events/<slug>/another")
@allow(PUBLIC)
def another(slug: str) -> Response:
    """Make room for the next person on a shared device: from here on this browser is a new visitor."""
    response = redirect(_to("show", slug), 303)
    if CsrfForm().validate_on_submit():
        visitor.write(response, visitor.fresh())
    return response


@pages.errorhandler(UnknownEvent)
def _missing(_error: UnknownEvent) -> Response:
    return _render("message", None, 404, what="missing")


@pages.errorhandler(OperationalError)
@pages.errorhandler(TimeoutError)
def _trouble(error: Exception) -> Response:
    log.error("database_unavailable", error=type(error).__name__)
    return _render("message", None, 503, what="trouble")


@pages.errorhandler(HTTPException)
def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    return _render("message", None, status, what="large" if status == 413 else "refused")


def _load(slug: str, who: str | None) -> _Page:
    with transaction() as session:
        event = service.find(session, slug)
        if not event.published:
            raise UnknownEvent(f"the event {slug!r} is not published")
        bu = group.bu_by_id(session, event.bu_id).name if event.bu_id else None
        registration = service.of_visitor(session, event.id, who) if who else None
        return _Page(event, bu, ZoneInfo(group.group_timezone(session)), registration)


def _render(template: str, page: _Page | None, status: int = 200, **context: Any) -> Response:
    spoken = language()
    event = page.event if page else None
    when = times.span(event.starts_at, event.ends_at, page.zone, spoken) if page and event else None
    html = render_template(
        f"events/{template}.html",
        w=WORDS[spoken],
        consent=consent.TEXTS[spoken],
        consent_version=consent.VERSION,
        sizes=SIZES,
        page=page,
        event=event,
        when=when,
        to=_to,
        other=url_for(request.endpoint or "", **{**(request.view_args or {}), "lang": WORDS[spoken]["other"][0]})
        if request.method == "GET"
        else None,
        **context,
    )
    response = make_response(html, status)
    response.headers["Content-Language"] = spoken
    response.vary.add("Accept-Language")
    return response


def _to(view: str, slug: str) -> str:
    """Return the address of a page of this event, in the language that the visitor asked for."""
    asked = request.args.get("lang")
    return url_for(f"event_pages.{view}", slug=slug, lang=asked if asked in WORDS else None)


def _remember(response: R, who: str) -> R:
    """Return the response, making the browser this visitor unless it is already."""
    if visitor.read() != who:
        visitor.write(response, who)
    return response
