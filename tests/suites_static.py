"""Checks of the source text: format, separation of host and guest, self-contained headers, scripts, clang-tidy."""
import concurrent.futures
import os
import random
import re
import subprocess
import time

from suites_common import ROOT, Skip, log_path

TIDY_LIMIT_S = 240
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def git_files(*patterns):
    out = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True).stdout
    return [f for f in out.decode().split("\0") if f and os.path.exists(os.path.join(ROOT, f))]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def run(command):
    """None if the command succeeds, else what it said."""
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()[:2000]


def check_format(path):
    return run(["clang-format", "--dry-run", "-Werror", path])


# Who may not include whom; the folders' own CMake targets hold the same.
FORBIDDEN = {
    "abi": ("kx/base/", "hypervisor/", "libos/", "toolstack/"),
    "base": ("hypervisor/", "libos/", "toolstack/"),
    "libos": ("hypervisor/", "toolstack/"),
    "hypervisor": ("libos/", "toolstack/"),
}


def check_separation(path):
    forbidden = FORBIDDEN.get(path.split("/", 1)[0], ())
    wrong = [name for name in INCLUDE.findall(read(path)) if name.startswith(forbidden)] if forbidden else []
    for name in INCLUDE.findall(read(path)):
        if name.startswith("../"):
            target = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if target.startswith(forbidden or ("\0",)):
                wrong.append(name)
    return f"includes {', '.join(wrong)}" if wrong else None


def check_header(path):
    flags = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-function", "-x", "c++", "-I.", "-Iabi/include",
             "-Ibase/include", "-Ilibos", "-Ihypervisor", "-Itoolstack", "-Ibuild/libos"]
    # "pragma once" in a main file is a warning that cannot be turned off; an including file avoids it.
    done = subprocess.run(["g++", *flags, "-"], cwd=ROOT, input=f'#include "{path}"\n', capture_output=True, text=True,
                          check=False)
    return None if done.returncode == 0 else done.stderr[:2000]


def check_size(path):
    lines = read(path).count("\n")
    return f"{lines} lines; 600 are the limit" if lines > 600 else None


def check_script(path):
    first = read(path).split("\n", 1)[0]
    if "python3" in first:
        return run(["python3", "-c", "import ast,sys; ast.parse(open(sys.argv[1]).read())", path])
    return run(["bash" if "bash" in first else "sh", "-n", path])


def style():
    sources = git_files("*.cpp", "*.hpp")
    headers = [f for f in sources if f.endswith(".hpp")]
    scripts = [f for f in git_files() if read(f)[:2] == "#!"]
    checks = [("format", check_format, sources), ("separation", check_separation, sources),
              ("header", check_header, headers), ("size", check_size, sources), ("script", check_script, scripts)]
    passed = failed = 0
    with open(log_path("style"), "w", encoding="utf-8") as log, concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, check, files in checks:
            for path, complaint in zip(files, pool.map(check, files)):
                passed += complaint is None
                failed += complaint is not None
                log.write(f"ok {name} {path}\n" if complaint is None else f"not ok {name} {path}\n{complaint}\n")
    return passed, failed


def tidy(full):
    """clang-tidy, in an order that changes with each commit, as far as the time allows; all files with full."""
    if not os.path.exists(os.path.join(ROOT, ".clang-tidy")):
        raise Skip(".clang-tidy is not there")
    commands = read("build/compile_commands.json")
    # The host side: clang cannot read the standard headers with the library OS's general registers only.
    files = [f for f in git_files("*.cpp") if f.startswith(("hypervisor/", "toolstack/")) and os.path.join(ROOT, f) in commands]
    seed = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    random.Random(seed).shuffle(files)
    deadline = time.monotonic() + (24 * 3600 if full else TIDY_LIMIT_S)

    def check(path):
        if time.monotonic() > deadline:
            return "skipped"
        return run(["clang-tidy", "-p", "build", "--quiet", "--warnings-as-errors=*", path])

    passed = failed = 0
    with open(log_path("tidy"), "w", encoding="utf-8") as log, concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, complaint in zip(files, pool.map(check, files)):
            passed += complaint is None
            failed += complaint not in (None, "skipped")
            log.write(f"ok {path}\n" if complaint is None else f"not ok {path}: {complaint}\n" if complaint != "skipped" else "")
    print(f"tidy: {passed + failed} of {len(files)} files in the time it has", flush=True)
    return passed, failed
