"""Whether scheduler and extender mean each other: names, ports, time."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from extender.doctor.asking import timeout_s
from extender.doctor.finding import Finding
from extender.doctor.wiring import ExtenderFile, SchedulerFile, Wiring


def check(wiring: Wiring) -> Iterator[Finding]:
    """With one configuration of each kind; which of several belong together is not to be seen from files."""
    if len(wiring.schedulers) == 1 and len(wiring.extenders) == 1:
        scheduler, extender = wiring.schedulers[0], wiring.extenders[0]
        yield from _names(scheduler, extender)
        yield from _addresses(scheduler, extender)
        yield from _time(scheduler, extender)


def _names(scheduler: SchedulerFile, extender: ExtenderFile) -> Iterator[Finding]:
    profiles = scheduler.stored.profiles or ()
    asking = {profile.scheduler_name or "default-scheduler" for profile in profiles} or {"default-scheduler"}
    missing = sorted(asking - set(extender.config.scheduler_names))
    if missing:
        yield Finding(
            code="BD19",
            about=extender.name,
            path="schedulerNames",
            found=", ".join(extender.config.scheduler_names),
            expected=f"also {', '.join(missing)}, of {scheduler.name}",
        )


def _addresses(scheduler: SchedulerFile, extender: ExtenderFile) -> Iterator[Finding]:
    """Behind a Service the port may be another."""
    for i, entry in enumerate(scheduler.stored.extenders or ()):
        url = urlsplit(entry.url_prefix or "")
        if url.hostname in ("127.0.0.1", "localhost", "::1") and url.port != extender.config.port:
            yield Finding(
                code="BD20",
                about=scheduler.name,
                path=f"extenders[{i}].urlPrefix",
                found=entry.url_prefix or "none",
                expected=f"port {extender.config.port}, as in {extender.name}",
            )


def _time(scheduler: SchedulerFile, extender: ExtenderFile) -> Iterator[Finding]:
    deadlines = extender.config.deadlines
    spent = deadlines.solve_s + deadlines.greedy_s
    for i, entry in enumerate(scheduler.stored.extenders or ()):
        if timeout_s(entry) < 2 * spent:
            yield Finding(
                code="BD12",
                about=scheduler.name,
                path=f"extenders[{i}].httpTimeout",
                found=entry.http_timeout or "5s",
                expected=f"{2 * spent:g}s or more: the extender may wait {spent:g}s by {extender.name}",
            )
