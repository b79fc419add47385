#!/usr/bin/env python3
"""Runs the system tests: real programs as pVMs against their native runs, options, bad input, signals and terminals."""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import re
import resource
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import harness  # noqa: E402
import inputs  # noqa: E402

MODULES = ("text", "archives", "data", "languages", "compiled", "options", "components", "library_policy", "library_update", "networks", "families", "observation", "bad_input", "hostile_elf", "streams",
           "signals", "terminals", "process_trees", "stress", "servers_web", "servers_updates", "servers_data", "servers_dns", "servers_runtimes", "servers_limits", "servers_soak")


def run_case(setup, case):
    """Gives ("ok" | "not ok" | "skipped", text, seconds)."""
    start = time.monotonic()
    verdict, text = verdict_of(setup, case)
    if verdict == "not ok":
        # Dialogues depend on time: a second try tells a case that always fails from one that a busy machine disturbed, which is
        # shown as flaky.
        again, second_text = verdict_of(setup, case)
        if again == "ok":
            print(f"flaky {case.name}: passed on the second try; first: {text.splitlines()[-1] if text else ''}", flush=True)
            verdict, text = again, second_text
    return verdict, text, time.monotonic() - start


def verdict_of(setup, case):
    test = harness.Test(setup, case.name)
    try:
        case.function(test)
        return "ok", ""
    except harness.Skipped as reason:
        return "skipped", str(reason)
    except harness.Failed as reason:
        return "not ok", str(reason)
    except Exception:  # a fault of the test, reported as a failure of it
        return "not ok", traceback.format_exc()
    finally:
        try:
            test.remove()
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    top = HERE.parent.parent
    parser.add_argument("--kx", default=str(top / "build/kx"), help="the tool under test (default build/kx)")
    parser.add_argument("--build", default=str(top / "build/system"), help="where programs and files are made (default build/system)")
    parser.add_argument("--lane", choices=("kvm", "software"), help="software: prefix commands with the words in $KX_LANE_EXEC")
    parser.add_argument("--jobs", "-j", type=int, default=2)
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases whose name matches")
    parser.add_argument("--quick", action="store_true", help="a selection that is quick enough for the software lane")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("-v", "--verbose", action="store_true", help="whole complaints")
    options = parser.parse_args()

    for name in MODULES:
        importlib.import_module(name)
    cases = [c for c in harness.CASES if re.search(options.filter, c.name) and (c.quick or not options.quick)]
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    if not os.access(options.kx, os.X_OK):
        print(f"{options.kx}: not there or not executable; build it, or name another with --kx", file=sys.stderr)
        return 2
    os.umask(0o022)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    setup = harness.Setup(options.kx, options.lane, harness.visible_folder(options.build))
    inputs.make(setup.input)

    counts = {"ok": 0, "not ok": 0, "skipped": 0}

    def report(case, outcome):
        verdict, text, seconds = outcome
        counts[verdict] += 1
        print(f"{verdict} {case.name}" + (f": {text}" if verdict == "skipped" else ""), flush=True)
        if options.verbose:
            print(f"  {seconds:.1f} s")
        if verdict == "not ok":
            lines = text.splitlines()
            for line in lines if options.verbose else lines[:24]:
                print("  " + (line if options.verbose else line[:600]), flush=True)

    together = [case for case in cases if not case.alone]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, outcome in zip(together, pool.map(lambda c: run_case(setup, c), together)):
            report(case, outcome)
    for case in cases:
        if case.alone:
            report(case, run_case(setup, case))
    print(f"{counts['ok']} passed, {counts['not ok']} failed")
    return 1 if counts["not ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
