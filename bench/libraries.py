"""Libraries at run time: what opening one, finding a function and calling it costs in a pVM, beside native Linux."""

from harness import Bench, BenchError, Failure, Row

TITLE = "Run-time linking, ratio to native Linux (medians; smaller is better)"
OUTPUT = "libraries.json"

PARTS = 20
TARGET = 1.5


def openings(bench: Bench, add) -> None:
    program = bench.program("open_library")
    turns = "20" if bench.settings.quick else "200"

    def opened(name, library):
        def measure():
            native, pvm = bench.reported([program, library(), turns], bench.settings.rounds(15, 3))
            return Row(name, native, pvm, TARGET)
        add(name, TARGET, measure)

    def with_parts() -> str:
        parts = [f"part{number}" for number in range(PARTS)]
        for number, part in enumerate(parts):
            bench.library(part, "library", (f"-DPART={number}",))
        return bench.library("whole", "library", ("-Wl,--no-as-needed", *(f"-l{part}" for part in parts)))

    opened("dlopen, dlsym and a call: library of 1 MB", lambda: bench.library("large", "library", ("-DLARGE",)))
    opened(f"dlopen, dlsym and a call: library that needs {PARTS}", with_parts)


def run(bench: Bench) -> tuple[list, dict]:
    rows: list = []

    def add(name, target, measure) -> None:
        if not bench.settings.wants(name):
            return
        try:
            rows.append(measure())
        except (BenchError, OSError) as error:
            rows.append(Failure(name, target, str(error)))

    openings(bench, add)
    return rows, {}
