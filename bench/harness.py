"""Measures a program natively and as a pVM, alternately, in the same run; tables and JSON of the results."""

import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field

HERE = pathlib.Path(__file__).resolve().parent


class BenchError(Exception):
    """A workload could not be measured; the text says why."""


class NotInstalled(BenchError):
    """A program that the workload needs is not there; the text names it."""


@dataclass
class Samples:
    """All measurements of one side; none is ever dropped."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, math.ceil(percent / 100 * len(ordered)) - 1)]

    def summary(self) -> dict:
        return {"median": self.median, "min": min(self.values), "max": max(self.values),
                "p99": self.percentile(99), "count": len(self.values), "values": self.values}


@dataclass
class Row:
    """One line of a table: times in nanoseconds, or whatever `unit` says. Smaller is better unless said otherwise."""

    name: str
    native: Samples
    pvm: Samples
    target: float | None
    unit: str = "ns"
    note: str = ""
    extra: dict = field(default_factory=dict)
    larger_is_better: bool = False

    @property
    def ratio(self) -> float:
        return self.pvm.median / self.native.median

    @property
    def pair_ratios(self) -> list[float]:
        return [p / n for n, p in zip(self.native.values, self.pvm.values)]

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        excess = self.target / self.ratio if self.larger_is_better else self.ratio / self.target
        return "met" if excess <= 1 else f"MISSED by {excess:.2f}x"

    def as_json(self) -> dict:
        return {"name": self.name, "unit": self.unit, "native": self.native.summary(), "pvm": self.pvm.summary(),
                "ratio": self.ratio, "ratio_of_rounds": [min(self.pair_ratios), max(self.pair_ratios)],
                "better": "larger" if self.larger_is_better else "smaller",
                "target": self.target, "met": None if self.target is None else self.verdict == "met",
                "note": self.note, **self.extra}


@dataclass
class Failure:
    """A workload without a figure; counts as a missed target."""

    name: str
    target: float | None
    reason: str
    larger_is_better: bool = False
    is_installed: bool = True

    def as_json(self) -> dict:
        return {"name": self.name, "better": "larger" if self.larger_is_better else "smaller", "target": self.target,
                "met": False, "installed": self.is_installed, "error": self.reason}


@dataclass
class Settings:
    kx: str
    quick: bool
    runs: int | None
    name_filter: str
    scratch: pathlib.Path

    def wants(self, name: str) -> bool:
        return self.name_filter in name

    def rounds(self, full: int, quick: int) -> int:
        return self.runs or (quick if self.quick else full)


class Bench:
    """Builds the C programs, runs commands on both sides and collects samples."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.scratch = settings.scratch
        self.scratch.mkdir(parents=True, exist_ok=True)
        # In memory, so that no disk is measured. pVMs do not see this directory unless it is given to them.
        shm = pathlib.Path("/dev/shm")
        self.memory_scratch = (shm if os.access(shm, os.W_OK) else self.scratch) / f"kx-bench-{os.getpid()}"
        self.memory_scratch.mkdir()
        self.spawn = self.program("spawn")

    def close(self) -> None:
        shutil.rmtree(self.memory_scratch, ignore_errors=True)

    def program(self, name: str) -> str:
        source = HERE / "programs" / f"{name}.c"
        binary = self.scratch / name
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", str(binary), str(source)], check=True)
        return str(binary)

    def library(self, name: str, source: str, words: tuple[str, ...] = ()) -> str:
        """A shared library of programs/`source`.c, compiled with these words; finds what it needs in its own folder."""
        file = HERE / "programs" / f"{source}.c"
        library = self.scratch / f"lib{name}.so"
        if not library.exists() or library.stat().st_mtime < file.stat().st_mtime:
            subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", str(library), str(file),
                            f"-L{self.scratch}", "-Wl,-rpath,$ORIGIN", *words], check=True)
        return str(library)

    def in_pvm(self, command: list[str], options: tuple[str, ...] = ()) -> list[str]:
        return [self.settings.kx, "run", *options, "--", *command]

    def reported(self, command: list[str], rounds: int, options: tuple[str, ...] = ()) -> tuple[Samples, Samples]:
        """Of a program that prints its own measurement, a number: native and pVM."""
        sides = (Samples(), Samples())
        commands = (command, self.in_pvm(command, options))
        for number in range(rounds):
            for turn in range(2):
                side = (number + turn) % 2
                sides[side].values.append(self._number(commands[side]))
        return sides

    def _number(self, command: list[str]) -> float:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        try:
            if done.returncode == 0:
                return float(done.stdout)
        except ValueError:
            pass
        raise BenchError(f"{' '.join(command)}: status {done.returncode}, {last_line(done.stderr or done.stdout)}")

    def elapsed(self, command: list[str], rounds: int,
                options: tuple[str, ...] = ()) -> tuple[Samples, Samples, tuple[int, int]]:
        """From start to exit: native, pVM, and the resident set of each at most, in KiB."""
        output = self.memory_scratch / "output"
        driver = [self.spawn, str(rounds), str(output), *command, "//", *self.in_pvm(command, options)]
        done = subprocess.run(driver, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        sides = (Samples(), Samples())
        resident = [0, 0]
        for line in done.stdout.splitlines():
            side, nanoseconds, kib, status = (int(word) for word in line.split())
            if status != 0:
                where = "in a pVM" if side else "natively"
                raise BenchError(f"{command[0]} failed {where}, wait status {status}: {last_line(done.stderr)}")
            sides[side].values.append(float(nanoseconds))
            resident[side] = max(resident[side], kib)
        if done.returncode != 0 or not sides[1].values:
            raise BenchError(f"spawn: {last_line(done.stderr)}")
        output.unlink(missing_ok=True)
        return sides[0], sides[1], (resident[0], resident[1])


def collect(bench: Bench, groups) -> list:
    """The rows of `groups`, each a function (bench, add) that calls add(name, target, measure) for every workload."""
    rows: list = []

    def add(name, target, measure) -> None:
        if not bench.settings.wants(name):
            return
        try:
            rows.append(measure())
        except (BenchError, OSError) as error:
            rows.append(Failure(name, target, str(error)))

    for group in groups:
        group(bench, add)
    return rows


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def quantity(value: float, unit: str) -> str:
    if unit.endswith("/s"):
        for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if value >= factor:
                return f"{value / factor:.3g} {prefix}{unit}"
    if unit != "ns":
        return f"{value:.4g} {unit}"
    for factor, name in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if value >= factor:
            return f"{value / factor:.3g} {name}" if value < 100 * factor else f"{value / factor:.0f} {name}"
    return f"{value:.3g} ns" if value < 100 else f"{value:.0f} ns"


def print_table(title: str, rows: list) -> None:
    width = max([len(row.name) for row in rows] + [20])
    print(f"\n{title}")
    print(f"{'':{width}}  {'native':>9}  {'pVM':>9}  {'ratio':>7}  {'of rounds':>13}  {'target':>6}")
    for row in rows:
        target = "" if row.target is None else f"{'>=' if row.larger_is_better else '<='}{row.target:g}"
        if isinstance(row, Failure):
            why = f"FAILED: {row.reason}" if row.is_installed else row.reason
            print(f"{row.name:{width}}  {'':>9}  {'':>9}  {'':>7}  {'':>13}  {target:>6}  {why}")
            continue
        pairs = row.pair_ratios
        spread = f"{min(pairs):.3g}-{max(pairs):.3g}"
        print(f"{row.name:{width}}  {quantity(row.native.median, row.unit):>9}  {quantity(row.pvm.median, row.unit):>9}"
              f"  {row.ratio:>7.3g}  {spread:>13}  {target:>6}  {row.verdict}{'  ' + row.note if row.note else ''}")
    sys.stdout.flush()


def write_json(path: pathlib.Path, rows: list, facts: dict, settings: Settings) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    uname = os.uname()
    described = {k: str(v) for k, v in asdict(settings).items()}
    path.write_text(json.dumps({"settings": described,
                                "machine": {"kernel": uname.release, "processors": os.cpu_count(),
                                            "load": os.getloadavg()},
                                "rows": [row.as_json() for row in rows], "facts": facts}, indent=1) + "\n")
