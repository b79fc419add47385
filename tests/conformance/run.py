#!/usr/bin/env python3
"""Runs every conformance case natively and in a pVM; the native run is the judge.

A case is one C or C++ file under cases/. Comments in it tell this runner what it needs:
  // flags: -static            added to the compiler command
  // libs: -ldl                added at its end
  // library: NAME -Wl,-z,now  a shared library made of the same file with -DLIBRARY_NAME and these words; in order, if several
  // variants: static,musl     also built statically, and with musl-gcc where that is installed
  // args: one "" "two words"  arguments after the directory
  // stdin: text               given on standard input (otherwise it is /dev/null)
  // marks: threads            for --marks and --without
  // native-skip-if: reason    the case is not run at all; only for what cannot be compared
  // pvm-skip: reason          a documented limit of pVMs: the case runs with --native-only alone
"""
import argparse
import concurrent.futures
import difflib
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COMMENT = re.compile(r"^// (flags|libs|variants|args|stdin|marks|native-skip-if|pvm-skip): *(.*)$", re.M)
VARIANTS = {"static": ("gcc", ["-static"]), "musl": ("musl-gcc", []), "musl-static": ("musl-gcc", ["-static"]),
            "static-pie": ("gcc", ["-static-pie"]), "no-pie": ("gcc", ["-no-pie"])}
LIBRARY = re.compile(r"^// library: *(\w+) *(.*)$", re.M)

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/", "LANG": "C", "KX_CASE": "a value"}


class Case:
    """One program to run: a source file in one variant."""

    def __init__(self, source, variant, comments, libraries, build):
        self.source, self.variant, self.comments, self.libraries = source, variant, comments, libraries
        stem = source.relative_to(HERE / "cases").with_suffix("").as_posix()
        self.name = stem + ("." + variant if variant else "")
        self.program = build / "bin" / self.name
        self.directory = build / "work" / self.name
        self.marks = comments.get("marks", "").replace(",", " ").split()

    def compile(self):
        """Builds the libraries and the program unless it is newer than its sources; gives the compiler's complaint or None."""
        newest = max(p.stat().st_mtime for p in [self.source, *HERE.glob("*.h"), *self.source.parent.glob("*.map")])
        if self.program.exists() and self.program.stat().st_mtime > newest:
            return None
        self.program.parent.mkdir(parents=True, exist_ok=True)
        beside = self.program.with_name(self.program.name + ".libs")
        places = []
        if self.libraries:
            beside.mkdir(exist_ok=True)
            places = [f"-L{beside}", f"-Wl,--no-as-needed,-rpath-link,{beside}"]
        for name, words in self.libraries:
            kind = ["-fPIC", "-shared", "-DKX_CASE_OWN_MAIN", f"-DLIBRARY_{name}"]
            complaint = self.build([*kind, *places], words, beside / f"lib{name}.so")
            if complaint is not None:
                return f"library {name}:\n{complaint}"
        if self.libraries:
            places += ["-Wl,--enable-new-dtags", f"-Wl,-rpath,$ORIGIN/{beside.name}"]
        kind = VARIANTS[self.variant][1] if self.variant else []
        words = self.comments.get("flags", "") + " " + self.comments.get("libs", "")
        return self.build([*kind, *places], words, self.program)

    def build(self, kind, words, output):
        """Makes `output` of the case's file; gives the compiler's complaint or None."""
        compiler = VARIANTS[self.variant][0] if self.variant else "gcc"
        if self.source.suffix == ".cpp":
            compiler = "g++"
        words = words.replace("{here}", str(self.source.parent))
        command = [compiler, "-D_GNU_SOURCE", "-O1", "-g", "-pthread", "-Wall", "-Wextra", "-I", str(HERE), *kind,
                   str(self.source), "-o", str(output), *shlex.split(words)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout if done.returncode else None

    def run(self, prefix, limit):
        """Runs once in a fresh directory; gives (stdout, stderr, status as a shell sees it)."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        directory = str(self.directory)
        command = [word.replace("{dir}", directory) for word in prefix]
        command += [str(self.program), directory, *shlex.split(self.comments.get("args", ""))]
        environment = dict(ENVIRONMENT)
        if prefix:
            environment.update({k: v for k, v in os.environ.items() if k.startswith("KX_") and k != "KX_CASE"})
        given = self.comments.get("stdin")
        try:
            child = subprocess.Popen(command, stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, env=environment, cwd="/", preexec_fn=quiet_limits)
            try:
                out, err = child.communicate(given.encode() if given is not None else None, timeout=limit)
                status = child.returncode
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                out, err = child.communicate()
                status = f"none, stopped after {limit} s"
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)
        if isinstance(status, int) and status < 0:
            status = 128 - status
        return out.decode(errors="replace"), err.decode(errors="replace"), status


def quiet_limits():
    """Same start for every run: no core files, the usual umask, default signal actions, its own process group."""
    os.setpgid(0, 0)
    os.umask(0o022)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def find_cases(build, pattern, marks, without, native_only):
    cases, skipped = [], []
    for source in sorted([*(HERE / "cases").rglob("*.c"), *(HERE / "cases").rglob("*.cpp")]):
        text = source.read_text()
        comments, libraries = dict(COMMENT.findall(text)), LIBRARY.findall(text)
        variants = [v.strip() for v in comments.get("variants", "").split(",") if v.strip()]
        for variant in ["", *variants]:
            case = Case(source, variant, comments, libraries, build)
            if not re.search(pattern, case.name) or (marks and not set(marks) & set(case.marks)) or set(without) & set(case.marks):
                continue
            if "native-skip-if" in comments:
                skipped.append((case, comments["native-skip-if"]))
            elif "pvm-skip" in comments and not native_only:
                skipped.append((case, comments["pvm-skip"]))
            elif variant and not shutil.which(VARIANTS[variant][0]):
                skipped.append((case, VARIANTS[variant][0] + " is not installed"))
            else:
                cases.append(case)
    return cases, skipped


def differences(judge, other, names, verbose):
    """Lines that say how two runs differ; none if they are the same."""
    lines = []
    if judge[2] != other[2]:
        lines.append(f"exit status: {names[0]} {judge[2]}, {names[1]} {other[2]}")
    for index, stream in ((0, "stdout"), (1, "stderr")):
        if judge[index] != other[index]:
            diff = list(difflib.unified_diff(judge[index].splitlines(), other[index].splitlines(), f"{stream} {names[0]}",
                                             f"{stream} {names[1]}", n=1, lineterm=""))
            lines += diff if verbose else diff[:14]
    return lines


def lane_words():
    """What runs a command in the software lane; empty if KX_LANE_EXEC does not say."""
    lane = shlex.split(os.environ.get("KX_LANE_EXEC", ""))
    if lane and os.path.exists(lane[0]):
        lane[0] = os.path.abspath(lane[0])
    return lane


def native_command(options):
    """The words in front of the judge's PROGRAM. It runs where the pVM runs: the lane has a kernel and file systems of its own."""
    lane = []
    if options.lane == "software" and not options.native_only:
        lane = lane_words()
        if not lane and "KX_LANE_SOCKET" in os.environ:
            lane = [str(HERE.parent.parent / "tools/lane"), "exec", "--"]
    return [*lane, "/usr/bin/env", "-i", *(f"{name}={value}" for name, value in ENVIRONMENT.items())] if lane else []


def pvm_command(options):
    """The words in front of "--rw DIR -- PROGRAM", and the time limit in seconds."""
    if options.lane == "kvm":
        return [options.kx, "run", "--lane", "kvm"], 20
    if options.lane != "software":
        return [options.kx, "run"], 20
    lane = lane_words()
    if not lane:
        return [options.kx, "run", "--lane", "software"], 120
    # The environment of this machine does not reach into the lane: name it.
    given = [word for name, value in ENVIRONMENT.items() for word in ("--env", f"{name}={value}")]
    return [*lane, options.kx, "run", *given], 120


def examine(case, options):
    """Runs one case both ways; gives the lines of complaint."""
    native = case.run(native_command(options), 20 if options.lane != "software" else 120)
    if options.native_only:
        again = case.run([], 20)
        lines = differences(native, again, ("first", "second"), options.verbose)
        for bad in ("preparation failed", "usage: "):
            if bad in native[0]:
                lines.append(native[0].strip().splitlines()[-1])
        if not native[0] and not native[1]:
            lines.append("the case prints nothing")
        if not isinstance(native[2], int) or 97 <= native[2] <= 99:
            lines.append(f"native exit status {native[2]}")
        return lines, native
    prefix, limit = pvm_command(options)
    # The programs may lie below /tmp, which is private in the pVM: their folder is shown.
    binaries = os.path.dirname(os.path.abspath(case.program))
    command = prefix + ["--volume", f"{binaries}:{binaries}:ro", "--rw", "{dir}", "--"]
    lines = differences(native, case.run(command, limit), ("native", "pVM"), options.verbose)
    if lines:
        # A second try tells a case that always differs from one that a busy machine disturbed, which is shown as flaky.
        again = differences(native, case.run(command, limit), ("native", "pVM"), options.verbose)
        if not again:
            print(f"flaky {case.name}: passed on the second try; first: {lines[-1]}", flush=True)
        lines = again
    return lines, native


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    top = HERE.parent.parent
    parser.add_argument("--kx", default=str(top / "build/kx"), help="the tool under test (default build/kx)")
    parser.add_argument("--build", default=str(top / "build/conformance"), help="where programs are built (default build/conformance)")
    parser.add_argument("--lane", choices=("kvm", "software"), help="software: prefix commands with the words in $KX_LANE_EXEC")
    parser.add_argument("--jobs", "-j", type=int, default=2)
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases whose name matches")
    parser.add_argument("--marks", nargs="*", default=[], help="only cases with one of these marks")
    parser.add_argument("--without", nargs="*", default=[], help="no cases with one of these marks")
    parser.add_argument("--native-only", action="store_true", help="run natively twice and compare: a test of the suite itself")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("-v", "--verbose", action="store_true", help="whole differences, and the output of every case")
    options = parser.parse_args()
    options.kx = os.path.abspath(options.kx)
    build = pathlib.Path(options.build).resolve()

    cases, skipped = find_cases(build, options.filter, options.marks, options.without, options.native_only)
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    if not options.native_only and not os.access(options.kx, os.X_OK):
        print(f"{options.kx}: not there or not executable; build it, or name another with --kx", file=sys.stderr)
        return 2

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        complaints = list(pool.map(Case.compile, cases))
        runnable = [case for case, complaint in zip(cases, complaints) if complaint is None]
        for case, complaint in zip(cases, complaints):
            if complaint is not None:
                failed += 1
                print(f"not ok {case.name}\n  does not compile:\n" + "\n".join("  " + l for l in complaint.splitlines()[:20]))
        for case, (lines, native) in zip(runnable, pool.map(lambda c: examine(c, options), runnable)):
            failed += bool(lines)
            passed += not lines
            print(("not ok " if lines else "ok ") + case.name, flush=True)
            for line in lines:
                print("  " + line)
            if options.verbose:
                print("".join(f"  | {l}\n" for l in native[0].splitlines()), end="")
    for case, reason in skipped:
        print(f"skip {case.name}: {reason}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
