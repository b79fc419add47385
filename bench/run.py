#!/usr/bin/env python3
"""Runs the benchmarks: each table on standard output, its figures as JSON in build/bench."""

import argparse
import pathlib
import signal
import sys

sys.dont_write_bytecode = True

import libraries  # noqa: E402
import processes  # noqa: E402
import servers  # noqa: E402
import single_process  # noqa: E402
from harness import HERE, Bench, Failure, Settings, print_table, write_json  # noqa: E402

TABLES = {"single_process": single_process, "processes": processes, "libraries": libraries, "servers": servers}


def parse() -> argparse.Namespace:
    root = HERE.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kx", default=str(root / "build" / "kx"), help="the kx to measure (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds: a few minutes, indicative")
    parser.add_argument("--filter", default="", help="only workloads whose name contains this")
    parser.add_argument("--table", choices=sorted(TABLES), help="only this table")
    parser.add_argument("--runs", type=int, help="rounds of each workload")
    parser.add_argument("--out", default=str(root / "build" / "bench"), help="directory of the JSON files and scratch data")
    return parser.parse_args()


def main() -> int:
    options = parse()
    kx = pathlib.Path(options.kx)
    if not kx.is_file():
        print(f"bench: {kx} is not there; build it first (make build)", file=sys.stderr)
        return 2
    out = pathlib.Path(options.out).resolve()
    settings = Settings(str(kx.resolve()), options.quick, options.runs, options.filter, out / "scratch")
    bench = Bench(settings)
    missed = 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # servers that run are stopped on the way out
    try:
        for name, table in TABLES.items():
            if options.table not in (None, name):
                continue
            rows, facts = table.run(bench)
            if rows:
                print_table(table.TITLE, rows)
            if facts:
                print("hello: " + ", ".join(f"{key} {value:g}" for key, value in facts.items()))
            write_json(out / table.OUTPUT, rows, facts, settings)
            missed += sum(isinstance(row, Failure) or row.verdict.startswith("MISSED") for row in rows)
    finally:
        bench.close()
    print(f"\n{missed} targets missed or without a figure" if missed else "\nall targets met")
    return 0  # a missed target is a result, not a failure of the benchmark


if __name__ == "__main__":
    sys.exit(main())
