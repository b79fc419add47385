"""One process: what an unmodified program pays for running as a pVM instead of a Linux process."""

import pathlib
import re
import subprocess

from harness import Bench, Row, collect

TITLE = "One process, ratio to native Linux (medians; smaller is better)"
OUTPUT = "issue2.json"

MIB = 1 << 20


def system_calls(bench: Bench, add) -> None:
    program = bench.program("syscalls")
    calls, loops = ("20000", "5") if bench.settings.quick else ("200000", "10")
    for call, name, target in (("getpid", "getpid", 0.1), ("write", "write to /dev/null", 0.15),
                               ("clock_gettime", "clock_gettime by syscall(2)", 0.3)):
        def measure(name=name, call=call, target=target):
            native, pvm = bench.reported([program, call, calls, loops], bench.settings.rounds(7, 3))
            return Row(name, native, pvm, target)
        add(name, target, measure)


def cpu_bound(bench: Bench, add) -> None:
    quick = bench.settings.quick
    mib = 256 if quick else 1024
    hash_program = (f"import hashlib\ndata = b'kylinx--' * {MIB // 8}\nh = hashlib.sha256()\n"
                    f"for _ in range({mib}): h.update(data)\nprint(h.hexdigest())")
    turns = 2_000_000 if quick else 20_000_000
    loop_program = f"n = 0\nfor i in range({turns}): n += i & 7\nprint(n)"

    def whole_run(name, command, target, options=()):
        def measure():
            native, pvm, _ = bench.elapsed(command, bench.settings.rounds(7, 3), options)
            return Row(name, native, pvm, target)
        add(name, target, measure)

    whole_run(f"sha256 of {mib} MiB (python hashlib)", ["/usr/bin/python3", "-c", hash_program], 1.02)
    whole_run(f"python loop, {turns // 1_000_000} million turns", ["/usr/bin/python3", "-c", loop_program], 1.02)
    size = 32 if quick else 256
    source = compressible_file(bench.scratch / f"text-{size}", size)
    whole_run(f"zstd -3 of {size} MiB", ["zstd", "-q", "--single-thread", "-3", "-c", str(source)], 1.02)


def compressible_file(path: pathlib.Path, mib: int) -> pathlib.Path:
    """Lines of numbers that compress about as text does, the same on every machine."""
    if not path.exists() or path.stat().st_size != mib * MIB:
        state, lines, size = 12345, [], 0
        while size < MIB:
            state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            line = f"{state >> 40} the quick brown {state >> 50 & 0xff:x} fox\n".encode()
            lines.append(line)
            size += len(line)
        block = b"".join(lines)[:MIB]
        with path.open("wb") as file:
            for number in range(mib):
                shift = number * 4099 % MIB
                file.write(block[shift:] + block[:shift])
    return path


def start_up(bench: Bench, add) -> None:
    def elapsed(name, command, target, full, fast):
        def measure():
            native, pvm, resident = bench.elapsed(command, bench.settings.rounds(full, fast))
            ms = [samples.percentile(99) / 1e6 for samples in (native, pvm)]
            return Row(name, native, pvm, target, note=f"p99 {ms[0]:.1f} / {ms[1]:.1f} ms",
                       extra={"resident_kib": {"native": resident[0], "pvm": resident[1]}})
        add(name, target, measure)

    elapsed("dynamic hello, start to exit", [bench.program("hello")], 4, 200, 30)
    files = 1000
    directory = bench.scratch / "thousand"
    directory.mkdir(exist_ok=True)
    for number in range(files):
        (directory / f"file-{number:04}").touch()
    elapsed("ls -l of 1000 files", ["/usr/bin/ls", "-l", str(directory)], 4, 50, 10)
    elapsed("python3 -c 'print(1)'", ["/usr/bin/python3", "-c", "print(1)"], 1.5, 50, 10)


def sequential(bench: Bench, add) -> None:
    quick = bench.settings.quick
    mib = 128 if quick else 1024
    program = bench.program("sequential")
    directory = bench.memory_scratch
    path = directory / "sequential"

    for kind in ("read", "write"):
        for block_kib in (1024, 64):
            name = f"sequential {kind}, {mib} MiB in {block_kib} KiB blocks"

            def measure(name=name, kind=kind, block_kib=block_kib):
                if not path.exists():
                    with path.open("wb") as file:
                        for _ in range(mib):
                            file.write(b"k" * MIB)
                command = [program, kind, str(path), str(mib * MIB), str(block_kib * 1024), "2"]
                native, pvm = bench.reported(command, bench.settings.rounds(5, 2), ("--rw", str(directory)))
                return Row(name, native, pvm, 1.3)
            add(name, 1.3, measure)
    path.unlink(missing_ok=True)


def many_files(bench: Bench, add) -> None:
    count = 5_000 if bench.settings.quick else 50_000
    directory = bench.scratch / f"tree-{count}"

    def make_tree() -> None:
        if (directory / "complete").exists():
            return
        content = b"0123456789abcdef" * 64
        for number in range(count):
            parent = directory / f"{number // 2500:02}" / f"{number // 50 % 50:02}"
            if number % 50 == 0:
                parent.mkdir(parents=True, exist_ok=True)
            (parent / f"file-{number}").write_bytes(content)
        (directory / "complete").touch()

    for tool, command in (("find", ["/usr/bin/find", str(directory), "-type", "f"]),
                          ("tar", ["/usr/bin/tar", "--format=gnu", "-cf", "-", "-C", str(directory), "."])):
        name = f"{tool} over {count} files"

        def measure(name=name, command=command):
            make_tree()
            # Standard output is a file in memory: tar would not read the files if it were /dev/null.
            native, pvm, _ = bench.elapsed(command, bench.settings.rounds(7, 3))
            return Row(name, native, pvm, 3)
        add(name, 3, measure)


def facts(bench: Bench) -> dict:
    """Start-up phases and memory of `hello`, from --stats; medians of several runs."""
    runs = []
    for _ in range(bench.settings.rounds(15, 5)):
        command = bench.in_pvm([bench.program("hello")], ("--stats",))
        runs.append(subprocess.run(command, capture_output=True, text=True).stderr)
    found: dict[str, list[float]] = {}
    for text in runs:
        start = re.search(r"start: (.*)", text)
        for name, value in re.findall(r"([A-Za-z][A-Za-z ]*?)(?: after)? (\d+) us", start.group(1) if start else ""):
            found.setdefault(f"{name.strip()} [us]", []).append(float(value))
        for name, pattern in (("kx resident [KiB]", r"kx resident at most (\d+) KiB"),
                              ("pVM memory at most [KiB]", r"in use, (\d+) KiB at most")):
            if match := re.search(pattern, text):
                found.setdefault(name, []).append(float(match.group(1)))
    return {name: sorted(values)[len(values) // 2] for name, values in found.items()}


def run(bench: Bench) -> tuple[list, dict]:
    return collect(bench, (system_calls, cpu_bound, start_up, sequential, many_files)), facts(bench) if bench.settings.wants("hello") else {}
