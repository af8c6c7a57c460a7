"""Twenty million activities, a month at a time: rare kinds and keys among them, and a few very busy people."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import accumulate

from bench import bare_app
from bench.crowding.place import ACTIVITY, EACH, Stage, day, pour, when

RARE_KIND, RARE_KEY, OLD_SCENE = "refund", "LEGACY", "auto.expo-archive"
"""Some fifty activities each over the whole time; a scene that only the first two in a hundred people scanned."""
SCENES = tuple(f"{unit}.{place}" for unit in ("auto", "power") for place in ("expo", "hall", "web", "print", "shop"))
_COLUMNS = "id, received_at, occurred_at, person_id, identity_id, touchpoint_id, kind, key, properties"
_FOLLOW = tuple(f'follow\t{scene}\t{{"scene": "{scene}"}}' for scene in SCENES)
_DEEDS = {
    **{f"page_view\t/p/{n}\t{{}}": 45 / n / 5.9 for n in range(1, 201)},
    **{f"menu_click\t{key}\t{{}}": share for key, share in (("CASES", 9), ("ABOUT", 6), ("PRICE", 3), ("HELP", 2))},
    **{f'scan\t{scene}\t{{"scene": "{scene}"}}': 1.2 for scene in SCENES},
    "message\t\t{}": 8,
    **{f"download\t{key}\t{{}}": 1 for key in ("auto-catalogue", "power-catalogue", "auto-case", "price-list")},
    "video_play\tlaunch\t{}": 2,
    "unfollow\t\t{}": 1.5,
    "registration\t\t{}": 0.8,
    "attendance\tautomation-webinar\t{}": 0.3,
    "order\t\t{}": 0.02,
}
_WEIGHTS = list(accumulate(_DEEDS.values()))
_KINDS = list(_DEEDS)


def months(stage: Stage) -> list[date]:
    """Return the first day of every month in which the crowd does something."""
    first, last = (day(at).year * 12 + day(at).month - 1 for at in (stage.start, stage.end))
    return [date(n // 12, n % 12 + 1, 1) for n in range(first, last + 1)]


def fill_month(stage: Stage, month: date) -> int:
    """Fill the partition of one month beside the table, index it, and attach it; return the rows."""
    name, following = f"activity_{month:%Y%m}", date(month.year + month.month // 12, month.month % 12 + 1, 1)
    with bare_app.connect() as connection:
        with connection.transaction():
            connection.execute(f"DROP TABLE IF EXISTS {name}")
            connection.execute(f"CREATE TABLE {name} (LIKE activity INCLUDING DEFAULTS)")
            count = pour(
                connection, name, _COLUMNS, _lines(stage, _first(stage, month), _first(stage, following)), freeze=True
            )
        connection.execute("SET maintenance_work_mem = '512MB'")
        for (definition,) in connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'activity'"
        ).fetchall():
            connection.execute(_moved(definition, name))
        connection.execute(
            f"ALTER TABLE activity ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{following}')"
        )
    return count


def _moved(definition: str, name: str) -> str:
    """Return what makes an index of the parent table on one partition, which attaching it then finds there."""
    if " pk_activity " in definition:
        return f"ALTER TABLE {name} ADD PRIMARY KEY (id, received_at)"
    return re.sub(r"INDEX \w+ ON (ONLY )?(public\.)?activity ", f"INDEX ON {name} ", definition)


def _first(stage: Stage, at: date) -> int:
    """Return the first person who came at or after the begin of a day."""
    moment = int(datetime(at.year, at.month, at.day, tzinfo=UTC).timestamp() * 1000)
    n = max(0, (moment - stage.start) * stage.people // (stage.end - stage.start))
    while n < stage.people and stage.born(n) < moment:
        n += 1
    return min(n, stage.people)


def _lines(stage: Stage, first: int, last: int) -> Iterator[str]:
    """Yield what everybody did from the coming of person `first` to that of `last`: someone comes, others act."""
    mood = random.Random(first)
    people = [stage.person(n) for n in range(last)]
    identities = [stage.identity(n) for n in range(last)]
    places = {appid: id_ for appid, id_ in stage.touchpoints.items()}
    owners = [places[stage.account(n)] for n in range(last)]
    uniform, rare, old = mood.random, max(1, stage.people // 50), max(1, stage.people // 50)
    for n in range(first, last):
        at = stage.born(n)
        seen = when(at)[:19]
        start = f"{at >> 16:08x}-{at & 0xFFFF:04x}-7"
        end = f"-8{ACTIVITY:03x}-{n:012x}\t{seen}."
        occurred = f"+00\t{seen}+00\t"
        deeds = mood.choices(_KINDS, cum_weights=_WEIGHTS, k=EACH)
        deeds[0] = _FOLLOW[n % len(_FOLLOW)]
        if n % rare == rare // 2:
            deeds[1], deeds[2] = f"{RARE_KIND}\t\t{{}}", f"menu_click\t{RARE_KEY}\t{{}}"
        if n < old:
            deeds[3] = f'scan\t{OLD_SCENE}\t{{"scene": "{OLD_SCENE}"}}'
        fresh = n // 10 + 1
        for j, deed in enumerate(deeds):
            chance = uniform()
            if j == 0:
                who = n
            elif chance < 0.5:
                who = n - int(fresh * uniform())
            elif chance < 0.8:
                who = int(n * uniform())
            else:
                who = int(n * uniform() ** 2)  # regulars: the oldest of all act some thousand times
            yield f"{start}{j:03x}{end}{j * 50:03d}{occurred}{people[who]}\t{identities[who]}\t{owners[who]}\t{deed}\n"
