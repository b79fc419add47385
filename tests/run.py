#!/usr/bin/env python3
"""Runs the test suites and adds up their results.

A suite is a command whose last line is "N passed, N failed", as the runners below tests/ print it, or a function here
that gives (passed, failed). Each gets one line on stdout and a log under build/test-logs. What this machine lacks is
said, not hidden: a suite that is skipped gives its reason.
"""
import argparse
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

import suites_static
from suites_common import BUILD, LOGS, ROOT, Skip, log_path, parse_totals

FULL = os.environ.get("KX_FULL", "") not in ("", "0")
SUITE_LIMIT_S = 900
REDIS_LIMIT_S = 3 * 3600


def kvm_usable():
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
        return stat.S_ISCHR(os.stat("/dev/kvm").st_mode)
    except OSError:
        return False


def run_logged(name, command, environment=None, limit=SUITE_LIMIT_S):
    """Runs a command with its output in the suite's log; gives its exit status, or "time limit"."""
    with open(log_path(name), "a", encoding="utf-8") as log:
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                 env=dict(os.environ, **(environment or {})), start_new_session=True)
        try:
            return child.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            log.write(f"\nnot ok {name}: stopped after {limit} s\n")
            return "time limit"


def command_suite(name, command, environment=None, limit=SUITE_LIMIT_S):
    status = run_logged(name, command, environment, limit)
    with open(log_path(name), encoding="utf-8", errors="replace") as log:
        passed, failed = parse_totals(log.read())
    if status != 0 and failed == 0:
        failed = 1
    if passed + failed == 0:
        failed = 1  # a suite that ran nothing proves nothing
    return passed, failed


def ctest_suite(name, preset, build):
    if preset != "release":
        for command in (["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset]):
            if run_logged(name, command) != 0:
                return 0, 1
    status = run_logged(name, ["ctest", "--test-dir", build, "-j2", "--output-on-failure", "--timeout", "120"])
    with open(log_path(name), encoding="utf-8", errors="replace") as log:
        total = re.findall(r"(\d+) tests failed out of (\d+)", log.read())
    failed, count = map(int, total[-1]) if total else (0, 0)
    if (status != 0 and failed == 0) or count == 0:
        failed, count = 1, max(count, 1)
    return count - failed, failed


def unit():
    return ctest_suite("unit", "release", "build")


def unit_sanitized():
    return ctest_suite("unit-sanitized", "asan-ubsan", "build-asan")


def lane():
    return command_suite("lane", ["tests/run_lane.py"])


def pvm_suite(name, script, lane_name, selection=(), limit=None):
    """A suite of programs that run in pVMs; in the software lane all of them share one emulated machine."""
    if not os.path.exists(os.path.join(ROOT, script)):
        raise Skip(f"{script} is not there")
    kx = os.path.join(BUILD, "kx")
    command = [script, "--kx", kx, "--lane", lane_name]
    if lane_name == "kvm":
        if not kvm_usable():
            raise Skip("no usable /dev/kvm; the software lane runs them")
        return command_suite(name, command, limit=limit or SUITE_LIMIT_S)
    socket = os.path.join(BUILD, f"{name}.sock")
    environment = {"KX_LANE_SOCKET": socket}
    if run_logged(name, ["tools/lane", "start"], environment) != 0:
        return 0, 1
    try:
        if not FULL:
            command += selection
        return command_suite(name, command, environment, limit or (SUITE_LIMIT_S if not FULL else 4 * SUITE_LIMIT_S))
    finally:
        run_logged(name, ["tools/lane", "stop"], environment)


def conformance_kvm():
    return pvm_suite("conformance-kvm", "tests/conformance/run.py", "kvm")


def conformance_names(*options):
    command = [os.path.join(ROOT, "tests/conformance/run.py"), "--list", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def conformance_software():
    """Every third case, unless all are asked for: in the emulator each takes a second or more.

    Of those with several processes, which take longer, the ones with the mark "lane". The lane's kernel has no unix_diag.
    """
    not_there = conformance_names("--marks", "unix_diag")
    lane = [name for name in conformance_names("--marks", "lane") if "." not in name]
    names = [name for name in conformance_names("--without", "fork")[::3] + lane if name not in not_there]
    selection = ["--filter", "^(" + "|".join(map(re.escape, names)) + ")$"]
    return pvm_suite("conformance-software", "tests/conformance/run.py", "software", selection)


def system_kvm():
    return pvm_suite("system-kvm", "tests/system/run.py", "kvm")


def system_software():
    return pvm_suite("system-software", "tests/system/run.py", "software", ["--quick"])


def redis(lane_name):
    """Redis's own suite of tests against the server as a pVM."""
    missing = [program for program in ("redis-server", "tclsh", "dpkg-source") if not shutil.which(program)]
    if missing:
        raise Skip(f"{missing[0]} is not installed")
    return pvm_suite(f"redis-{lane_name}", "tests/run_redis.py", lane_name, limit=REDIS_LIMIT_S)


def fuzz():
    name = "fuzz"
    seconds = 120 if FULL else 15
    for command in (["cmake", "--preset", "fuzz"], ["cmake", "--build", "--preset", "fuzz"]):
        if run_logged(name, command) != 0:
            return 0, 1
    build = os.path.join(ROOT, "build-fuzz")
    targets = sorted(f for f in os.listdir(build) if f.endswith("_fuzz"))
    failed = 0
    for target in targets:
        crashes = os.path.join(LOGS, f"{target}-")
        status = run_logged(name, [os.path.join(build, target), f"-max_total_time={seconds}", "-timeout=10",
                                   f"-artifact_prefix={crashes}", "-print_final_stats=1"], limit=seconds + 120)
        failed += status != 0
    return len(targets) - failed, failed if targets else 1


def bench():
    script = "bench/run.py"
    if not os.path.exists(os.path.join(ROOT, script)):
        raise Skip(f"{script} is not there")
    if not kvm_usable():
        raise Skip("no usable /dev/kvm: figures of an emulator mean nothing")
    return (0, 1) if run_logged("bench", [script, "--quick"]) != 0 else (1, 0)


def demo():
    return (0, 1) if run_logged("demo", ["./demo.sh"]) != 0 else (1, 0)


SUITES = {
    "style": suites_static.style, "unit": unit, "unit-sanitized": unit_sanitized, "conformance-kvm": conformance_kvm,
    "system-kvm": system_kvm, "lane": lane, "conformance-software": conformance_software,
    "system-software": system_software, "redis-kvm": lambda: redis("kvm"),
    "redis-software": lambda: redis("software"), "demo": demo, "fuzz": fuzz, "bench": bench,
    "tidy": lambda: suites_static.tidy(FULL),
}
# They fetch what they test with, and take hours in the emulator.
LONG = ("redis-kvm", "redis-software")


def explain(name):
    """The lines of a failed suite's log that say what failed."""
    with open(log_path(name), encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    shown = [line for line in lines if line.startswith("not ok")][:20] or lines[-15:]
    print("\n".join("    " + line[:300] for line in shown))
    print(f"    log: {os.path.relpath(log_path(name), ROOT)}", flush=True)


def main():
    global FULL
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", choices=SUITES, help="run this suite; repeatable")
    parser.add_argument("--full", action="store_true", default=FULL, help="the long selections (also KX_FULL=1)")
    parser.add_argument("--list", action="store_true", help="print the names of the suites")
    options = parser.parse_args()
    FULL = options.full
    if options.list:
        print("\n".join(SUITES))
        return 0
    os.makedirs(LOGS, exist_ok=True)
    kvm = "this machine's /dev/kvm and the software lane" if kvm_usable() else "the software lane: no usable /dev/kvm here"
    print(f"pVMs run on {kvm}; {'all cases' if FULL else 'KX_FULL=1 runs every case in the software lane too'}", flush=True)
    passed = failed = 0
    for name in options.only or SUITES:
        if name in LONG and not FULL and not options.only:
            print(f"{name}: skipped: KX_FULL=1 or --only {name} runs it", flush=True)
            continue
        open(log_path(name), "w", encoding="utf-8").close()
        start = time.monotonic()
        try:
            suite_passed, suite_failed = SUITES[name]()
        except Skip as reason:
            print(f"{name}: skipped: {reason}", flush=True)
            continue
        passed += suite_passed
        failed += suite_failed
        print(f"{name}: {suite_passed} passed, {suite_failed} failed ({time.monotonic() - start:.0f} s)", flush=True)
        if suite_failed:
            explain(name)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
