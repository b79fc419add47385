"""kx lib list, update and rollback: versions of a library exchanged in running programs, in both lanes."""
import pathlib
import shlex
import shutil
import subprocess
import threading

from harness import HERE, ROOT, Failed, case

SOURCES = HERE / "sources"
# Directory: version and macros of the library `updatable`.
VERSIONS = {"v1": "-DVERSION=1", "v2": "-DVERSION=2", "soname": "-DVERSION=2 -Wl,-soname,libother.so", "gone": "-DVERSION=2 -DWITHOUT_ONE",
            "kind": "-DVERSION=2 -DAS_DATA", "size": "-DVERSION=2 -DSIZE=5", "thread": "-DVERSION=2 -DLARGE_THREAD",
            "constructor": "-DVERSION=2 -DWITH_CONSTRUCTOR", "needing": "-DVERSION=2 -DNEEDING",
            "s1": "-DVERSION=1 -s", "s1b": "-DVERSION=3 -s", "s2": "-DVERSION=2 -DMORE_DATA -s"}

# The same of the library `chosen`.
CHOSEN = {"i1": "-DVERSION=1", "i2": "-DVERSION=2", "i1-now": "-DVERSION=1 -Wl,-z,now",
          "i2-now": "-DVERSION=2 -Wl,-z,now", "i2-stripped": "-DVERSION=2 -s", "i1-stripped": "-DVERSION=1 -s",
          "i2-slow": "-DVERSION=2 -DONLY_SLOW", "i2-more": "-DVERSION=2 -DWITH_ANOTHER"}


# The same of the library `layout`, whose variables change.
LAYOUT = {"l1": "-DVERSION=1", "l2": "-DVERSION=2", "l1h": "-DVERSION=1 -DHOOK", "l2h": "-DVERSION=2 -DHOOK",
          "l2t": "-DVERSION=2 -DHOOK -DTHREAD", "l2s": "-DVERSION=2 -DHOOK -DSHOWN"}

# The same of the library `records`, whose debug information tells of its layout.
RECORDS = {"r1": "-g -DVERSION=1", "r2": "-g -DVERSION=2", "r2-moved": "-g -DVERSION=2 -DMOVED", "r2-moved-split": "-g -DVERSION=2 -DMOVED -DSPLIT",
           "r2-hook": "-g -DVERSION=2 -DMOVED -DHOOK", "r2-none": "-DVERSION=2", "r2-damaged": "-g -DVERSION=2"}


def generate(count, version):
    """A library of `count` functions and variables, and what a program says of them."""
    lines = [f"int generated_version(void) {{ return {version}; }}"]
    for i in range(count):
        body = f"++variable_{i}; return x + {i};" if version == 1 else f"for (int j = 0; j < 1; ++j) ++variable_{i}; return x + {i} + 0 * variable_{i};"
        lines.append(f"int variable_{i} = {i};\nint function_{i}(int x) {{ {body} }}")
    return "\n".join(lines) + "\n"


def generate_user(count):
    declared = "\n".join(f"extern int variable_{i}; int function_{i}(int);" for i in range(count))
    calls = "\n".join(f"wrong += function_{i}(turn) != turn + {i} || variable_{i} != {i} + turn;" for i in range(count))
    return (f"#include <stdio.h>\nint generated_version(void);\n{declared}\nint main(void) {{\n  char line[64];\n  int turn = 0;\n  setvbuf(stdout, NULL, _IOLBF, 0);\n"
            f"  puts(\"ready\");\n  while (fgets(line, sizeof line, stdin) != NULL) {{\n    int wrong = 0;\n    ++turn;\n{calls}\n"
            f"    printf(\"version %d wrong %d\\n\", generated_version(), wrong);\n  }}\n}}\n")


building = threading.Lock()


class Builder:
    """What the scenes run, compiled once for all of them."""

    def __init__(self, setup):
        self.to = setup.build / "library-update"
        self.to.mkdir(parents=True, exist_ok=True)

    def run(self, command):
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.to)
        if done.returncode:
            raise Failed(f"{command}: {done.stdout.decode()}")

    def all(self):
        with building:
            return self.all_locked()

    def all_locked(self):
        built = self.to / "built"
        newest = max(path.stat().st_mtime for path in [pathlib.Path(__file__), *SOURCES.glob("updat*"), SOURCES / "opening.c",
                                                    ROOT / "include" / "kx" / "lib_update.h"])
        if built.exists() and built.stat().st_mtime > newest:
            return self.to
        for directory, flags in VERSIONS.items():
            (self.to / directory).mkdir(exist_ok=True)
            soname = "" if "-soname" in flags else "-Wl,-soname,libupdatable.so"
            self.run(f"gcc -D_GNU_SOURCE -O2 -fPIC -shared {soname} {flags} {SOURCES}/updatable.c -o {directory}/libupdatable.so")
        self.run(f"gcc -D_GNU_SOURCE -O2 -pthread {SOURCES}/updated.c -o updated -Lv1 -lupdatable")
        for directory, flags in CHOSEN.items():
            (self.to / directory).mkdir(exist_ok=True)
            self.run(f"gcc -O2 -fPIC -shared -Wl,-soname,libchosen.so {flags} {SOURCES}/updatable_chosen.c -o {directory}/libchosen.so")
        for options, name in (("", "chosen"), ("-no-pie -Wl,-z,now", "chosen-now")):
            self.run(f"gcc -O1 {options} {SOURCES}/updated_chosen.c -o {name} -Li1 -lchosen")
        for directory, flags in LAYOUT.items():
            (self.to / directory).mkdir(exist_ok=True)
            self.run(f"gcc -O2 -w -fPIC -shared -I{ROOT}/include -Wl,-soname,liblayout.so {flags} {SOURCES}/updatable_layout.c -o {directory}/liblayout.so")
        for options, name in (("", "layout"), ("-DNAMES_IT", "layout-naming")):
            self.run(f"gcc -O2 -pthread {options} {SOURCES}/updated_layout.c -o {name} -Ll1h -llayout")
        self.records()
        self.run(f"gcc -D_GNU_SOURCE -O2 {SOURCES}/opening.c -o opening")
        self.run(f"gcc -D_GNU_SOURCE -O2 -pthread -static -w {SOURCES}/opening.c -o static")
        if shutil.which("musl-gcc"):
            (self.to / "m1").mkdir(exist_ok=True)
            self.run(f"musl-gcc -D_GNU_SOURCE -O2 -fPIC -shared -Wl,-soname,libupdatable.so -DVERSION=1 {SOURCES}/updatable.c -o m1/libupdatable.so")
            self.run(f"musl-gcc -D_GNU_SOURCE -O2 {SOURCES}/updated.c -o musl -Lm1 -lupdatable")
        for version in (1, 2):
            (self.to / f"c{version}").mkdir(exist_ok=True)
            self.run(f"g++ -O1 -fPIC -shared -Wl,-soname,libupdatable.so -DVERSION={version} {SOURCES}/updatable_cxx.cpp -o c{version}/libupdatable.so")
        self.run(f"g++ -O1 {SOURCES}/updated_cxx.cpp -o updated-cxx -Lc1 -lupdatable")
        for count in (111, 1000):
            for version in (1, 2):
                directory = self.to / f"g{count}-{version}"
                directory.mkdir(exist_ok=True)
                (directory / "generated.c").write_text(generate(count, version))
                self.run(f"gcc -O1 -fPIC -shared -Wl,-soname,libgenerated.so {directory}/generated.c -o {directory}/libgenerated.so")
            (self.to / f"user-{count}.c").write_text(generate_user(count))
            self.run(f"gcc -O0 user-{count}.c -o generated-{count} -Lg{count}-1 -lgenerated")
        built.touch()
        return self.to

    def records(self):
        for directory, flags in RECORDS.items():
            (self.to / directory).mkdir(exist_ok=True)
            library = f"{directory}/librecords.so"
            self.run(f"gcc -O2 -fPIC -shared -I{ROOT}/include -Wl,-soname,librecords.so {flags} {SOURCES}/updatable_records.c -o {library}")
        self.run(f"gcc -O2 {SOURCES}/updated_records.c -o records -Lr1 -lrecords")
        split, debug = "r2-moved-split/librecords.so", "r2-moved-split/librecords.debug"
        self.run(f"objcopy --only-keep-debug {split} {debug}")
        self.run(f"objcopy --strip-debug --add-gnu-debuglink={debug} {split}")
        (self.to / "nonsense").write_bytes(b"\xff" * 64)
        self.run("objcopy --update-section .debug_info=nonsense r2-damaged/librecords.so")


def register(scene, quick, script="library_update_scenes.py"):
    @case(f"library-update/{scene}", quick=quick)
    def run(test):
        built = Builder(test.setup).all()
        words = ["/usr/bin/python3", str(HERE / script), scene, test.kx, str(built)]
        if test.setup.lane == "software":
            words = [str(ROOT / "tools" / "lane"), "exec", "--", *words, "slow"]
        done = test.execute(words, limit=2 * test.setup.limit_s)
        test.equal("scene", (done.status, done.out.decode(), done.err.decode()), (0, "passed\n", ""))


for name in ("exchange", "flips", "stripped", "refusals", "busy", "failures", "family", "races", "exceptions", "generated", "opened", "others", "chosen",
             "listed", "deceived", "audit", "policy", "policy_rollback", "policy_warn", "policy_outside"):
    register(name, quick=name in ("exchange", "family", "policy"))
for name in ("hook", "hook_missing", "hook_refuses", "hook_family", "hook_threads", "hook_ends", "hook_audit"):
    register(name, quick=name in ("hook", "hook_family"), script="library_hook_scenes.py")
for name in ("layout_moved", "layout_equal", "layout_hook", "layout_unknown"):
    register(name, quick=name == "layout_moved", script="library_layout_scenes.py")
