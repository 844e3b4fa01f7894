"""``solve size`` for people: the trade-off as a table, what is recommended, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from solver.model.catalogue import HOURS_A_MONTH, MICROS
from solver.model.outcome import Proof, Unplaced
from solver.planning.size import Bought, Left, Option, SizeAnswer
from solver.report import reasons
from solver.report.size.facts import SizeFacts
from solver.report.table import columns, comma_separated
from solver.report.units import count

_SYMBOLS = {"": "", "USD": "$", "EUR": "€", "GBP": "£"}


def render(facts: SizeFacts, *, wide: bool = False) -> str:
    answer = facts.answer
    if not answer.options:
        return "\n".join(_without_options(facts)) + "\n"
    lines = [*_headline(facts), "", *_options(facts)]
    lines += ["", *_recommendation(facts)]
    lines += _moves(facts, wide=wide)
    lines += [*_assumed(facts), *_skipped(facts)]
    return "\n".join(lines) + "\n"


def names(facts: SizeFacts) -> str:
    """``nodetype/n8 zone/a +1``, a line each, of the recommended option."""
    answer = facts.answer
    if answer.recommended is None:
        return ""
    return "".join(
        f"nodetype/{b.lot.node_type.name} {f'zone/{b.lot.zone} ' if b.lot.zone else ''}+{b.count}\n"
        for b in answer.options[answer.recommended].bought
    )


def csv(facts: SizeFacts) -> str:
    rows = [
        (
            name,
            b.lot.node_type.name,
            b.lot.zone,
            b.count,
            _decimal(b.count * b.lot.price_micros),
            len(o.moves),
        )
        for name, o in zip(facts.names, facts.answer.options, strict=True)
        for b in o.bought
    ]
    return comma_separated(("option", "type", "zone", "count", "moneyPerHour", "moves"), rows)


def _without_options(facts: SizeFacts) -> Iterator[str]:
    answer = facts.answer
    if answer.fits_already:
        yield f"FITS     {_asked(facts)} as the cluster is: no node to add."
        return
    waiting = count(len(answer.before.unplaced), "pod")
    if answer.impossible:
        yield f"DOES NOT FIT   No number of these nodes gives every pod a place ({waiting} without). Proved."
    else:
        yield f"UNKNOWN  {waiting} without a place, and no purchase found in time. Not proved either way."
    yield from _why(answer.hopeless or answer.before.unplaced)
    yield ""
    yield f"next: solve why {facts.run.arguments} {facts.run.selection}".rstrip()


def _headline(facts: SizeFacts) -> Iterator[str]:
    answer = facts.answer
    if answer.impossible:
        pods = count(len(answer.hopeless), "pod")
        yield f"DOES NOT FIT   {pods} find no place with any number of these nodes. Proved. For the others:"
        yield from _why(answer.hopeless)
        return
    proved = all(option.proved for option in answer.options)
    sure = "Proved cheapest" if proved else "Verified, but not proved to be the cheapest"
    each = " for each number of moves" if facts.wish.most_moves else ""
    if answer.options[0].bought or answer.options[0].moves:
        yield f"NEED NODES   {_asked(facts)} {_lacking(facts)}. {sure}{each}."
    else:
        yield f"FITS     {_asked(facts)}. {sure}{each}."
    yield from _why(answer.before.unplaced)


def _lacking(facts: SizeFacts) -> str:
    if not facts.answer.before.unplaced:
        return "fits today, but not with the shares asked for"
    if facts.answer.before.proof is Proof.NOT_PROVED:
        return "got no place in time as the cluster is"
    asked = _asked(facts)
    return "do not fit today" if asked.endswith(" pods") or ", " in asked else "does not fit today"


def _asked(facts: SizeFacts) -> str:
    if facts.wish.asked:
        return ", ".join(" ×".join(one.rsplit("=", 1)) for one in facts.wish.asked)
    before = facts.answer.before
    return count(len(before.placement.assignments) + len(before.unplaced), "pod")


def _why(unplaced: Iterable[Unplaced]) -> Iterator[str]:
    """What holds pods back, the most frequent first."""
    told = Counter(reasons.sentence(reason) for one in unplaced for reason in one.reasons[:1])
    for sentence, pods in told.most_common(3):
        yield f"             {count(pods, 'pod')}: {sentence}"


def _options(facts: SizeFacts) -> list[str]:
    priced = facts.wish.catalogue.priced
    shown = _telling(facts.answer)
    left = [f"{str(o.workload).rpartition('/')[2].upper()} LEFT*" for o in shown]
    rows = [["", "ADD", *(_money_heads(facts) if priced else ["NODES"]), "MOVES", *left, ""]]
    for name, option in zip(facts.names, facts.answer.options, strict=True):
        price = option.price_micros
        money = [_decimal(price), _whole(price)] if priced else [str(price // MICROS)]
        cells = [f" {name}", _shopping(option), *money, str(len(option.moves))]
        by_workload = {one.workload: one for one in option.left}
        cells += [f"{by_workload[s.workload].left} of {s.pods}" for s in shown]
        least = option.bound_micros
        unproved = f"at least {_decimal(least) if priced else -(-least // MICROS)}"
        rows.append([*cells, "" if option.proved else unproved])
    lines = columns(rows)
    return [*lines, "    * after the worst zone loss, before anything is rescheduled"] if shown else lines


def _money_heads(facts: SizeFacts) -> list[str]:
    currency = facts.wish.catalogue.currency
    symbol = _SYMBOLS.get(currency, currency) or "PRICE"
    return [f"{symbol}/HOUR", f"{symbol}/MONTH"]


def _telling(answer: SizeAnswer) -> list[Left]:
    """Workloads for which the options differ."""
    first = answer.options[0].left
    return [
        left
        for position, left in enumerate(first)
        if len({option.left[position].left for option in answer.options}) > 1
    ]


def _shopping(option: Option) -> str:
    return ", ".join(map(_bought, option.bought)) or "nothing"


def _bought(bought: Bought) -> str:
    times = f"{bought.count} × " if bought.count > 1 else ""
    return f"{times}{bought.lot}"


def _recommendation(facts: SizeFacts) -> Iterator[str]:
    answer = facts.answer
    assert answer.recommended is not None  # there are options
    chosen = answer.options[answer.recommended]
    name = facts.names[answer.recommended]
    cheaper = [
        other
        for other, option in zip(facts.names, answer.options, strict=True)
        if option.price_micros < chosen.price_micros
    ]
    if len(answer.options) > 1:
        yield f"RECOMMENDED  {name}: no option leaves more pods after the loss of a zone."
    if cheaper:
        yield f"             {' and '.join(cheaper)} cost less, but leave fewer pods running then."
    groups = [f"{b.lot.group} +{b.count}" for b in chosen.bought if b.lot.group]
    if groups:
        yield f"DO           scale node groups: {', '.join(groups)}"
    elif chosen.bought:
        yield f"DO           add {_shopping(chosen)}"


def _moves(facts: SizeFacts, *, wide: bool) -> list[str]:
    """Of the recommended option; of every option in the wide form."""
    answer = facts.answer
    lines = []
    for number, (name, option) in enumerate(zip(facts.names, answer.options, strict=True)):
        if option.moves and (wide or number == answer.recommended):
            rows = [[f" {moved.pod}", f"{moved.source} → {moved.target}"] for moved in option.moves]
            lines += [f"MOVES of {name}", *columns(rows)]
    return lines


def _assumed(facts: SizeFacts) -> Iterator[str]:
    answer = facts.answer
    for driver, limit in answer.assumed_limits.items():
        volumes = f"{limit} volumes of {driver} on a new node"
        yield f"ASSUMED      {volumes}, as on existing ones: the catalogue does not say"
    if answer.daemons:
        names = ", ".join(str(workload) for workload in answer.daemons)
        yield f"ASSUMED      one pod of each DaemonSet on a new node that it tolerates: {names}"
    for approximation in answer.approximations:
        yield f"SIMPLIFIED   {approximation}"
    if facts.wish.catalogue.note:
        yield f"PRICES       {facts.wish.catalogue.note}"


def _skipped(facts: SizeFacts) -> Iterator[str]:
    for skip in facts.skipped:
        yield f"SKIPPED      {skip.code} {skip.feature} (×{skip.count})"


def _decimal(micros: int) -> str:
    """Two decimals, or as many as it takes."""
    text = f"{micros / MICROS:.6f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def _whole(micros: int) -> str:
    return str(round(micros * HOURS_A_MONTH / MICROS))
