"""What simulated people do, one visit at a time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wechat.simulator.accounts import SimAccount

StepKind = Literal["follow", "scan", "click", "view", "text", "unfollow", "login"]

SCENES = ("auto.expo25.sh", "auto.webinar.gz", "power.site", "power.expo25.bj")
PAGES = ("https://h5.example.com/products?src=menu", "https://h5.example.com/cases?src=menu")
TEXTS = ("请问有产品资料吗", "想了解一下方案", "你们的展会在哪里", "谢谢", "怎么预约演示")
OTHER_KEYS = ("CASES", "ABOUT")
BUYERS = 0.30
LEAVERS = 0.08


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one act of one person; `key` is the scene, menu key, page or text."""

    person: int
    appid: str
    kind: StepKind
    key: str = ""


def visit(accounts: Sequence[SimAccount], seed: int, person: int, number: int) -> list[Step]:
    """Return what `person` means to do on visit `number`, the same for the same seed.

    Nobody has to follow first here: who is not a follower yet follows by the first step, whatever it is.
    """
    habits = random.Random(f"{seed} {person}")  # noqa: S311 - a repeatable rehearsal, no secret
    chosen = habits.sample(list(accounts), k=min(len(accounts), habits.randint(1, 4)))
    buyer = habits.random() < BUYERS
    mood = random.Random(f"{seed} {person} {number}")  # noqa: S311 - as above
    steps: list[Step] = []
    for account in chosen:
        steps += _official(mood, account.appid, person) if account.official else _mini(mood, account.appid, person)
    if buyer:
        _add_price(steps, [account.appid for account in chosen if account.official], person)
    return steps


def _official(mood: random.Random, appid: str, person: int) -> list[Step]:
    arrival = Step(person, appid, "scan", mood.choice(SCENES)) if mood.random() < 0.6 else Step(person, appid, "follow")
    steps = [arrival, *(_action(mood, appid, person) for _ in range(mood.randint(0, 3)))]
    if mood.random() < LEAVERS:
        steps.append(Step(person, appid, "unfollow"))
        if mood.random() < 0.5:
            steps += [Step(person, appid, "follow"), _action(mood, appid, person)]
    return steps


def _action(mood: random.Random, appid: str, person: int) -> Step:
    kinds: Sequence[tuple[StepKind, Sequence[str]]] = (
        ("click", OTHER_KEYS),
        ("view", PAGES),
        ("text", TEXTS),
        ("scan", SCENES),
    )
    kind, keys = mood.choice(kinds)
    return Step(person, appid, kind, mood.choice(keys))


def _mini(mood: random.Random, appid: str, person: int) -> list[Step]:
    texts = [Step(person, appid, "text", mood.choice(TEXTS)) for _ in range(mood.randint(0, 2))]
    return [Step(person, appid, "login"), *texts]


def _add_price(steps: list[Step], appids: list[str], person: int) -> None:
    if appids:
        arrived = next(place for place, step in enumerate(steps) if step.appid == appids[0])
        steps.insert(arrived + 1, Step(person, appids[0], "click", "PRICE"))
