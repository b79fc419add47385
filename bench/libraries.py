"""Libraries at run time: what opening one, finding a function and calling it costs in a pVM, beside native Linux."""

import re
import subprocess
import time

from harness import Bench, BenchError, Row, Samples, collect, last_line
from processes import MS, LimitedRow

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


def generated(bench: Bench, count: int):
    """Two versions of a library of half as many functions as variables together, and a program that uses them all."""
    half = count // 2
    versions = []
    for version in (1, 2):
        folder = bench.scratch / f"generated-{count}-{version}"
        folder.mkdir(exist_ok=True)
        source = folder / "generated.c"
        source.write_text("".join(f"int variable_{i} = {i};\nint function_{i}(int x) {{ return x + {version} * ++variable_{i}; }}\n"
                                  for i in range(half)))
        versions.append(folder / "libgenerated.so")
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-Wl,-soname,libgenerated.so", "-o", str(versions[-1]), str(source)], check=True)
    program = bench.scratch / f"generated-{count}"
    declared = "".join(f"extern int variable_{i}; int function_{i}(int);\n" for i in range(half))
    uses = "".join(f"sum += function_{i}(1) + variable_{i};\n" for i in range(half))
    (bench.scratch / f"generated-{count}.c").write_text(
        f"#include <stdio.h>\n#include <unistd.h>\n{declared}int main(void) {{\nlong sum = 0;\n{uses}puts(\"ready\");\nfflush(stdout);\n"
        f"while (sum != 1) {{ usleep(1000);\n{uses}}}\n}}\n")
    subprocess.run(["gcc", "-O1", "-o", str(program), f"{program}.c", f"-L{versions[0].parent}", "-lgenerated",
                    f"-Wl,-rpath,{versions[0].parent}"], check=True)
    return program, versions


class Running:
    """A program that says `ready` and runs until the block ends."""

    def __init__(self, words):
        self.words = words

    def __enter__(self):
        begin = time.monotonic_ns()
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.process.stdout.readline() != b"ready\n":
            self.__exit__()
            raise BenchError(f"{self.words[-1]} did not start")
        self.ready_ns = time.monotonic_ns() - begin
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def updates(bench: Bench, add) -> None:
    """Beside each update what one would do without: ending the program and starting it natively, until it is ready."""
    figures = {}

    def measured(count):
        if count in figures:
            return figures[count]
        program, versions = generated(bench, count)
        native, total, pause = Samples(), Samples(), Samples()
        rounds = bench.settings.rounds(40, 4)
        for _ in range(rounds):
            with Running([str(program)]) as running:
                native.values.append(running.ready_ns)
        with Running(bench.in_pvm([str(program)])) as running:
            for turn in range(rounds):
                words = [bench.settings.kx, "lib", "update", f"{running.process.pid}.2", "libgenerated.so", str(versions[(turn + 1) % 2])]
                done = subprocess.run(words, capture_output=True, text=True)
                found = re.search(r"stood still for ([\d.]+) us\n(?: .*\n)*done in ([\d.]+) us", done.stdout)
                if not found:
                    raise BenchError(f"kx lib update: {last_line(done.stderr or done.stdout)}")
                pause.values.append(float(found[1]) * 1000)
                total.values.append(float(found[2]) * 1000)
        figures[count] = native, total, pause
        return figures[count]

    for count, total_limit, pause_limit in ((222, 1 * MS, 0.2 * MS), (2000, 4 * MS, 0.3 * MS)):
        for name, index, limit in ((f"update of a library of {count} symbols", 1, total_limit),
                                   (f"pause of the program, {count} symbols", 2, pause_limit)):
            def measure(name=name, index=index, limit=limit, count=count):
                sides = measured(count)
                return LimitedRow(name, sides[0], sides[index], None, note=f"limit {limit / MS:g} ms; native: a restart", limit=limit)
            add(name, None, measure)


def verifications(bench: Bench, add) -> None:
    """What a library policy adds when a signed library of 5 MB is loaded, by `--stats`, whose figures are of all files that a program
    maps: those of the same program with a library of no size are taken off. Native: a native dlopen of it."""
    figures = {}

    def measured():
        if figures:
            return figures
        program = bench.program("open_library")
        library, small = bench.library("huge", "library", ("-DHUGE",)), bench.library("part0", "library", ("-DPART=0", "-Dpart0=entry"))
        for name in ("vendor.key", "vendor.pub"):
            (bench.scratch / name).unlink(missing_ok=True)
        for words in (["keygen", "--output", "vendor"], ["sign", "--key", "vendor.key", library, small]):
            done = subprocess.run([bench.settings.kx, "lib", *words], cwd=bench.scratch, capture_output=True, text=True)
            if done.returncode:
                raise BenchError(f"kx lib {words[0]}: {last_line(done.stderr)}")
        policy = bench.scratch / "policy.toml"
        policy.write_text(f'mode = "enforce"\n[keys]\nvendor = "{bench.scratch}/vendor.pub"\n'
                          f'[[library]]\npath = ["{library}", "{small}"]\nsigned-by = "vendor"\n'
                          f'[[library]]\npath = ["/usr/lib/", "{program}"]\n')

        def counted(opened):
            words = bench.in_pvm([program, opened, "20"], ("--library-policy", str(policy), "--stats"))
            done = subprocess.run(words, capture_output=True, text=True)
            found = re.search(r"(\d+) files copied and judged in ([\d.]+) us, (\d+) known ones in ([\d.]+) us", done.stderr)
            if done.returncode or not found:
                raise BenchError(f"{opened} under a policy: {last_line(done.stderr)}")
            return float(found[2]) * 1000, float(found[4]) * 1000 / max(int(found[3]), 1)

        native, first, again = Samples(), Samples(), Samples()
        for _ in range(bench.settings.rounds(15, 3)):
            done = subprocess.run([program, library, "1"], capture_output=True, text=True, check=True)
            native.values.append(float(done.stdout))
            with_it, known = counted(library)
            first.values.append(with_it - counted(small)[0])
            again.values.append(known)
        figures.update(native=native, first=first, again=again)
        return figures

    for name, side, limit in (("verification of a library of 5 MB", "first", 5 * MS), ("verification of it again", "again", 0.02 * MS)):
        def measure(name=name, side=side, limit=limit):
            sides = measured()
            return LimitedRow(name, sides["native"], sides[side], None, note=f"limit {limit / MS:g} ms; native: dlopen", limit=limit)
        add(name, None, measure)


def run(bench: Bench) -> tuple[list, dict]:
    return collect(bench, (openings, updates, verifications)), {}
