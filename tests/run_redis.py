#!/usr/bin/env python3
"""Runs the test suite that Redis's source brings along against the installed redis-server, natively and as a pVM.

The source is the distribution's, of the version that is installed, fetched by apt from where the packages come from. Each file
of the suite has a server of its own, once native and once a pVM, on the same machine: in the software lane both are inside it, as
the suite is. A test failed if it passes natively but not as a pVM, also when that is tried again.

External mode, the suite's own word, has all tests that need nothing of a server but its port. With --spawned it starts and ends
servers itself, with the files, replicas and signals that it wants: there, tests that signal a server by the process id that it
tells cannot pass, as a pVM has ids of its own. Those signals go to whoever has the id outside, hence only in the software lane.
"""
import argparse
import collections
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from debian_archive import Archive, ArchiveError
from suites_common import BUILD, ROOT

PACKAGE, SERVER = "redis", "redis-server"
HOST = "127.0.0.1"
START_LIMIT_S = 60
# How long a file may make no progress, and half of how long it may take.
UNIT_LIMIT_S = {"kvm": 600, "software": 1500}
SERVER_OPTIONS = ["--save", "", "--enable-protected-configs", "yes", "--enable-debug-command", "yes", "--enable-module-command", "yes"]
# What is left out in the emulator: what the suite calls slow, and other tests that take more than some seconds of computing.
EMULATOR_TAGS = "-slow"
EMULATOR_SKIPPED = ("SCAN regression test for issue #4906", "/^GEOSEARCH fuzzy test", "/^Fuzzing dense.sparse encoding",
                    "/^Corrupted sparse HyperLogLogs doesn't cause overflow and out-of-bounds with ZERO", "XRANGE fuzzing",
                    "/^[SZ]DIFF fuzzing", "/^ZRANGEBYSCORE fuzzy test", "/^Hash fuzzing #. - 512 fields",
                    "SETNX against expired volatile key", "/^PFCOUNT multiple-keys merge returns cardinality")
LANE_TOOL = os.path.join(ROOT, "tools/lane")


def fail(text):
    sys.exit(f"run_redis: {text}")


def need(program, package):
    if not shutil.which(program):
        fail(f"{program}: not installed: apt-get install {package}")


def installed_version():
    done = subprocess.run(["dpkg-query", "-W", "-f", "${source:Version}", SERVER], capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout:
        fail(f"{SERVER}: not a package that is installed: apt-get install {SERVER}")
    return done.stdout


def fetch(folder, version):
    """Puts the unpacked source below the folder unless it is there; gives its path."""
    need("dpkg-source", "dpkg-dev")
    archive = Archive(folder)
    try:
        archive.update()
        return archive.source(PACKAGE, version)
    except ArchiveError as problem:
        fail(f"{problem}: it must reach a mirror that has sources")


def prepare(source):
    """The suite takes programs from src/, where a build would have put them; for a pVM the server there is a script."""
    for program in (SERVER, "redis-cli", "redis-benchmark", "redis-check-rdb", "redis-check-aof"):
        place = source / "src" / program
        place.unlink(missing_ok=True)
        place.symlink_to(shutil.which(program) or program)
    # It waits until the server logs the process id that it has on the host; a pVM logs its own.
    for name, text, other in (("support/server.tcl", '" PID: $pid"', '" PID: $pid|pVM of $pid.* PID: "'),
                              ("integration/logging.tcl", "ldd src/redis-server", f"ldd {shutil.which(SERVER)}")):
        script = source / "tests" / name
        script.write_text(script.read_text().replace(text, other))


class Results:
    """What a run of one file of the suite showed: tests that passed and failed, by name, with how often."""

    def __init__(self, text, late, status):
        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
        self.passed = collections.Counter(re.findall(r"^\[ok\]: (.*) \(\d+ ms\)$", text, re.M))
        self.failed = collections.Counter(re.findall(r"^\[err\]: (.*) in tests/\S+$", text, re.M))
        self.stopped = "not ended in time" if late else ""
        for line in re.findall(r"^\[(?:exception|TIMEOUT)\]: .*", text, re.M):
            self.stopped = line
        if status and not (self.failed or self.stopped):
            self.stopped = f"ended with status {status}"

    def any(self):
        return bool(self.passed or self.failed or self.stopped)


class Suite:
    """Runs files of the suite, with a server of the kind "native" or "pvm" for each."""

    def __init__(self, options, source):
        self.options, self.source = options, source
        self.work = source.parent / "work"
        self.logs = source.parent / "logs"
        self.logs.mkdir(exist_ok=True)

    def units(self):
        listed = subprocess.run(["./runtest", "--list-tests"], cwd=self.source, capture_output=True, text=True, check=True).stdout.split()
        return [unit for unit in listed if re.search(self.options.filter, unit)]

    def pvm_words(self, *writable):
        return [self.options.kx, "run", "--lane", "kvm", "--network", "host", *[word for path in writable for word in ("--rw", str(path))], "--"]

    def log(self, unit, kind, what):
        return self.logs / f"{unit.replace('/', '.')}.{kind}.{what}"

    def test(self, unit, more):
        words = ["./runtest", "--single", unit, "--timeout", str(self.limit()), "--clients", "1", "--durable", *self.options.more, *more]
        for tags in self.options.tags:
            words += ["--tags", tags]
        for name in self.options.skipped:
            words += ["--skiptest", name]
        return words

    def limit(self):
        return self.options.unit_limit or UNIT_LIMIT_S["software" if self.options.in_lane else "kvm"]

    def run(self, unit, kind):
        return self.spawned(unit, kind) if self.options.spawned else self.external(unit, kind)

    def external(self, unit, kind):
        """A server is started for the file, and the suite told its port."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        words = [shutil.which(SERVER), "--port", str(port), "--bind", HOST, "--dir", str(self.work), *SERVER_OPTIONS]
        if kind == "pvm":
            words = [*self.pvm_words(self.work), *words]
        with open(self.log(unit, kind, "server"), "w", encoding="utf-8") as log:
            server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.work)
        try:
            self.wait_for(server, port, unit, kind)
            return self.run_test(unit, kind, self.test(unit, ["--host", HOST, "--port", str(port)]))
        finally:
            server.terminate()
            try:
                server.wait(START_LIMIT_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            shutil.rmtree(self.work, ignore_errors=True)

    def wait_for(self, server, port, unit, kind):
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                socket.create_connection((HOST, port), 5).close()
                return
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    fail(f"a server does not listen: see {self.log(unit, kind, 'server')}")
                time.sleep(0.05)

    def run_test(self, unit, kind, words):
        """Runs the suite's own runner in a session of its own, so that all that it started ends with it."""
        path = self.log(unit, kind, "test")
        with open(path, "w", encoding="utf-8") as log:
            child = subprocess.Popen(words, cwd=self.source, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            late = threading.Event()

            def stop():
                late.set()
                child.kill()

            # Not wait(timeout), which polls: the emulated processor has better things to do.
            timer = threading.Timer(2 * self.limit(), stop)
            timer.start()
            try:
                child.wait()
            finally:
                timer.cancel()
                try:
                    os.killpg(child.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        return Results(path.read_text(encoding="utf-8", errors="replace"), late.is_set(), child.returncode)

    def spawned(self, unit, kind):
        """The suite's own way: it starts servers from src/redis-server, which for pVMs is a script of kx's."""
        program = self.source / "src" / SERVER
        program.unlink()
        if kind == "pvm":
            command = shlex.join([*self.pvm_words(self.source / "tests/tmp"), shutil.which(SERVER)])
            program.write_text(f'#!/bin/sh\necho "pVM of $$"\nexec {command} "$@"\n')
            program.chmod(0o755)
        else:
            program.symlink_to(shutil.which(SERVER))
        return self.run_test(unit, kind, self.test(unit, []))

    def compare(self, unit):
        """Runs one file both ways; gives (native, pVM, names of tests that pass only natively), or None if it has no test to run."""
        begin = time.monotonic()
        native = self.run(unit, "native")
        if not native.any():
            return None
        if self.options.native_only:
            return native, None, [], time.monotonic() - begin
        pvm = self.run(unit, "pvm")
        lacking = native.passed - pvm.passed
        if lacking:
            first, pvm = pvm, self.run(unit, "pvm")
            still = native.passed - pvm.passed & lacking
            for name in lacking - still:
                print(f"flaky {unit}: {name}", flush=True)
            pvm.passed |= first.passed
            lacking = still
        return native, pvm, sorted(lacking.elements()), time.monotonic() - begin


def in_lane(options, arguments):
    """Runs this program again inside of the lane, where the pVMs are and a server can be reached."""
    words = [LANE_TOOL, "exec", "--", sys.executable, os.path.abspath(__file__), "--in-lane", *arguments]
    return subprocess.run(words, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kx", default=os.path.join(BUILD, "kx"), help="the tool under test (default build/kx)")
    parser.add_argument("--lane", choices=("auto", "kvm", "software"), default="auto", help="where pVMs and servers run")
    parser.add_argument("--build", default=os.path.join(BUILD, "redis-suite"), help="where the source and logs are (default build/redis-suite)")
    parser.add_argument("--filter", default="", metavar="REGEX", help="only files of the suite whose name matches")
    parser.add_argument("--tags", action="append", default=[], metavar="TAGS", help='handed to the suite: "-slow" leaves those tests out')
    parser.add_argument("--spawned", action="store_true", help="the suite starts and ends the servers; in the software lane")
    parser.add_argument("--native-only", action="store_true", help="count what passes natively")
    parser.add_argument("--unit-limit", type=int, metavar="SECONDS", help="end a file that makes no progress for so long")
    parser.add_argument("--more", type=shlex.split, default=[], metavar="WORDS", help="further words for the suite's runner")
    parser.add_argument("--all", action="store_true", help="in the software lane too, tests that take long there")
    parser.add_argument("--in-lane", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.kx = os.path.abspath(options.kx)
    need(SERVER, SERVER)
    need("tclsh", "tcl")
    source = fetch(pathlib.Path(options.build).resolve(), installed_version())
    if options.lane == "auto":
        options.lane = "kvm" if os.access("/dev/kvm", os.R_OK | os.W_OK) else "software"
    if options.lane == "software" and not options.in_lane and not options.native_only:
        return in_lane(options, [*sys.argv[1:], "--kx", options.kx, "--build", str(source.parent)])
    if options.spawned and not options.in_lane and not options.native_only:
        fail("--spawned: the suite signals processes by ids that are a pVM's own: only with --lane software, a machine for itself")
    options.skipped = ()
    if options.in_lane and not options.all:
        options.tags.append(EMULATOR_TAGS)
        options.skipped = EMULATOR_SKIPPED
        print("left out for the emulator unless --all is given: tests tagged slow, " + ", ".join(EMULATOR_SKIPPED), flush=True)
    prepare(source)
    suite = Suite(options, source)
    print(f"{'file':34}{'native':>8}{'pVM':>8}{'seconds':>9}", flush=True)
    passed = failed = natively = 0
    for unit in suite.units():
        outcome = suite.compare(unit)
        if not outcome:
            continue
        native, pvm, lacking, seconds = outcome
        count = sum(native.passed.values())
        natively += count
        print(f"{unit:34}{count:8}{sum(pvm.passed.values()) if pvm else '-':>8}{seconds:9.0f}", flush=True)
        for results, kind in ((native, "native"), (pvm, "pVM")):
            if results and results.stopped:
                print(f"  {kind}: {results.stopped}", flush=True)
        for name in sorted(native.failed):
            print(f"  fails natively: {name}", flush=True)
        for name in lacking:
            print(f"not ok {unit}: {name}", flush=True)
        passed += count - len(lacking)
        failed += len(lacking)
    print(f"{natively} pass natively")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
