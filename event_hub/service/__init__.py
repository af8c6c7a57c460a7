"""What other rooms may ask of events: their section of the group file, registrations, check-ins."""

from event_hub.service.checkins import CheckIn, UnknownCode, check_in
from event_hub.service.events import UnknownEvent, UnknownName, apply, export, find, newest
from event_hub.service.registrations import EventFull, Form, RegistrationClosed, of_visitor, register

__all__ = [
    "CheckIn",
    "EventFull",
    "Form",
    "RegistrationClosed",
    "UnknownCode",
    "UnknownEvent",
    "UnknownName",
    "apply",
    "check_in",
    "export",
    "find",
    "newest",
    "of_visitor",
    "register",
]
