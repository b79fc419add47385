"""Process trees: what fork, exec, wait and talking to a relative cost in a pVM, beside native Linux."""

import pathlib
import subprocess
import time
from dataclasses import dataclass

from harness import Bench, BenchError, Row, Samples, collect, last_line

TITLE = "Families, ratio to native Linux (medians; smaller is better)"
OUTPUT = "issue3.json"

MS = 1e6
US = 1e3


@dataclass
class LimitedRow(Row):
    """A row with a limit in nanoseconds for the pVM's figures: the median and, if given, the 99th percentile."""

    limit: float | None = None
    p99_limit: float | None = None

    @property
    def verdict(self) -> str:
        misses = []
        if self.limit is not None and self.pvm.median > self.limit:
            misses.append(f"by {self.pvm.median / self.limit:.2f}x")
        if self.p99_limit is not None and self.pvm.percentile(99) > self.p99_limit:
            misses.append(f"at p99 by {self.pvm.percentile(99) / self.p99_limit:.2f}x")
        return "MISSED " + ", ".join(misses) if misses else "met"

    def as_json(self) -> dict:
        return {**super().as_json(), "limit_ns": self.limit, "p99_limit_ns": self.p99_limit,
                "met": self.verdict == "met"}


def lines_of(bench: Bench, command: list[str], rounds: int, stream: str = "stdout",
             options: tuple[str, ...] = ()) -> tuple[Samples, Samples]:
    """Of a program that prints one number a line on `stream`: all of them, natively and in a pVM, of alternate runs."""
    sides = (Samples(), Samples())
    commands = (command, bench.in_pvm(command, options))
    for number in range(rounds):
        for turn in range(2):
            side = (number + turn) % 2
            done = subprocess.run(commands[side], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            try:
                values = [float(line) for line in getattr(done, stream).splitlines()]
            except ValueError:
                values = []
            if done.returncode != 0 or not values:
                raise BenchError(f"{' '.join(commands[side])}: status {done.returncode}, {last_line(done.stderr or done.stdout)}")
            sides[side].values.extend(values)
    return sides


def p99_note(native: Samples, pvm: Samples) -> str:
    return f"p99 {native.percentile(99) / MS:.2f} / {pvm.percentile(99) / MS:.2f} ms"


def available_kib() -> int:
    with open("/proc/meminfo", encoding="ascii") as text:
        return next(int(line.split()[1]) for line in text if line.startswith("MemAvailable:"))


def idle_memory(command: list[str]) -> float:
    """KiB by which MemAvailable drops while the children of `fork idle` are made."""
    time.sleep(2)  # the memory of what ran before has been given back
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        seen = []
        for expected in (b"begin\n", b"waiting\n"):
            if process.stdout.readline() != expected:
                process.kill()
                raise BenchError(f"{' '.join(command)}: ended early")
            time.sleep(0.5)  # what is made or taken down beside the program has settled
            seen.append(available_kib())
            process.stdin.write(b"x")
    if process.returncode != 0:
        raise BenchError(f"{' '.join(command)}: status {process.returncode}")
    return max(seen[0] - seen[1], 1)


def forks(bench: Bench, add) -> None:
    quick = bench.settings.quick
    program = bench.program("fork")
    count = "30" if quick else "200"
    for mib in (2, 64) if quick else (2, 64, 512, 1024):
        for kind, what, limit in (("pause", "parent's pause", 0.15 * MS), ("child", "child's first instruction", 0.25 * MS)):
            for options in ((), ("--trust-family",)) if mib == 64 else ((),):
                name = f"fork, {what}, {mib} MiB" + (", trusting" if options else "")

                def measure(name=name, kind=kind, mib=mib, limit=limit, options=options):
                    native, pvm = lines_of(bench, [program, kind, str(mib), count], bench.settings.rounds(3, 1), options=options)
                    return LimitedRow(name, native, pvm, None, note=f"limit {limit / MS:g} ms, {p99_note(native, pvm)}",
                                      limit=limit, p99_limit=1 * MS)
                add(name, None, measure)

    def whole(name, command, target, stream="stdout"):
        def measure():
            native, pvm = lines_of(bench, command, bench.settings.rounds(3, 1), stream)
            return Row(name, native, pvm, target, note=p99_note(native, pvm))
        add(name, target, measure)

    whole("fork + exit + wait, 64 MiB", [program, "wait", "64", count], 0.5)
    whole("fork + exec + wait of a dynamic hello", [program, "exec", count, bench.program("hello")], 2, "stderr")
    whole("one of sustained forks, 64 MiB", [program, "rate", "64", "1" if quick else "5"], 1)

    children = "50" if quick else "1000"
    name = f"memory of one of {children} idle children, 64 MiB"

    def idle():
        options = ("--pids-max", "2000", "--memory", "1G")
        command = [program, "idle", "64", children]
        sides = (Samples(), Samples())
        for _ in range(bench.settings.rounds(3, 1)):
            for side, each in zip(sides, (command, bench.in_pvm(command, options))):
                side.values.append(idle_memory(each) / int(children))
        return LimitedRow(name, *sides, None, unit="KiB", note="limit 512 KiB", limit=512)
    add(name, None, idle)

    copying = "copy on write, a page, sequential"

    def copies():
        native, pvm = lines_of(bench, [program, "copy", "64"], bench.settings.rounds(7, 3))
        return LimitedRow(copying, native, pvm, None, note="limit 15 us", limit=15 * US)
    add(copying, None, copies)


def exchanges(bench: Bench, add) -> None:
    program = bench.program("exchange")
    loops = "200" if bench.settings.quick else "2000"
    for kind, name in (("pipe", "create + write + read of a pipe"), ("queue", "message queue"), ("kill", "kill to handler"),
                       ("exit", "exit to wait"), ("shared", "shared memory, handed over")):
        def measure(kind=kind, name=name):
            command = [program, kind, "100" if kind == "exit" else loops]
            native, pvm = bench.reported(command, bench.settings.rounds(7, 3))
            return Row(name, native, pvm, 0.5)
        add(name, 0.5, measure)


    def stream():
        count = "2000" if bench.settings.quick else "20000"
        native, pvm = bench.reported([program, "stream", count], bench.settings.rounds(7, 3))
        return Row("64 KiB through a pipe", native, pvm, 1)
    add("64 KiB through a pipe", 1, stream)


MAKEFILE = """\
OBJECTS := main.o $(patsubst %.c,%.o,$(sort $(wildcard part*.c)))
program: $(OBJECTS)
\tgcc -o $@ $(OBJECTS)
%.o: %.c all.h
\tgcc -O2 -c -o $@ $<
"""


def c_project(directory: pathlib.Path, files: int) -> None:
    """A C program of `files` small files, a main program and a makefile."""
    directory.mkdir(exist_ok=True)
    (directory / "Makefile").write_text(MAKEFILE)
    (directory / "all.h").write_text("".join(f"int part{i}(int);\n" for i in range(files)))
    for i in range(files):
        (directory / f"part{i}.c").write_text(
            f'#include <stdio.h>\n#include <string.h>\n#include "all.h"\nint part{i}(int x) {{\n  char text[64];\n'
            f'  snprintf(text, sizeof text, "%d", x * {i % 7} + {i});\n  return (int)strlen(text);\n}}\n')
    calls = " + ".join(f"part{i}({i % 5})" for i in range(files))
    (directory / "main.c").write_text(
        f'#include <stdio.h>\n#include "all.h"\nint main(void) {{ printf("%d\\n", {calls}); return 0; }}\n')


def builds(bench: Bench, add) -> None:
    files = 10 if bench.settings.quick else 100
    name = f"make -j2 of {files} C files"

    def measure():
        directory = bench.memory_scratch / "project"
        c_project(directory, files)
        native, pvm, _ = bench.elapsed(["/usr/bin/make", "-s", "-B", "-j2", "-C", str(directory)],
                                       bench.settings.rounds(3, 1), ("--rw", str(directory)))
        return Row(name, native, pvm, 1.5)
    add(name, 1.5, measure)


def run(bench: Bench) -> tuple[list, dict]:
    return collect(bench, (forks, exchanges, builds)), {}
