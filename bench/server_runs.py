"""Servers that run while they are measured, natively and in a pVM in turn: their start, their end, their loads."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harness import Bench, BenchError, Failure, NotInstalled, Row, Samples, last_line

START_LIMIT_S = 30
STOP_LIMIT_S = 15
LOAD_LIMIT_S = 60
TCP_LISTEN = "0A"  # the column `st` of /proc/net/tcp


@dataclass
class Service:
    """A server: how it is started on a port, and what else there is to know about it."""

    command: Callable[[int], list[str]]
    options: tuple[str, ...] = ()  # of `kx run`
    prepare: Callable[[int], None] = lambda port: None  # once it listens, before the first load
    stop_signal: signal.Signals = signal.SIGTERM
    peer: tuple[str, list[str]] | None = None  # another way to run it, to compare with: name, words


@dataclass
class Load:
    """What is measured of a server that runs: one figure, a row of the table."""

    name: str
    target: float | None
    measure: Callable[[int], float]  # of the server on this port
    unit: str = "/s"
    larger_is_better: bool = True
    note: str = ""
    for_peer: bool = False
    figures: list[Samples] = field(default_factory=lambda: [Samples(), Samples(), Samples()])
    failure: BenchError | OSError | None = None

    def row(self, peer: str) -> Row | Failure:
        if self.failure is not None:
            return Failure(self.name, self.target, str(self.failure), self.larger_is_better,
                           not isinstance(self.failure, NotInstalled))
        native, pvm, third = self.figures
        note, extra = self.note, {}
        if third.values:
            note = f"{note}{', ' if note else ''}{peer} {third.median / native.median:.3g}"
            extra = {peer: third.summary()}
        return Row(self.name, native, pvm, self.target, self.unit, note, extra, self.larger_is_better)


def program(*names: str) -> str:
    """The path of an installed program, the first of these names that is there."""
    path = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise NotInstalled(f"not installed: {names[0]}")


def output_of(command: list[str], limit_s: float = LOAD_LIMIT_S) -> str:
    """What a program prints that has to succeed within the limit."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=limit_s)
    except subprocess.TimeoutExpired as late:
        raise BenchError(f"{command[0]}: not done after {limit_s:g} s") from late
    if done.returncode != 0:
        raise BenchError(f"{command[0]}: status {done.returncode}, {last_line(done.stderr or done.stdout)}")
    return done.stdout


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def is_listening(port: int) -> bool:
    """Whether somebody listens. Not found out by connecting: to some servers that is a client that failed."""
    with open("/proc/net/tcp", encoding="ascii") as sockets:
        return any(words[1].endswith(f":{port:04X}") and words[3] == TCP_LISTEN for words in map(str.split, sockets))


class Running:
    """A server's process for the time of a `with` block, whose value is its port. Neither outlives the block."""

    def __init__(self, service: Service, words: Callable[[list[str]], list[str]], log: pathlib.Path):
        self.service, self.words, self.log = service, words, log

    def __enter__(self) -> int:
        self.port = free_port()
        command = self.words(self.service.command(self.port))
        with self.log.open("wb") as log:
            # A group of its own, so that what it leaves behind can be killed with it.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True)
        try:
            end = time.monotonic() + START_LIMIT_S
            while not is_listening(self.port):
                if self.has_ended(0):
                    raise BenchError(f"the server ended by itself: {self.last_words()}")
                if time.monotonic() > end:
                    raise BenchError(f"the server does not listen after {START_LIMIT_S} s: {self.last_words()}")
                time.sleep(0.02)
            self.service.prepare(self.port)
        except BaseException:
            self.kill()
            raise
        return self.port

    def __exit__(self, kind, value, traceback) -> None:
        ended_early = self.has_ended(0)
        try:
            if not ended_early:
                os.kill(self.process.pid, self.service.stop_signal)
                if not self.has_ended(STOP_LIMIT_S):
                    raise BenchError(f"the server does not end within {STOP_LIMIT_S} s of its signal")
        finally:
            self.kill()
        if ended_early:
            raise BenchError(f"the server ended by itself, status {self.process.returncode}: {self.last_words()}")
        end = time.monotonic() + STOP_LIMIT_S
        while is_listening(self.port):
            if time.monotonic() > end:
                raise BenchError(f"port {self.port} is still open {STOP_LIMIT_S} s after its server ended")
            time.sleep(0.02)

    def has_ended(self, limit_s: float) -> bool:
        """Whether it has, after so long at most. It stays a zombie, so that its number means its group, no other's."""
        end = time.monotonic() + limit_s
        while os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() >= end:
                return False
            time.sleep(0.01)
        return True

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self) -> str:
        return last_line(self.log.read_text(errors="replace"))


def sides_of(bench: Bench, service: Service) -> list[tuple[str, Callable[[list[str]], list[str]]]]:
    """The ways to run a server, native and pVM first: where that is, and the words that do it."""
    sides = [("natively", lambda command: command),
             ("in a pVM", lambda command: bench.in_pvm(command, service.options))]
    if service.peer is not None:
        name, words = service.peer
        sides.append((f"in {name}", lambda command: [*words, *command]))
    return sides


def measure(bench: Bench, service: Service, loads: list[Load], rounds: int) -> None:
    """Puts the loads one after the other on a server, started anew for each round, natively and in a pVM in turn."""
    log = bench.scratch / "server.log"
    sides = sides_of(bench, service)
    for number in range(rounds):
        for turn in range(len(sides)):
            side = (number + turn) % len(sides)
            where, words = sides[side]
            wanted = [load for load in loads if load.failure is None and (side < 2 or load.for_peer)]
            if not wanted:
                continue
            try:
                with Running(service, words, log) as port:
                    for load in wanted:
                        try:
                            load.figures[side].values.append(load.measure(port))
                        except (BenchError, OSError) as error:
                            fail([load], side, where, error)
            except (BenchError, OSError) as error:
                fail(wanted, side, where, error)


def fail(loads: list[Load], side: int, where: str, error: BenchError | OSError) -> None:
    """The loads have no figure; if it is the peer that failed, they have none of the peer."""
    for load in loads:
        if side == 2:
            load.for_peer = False
            load.figures[2].values.clear()
            load.note = f"{load.note}{', ' if load.note else ''}failed {where}"
        elif load.failure is None:
            load.failure = error if isinstance(error, NotInstalled) else BenchError(f"{where}: {error}")


def add_rows(bench: Bench, rows: list, service: Callable[[], Service], loads: list[Load], rounds: int) -> None:
    """Rows of those loads that are wanted. `service` is asked for only if there are any."""
    wanted = [load for load in loads if bench.settings.wants(load.name)]
    if not wanted:
        return
    peer = ""
    try:
        made = service()
        peer = made.peer[0] if made.peer else ""
        measure(bench, made, wanted, rounds)
    except (BenchError, OSError) as error:
        fail(wanted, 0, "before it began", error)
    rows.extend(load.row(peer) for load in wanted)
