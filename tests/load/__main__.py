"""A crowd at a provider: `python -m tests.load soak --seconds 3600`, `storm` or `wave`.

A soak is people at a steady rate, a storm comes back as soon as it is refused, and in a
wave everybody comes once within the time, whether or not there is room.

Nothing here passes or fails but the truth of what was served: the exit status is 1
where the book holds anything wrong. Figures of two machines do not compare.
"""

import argparse
import datetime
import os
import pathlib
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.bench.cpu import Tree
from tests.load.book import Book
from tests.load.journeys import Walker
from tests.load.stage import Scene
from tests.load.stage import crowded
from tests.load.watch import Sample

PURGED_AFTER = datetime.timedelta(days=35)
SHORT = {
    "IDP_LOGIN_LIFETIME": "2m",
    "IDP_SESSION_IDLE": "3m",
    "IDP_SESSION_LIFETIME": "5m",
    "IDP_ACCESS_TOKEN_LIFETIME": "2m",
    "IDP_REFRESH_IDLE": "3m",
    "IDP_REFRESH_LIFETIME": "5m",
    "IDP_OFFLINE_LIFETIME": "10m",
}


def main() -> int:
    """Runs what the arguments say and prints the figures."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="ostiary-load-") as name:
        settings = {"IDP_PASSWORD_HASH_COST": str(asked.cost)}
        settings |= SHORT if asked.what == "soak" else {}
        settings |= {"IDP_TRUSTED_PROXIES": "1"} if asked.what == "wave" else {}
        with crowded(
            pathlib.Path(name),
            people=1 if asked.what == "wave" else asked.people,
            workers=asked.workers,
            database_url=asked.url_of_database,
            **settings,
        ) as scene:
            book = _wave(scene, asked) if asked.what == "wave" else _crowd(scene, asked)
            _tell(scene, book)
    return 1 if book.wrong else 0


def _crowd(scene: Scene, asked: argparse.Namespace) -> Book:
    return run(
        scene,
        seconds=asked.seconds,
        threads=asked.threads,
        rate=asked.rate if asked.what == "soak" else 0,
        seed=asked.seed,
        every=asked.every,
    )


def _wave(scene: Scene, asked: argparse.Namespace) -> Book:
    wave = scene.wave(asked.people)
    _line(scene.watch.look(), wave.book)
    wave.run(
        scene.people[0], seconds=asked.seconds, threads=asked.threads, seed=asked.seed
    )
    _line(scene.watch.look(), wave.book)
    provider = sum(Tree(scene.watch.parent).milliseconds().values()) / 1000
    _say(
        f"nobody came more than {wave.late:.1f} s late; CPU seconds of the provider "
        f"{provider:.0f}, of this crowd {time.process_time():.0f}",
    )
    return wave.book


def run(
    scene: Scene,
    *,
    seconds: float,
    threads: int,
    rate: float,
    seed: int,
    every: float,
) -> Book:
    """Lets the crowd walk for so long; `rate` is journeys a second, 0 for no limit."""
    book, walkers = scene.walkers(threads, seed)
    over = threading.Event()
    with ThreadPoolExecutor(threads) as pool:
        pause = threads / rate if rate else 0.0
        walking = [pool.submit(_walk, walker, pause, over) for walker in walkers]
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            _line(scene.watch.look(), book)
            over.wait(min(every, left))
        over.set()
        for each in walking:
            each.result()
    _line(scene.watch.look(), book)
    return book


def _walk(walker: Walker, pause: float, over: threading.Event) -> None:
    due = time.monotonic() + walker.random.random() * pause
    while not over.wait(max(0.0, due - time.monotonic())):
        walker.once()
        due = max(due + pause, time.monotonic() - pause)


def _line(taken: Sample, book: Book) -> None:
    memory = " ".join(f"{pid}:{kib}" for pid, kib in sorted(taken.memory.items()))
    rows = " ".join(f"{name}:{many}" for name, many in taken.rows.items() if many)
    ends = dict(book.ends)
    _say(
        f"{taken.seconds:6.0f}s load {os.getloadavg()[0]:.1f} KiB {memory} "
        f"bytes {taken.size} rows {rows} ends {ends}",
    )


def _tell(scene: Scene, book: Book) -> None:
    _say(f"{len(scene.people)} people, {os.cpu_count()} cores")
    _say(*book.report(), *book.wrong)
    left = scene.purged(PURGED_AFTER)
    _say(f"purged as of {PURGED_AFTER.days} days later: {left}")


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("what", choices=("storm", "soak", "wave"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1.0, help="journeys a second")
    parser.add_argument("--every", type=float, default=60, help="seconds, of looks")
    parser.add_argument("--cost", type=int, default=4, help="of bcrypt")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url-of-database", default=None)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
