"""Scenes of live library updates, each of one running family: run beside it, on the host or inside the software lane.

Usage: library_update_scenes.py SCENE KX DIRECTORY, where DIRECTORY has what library_update.py compiled. Prints "passed", or says
what went wrong."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from scene import Running, check, run, runner

KX, BUILT = sys.argv[2], pathlib.Path(sys.argv[3])
kx = runner(KX)
LIBRARY = "libupdatable.so"
SLOW = len(sys.argv) > 4  # under emulation


class Program(Running):
    """The program `updated` as the first process of a family."""

    def __init__(self, program="updated", directory="v1", options=()):
        environment = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(BUILT / directory)}
        words = [KX, "run", *map(str, options)]
        for name, value in environment.items():
            words += ["--env", f"{name}={value}"]
        self.log = tempfile.TemporaryFile()
        super().__init__([*words, "--", str(BUILT / program)], self.log)
        self.id = self.process.pid

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode()

    def show(self, version, count):
        """The program sees `version`, and `count` turns so far, whatever version counted them."""
        self.say("show")
        line = self.line()
        added = int(version == 2)
        wanted = (f"{version} | count {count} {50 + count} | hidden {10 + count} | thread {3 + count} | numbers {1 + count} | version {version}: 7 | "
                  f"call {100 + version} {100 - version} | one 1 | held {version} 1 | dlsym 1 {version} updatable_version | added {added}")
        check(line == wanted, f"after {count} turns with version {version}\nwanted {wanted}\nsaw    {line}")

    def update(self, directory, *options, pid=None):
        return kx("lib", "update", *options, self.id if pid is None else f"{self.id}.{pid}", LIBRARY, BUILT / directory / LIBRARY)

    def updates(self, directory, *options):
        status, out, err = self.update(directory, *options)
        check(status == 0 and "stood still" in out, f"update to {directory}: status {status}, {out}{err}")

    def refuses(self, directory, pattern, *options):
        status, out, err = self.update(directory, *options)
        check(status == 1 and not out and re.search(pattern, err), f"update to {directory}: status {status}, {out!r}, {err!r}, and not {pattern!r}")


def private_kib(program):
    rows = [line.split() for line in kx("ps")[1].splitlines() if line.split()[0].split(".")[0] == str(program.id)]
    return int(rows[0][3])


def exchange():
    """Everything of the library follows: code, data, statics, pointers, thread storage, dlsym, dladdr, symbols that are new."""
    with Program() as program:
        program.show(1, 1)
        status, out, err = program.update("v2", "--dry-run")
        check(status == 0 and "can be exchanged" in out, f"dry run: {out}{err}")
        program.show(1, 2)
        program.updates("v2")
        program.show(2, 3)
        program.show(2, 4)
        listed = kx("lib", "list", program.id)[1]
        check(f"/v2/{LIBRARY})" in listed and "replaced" in listed and "update of" in listed, f"list: {listed}")
        status, out, err = kx("lib", "rollback", program.id, LIBRARY)
        check(status == 0, f"rollback: {out}{err}")
        program.show(1, 5)
        status, out, err = program.update("v1")
        check(status == 0 and "has this version already" in out, f"the same version: {out}{err}")
        program.refuses("gone", "updatable_one")
        log = program.logged().splitlines()
        check(len(log) == 4 and all(line.startswith("kx: ") for line in log) and log[0].endswith(f"/v2/{LIBRARY}: done") and "updatable_one" in log[3],
              f"kx's log: {log}")


def flips():
    """Many times in both directions, without a leak."""
    turns = 12 if SLOW else 50
    with Program() as program:
        count = 0
        for turn in range(turns):
            for version in (2, 1):
                program.updates(f"v{version}")
                count += 1
                program.show(version, count)
            if turn == 2:
                early = private_kib(program)
        late = private_kib(program)
        check(late <= early + 512, f"private memory: {early} KiB after 3 turns, {late} KiB after {turns}")
        maps = kx("lib", "list", program.id)[1]
        check(maps.count("replaced") == 1, f"kept versions: {maps}")


def stripped():
    """Without symbol tables: code is told by its likeness, variables by an equal layout; or the update is refused."""
    with Program(directory="s1") as program:
        program.show(1, 1)
        program.updates("s1b")
        program.show(3, 2)
        program.refuses("s2", "section .*another layout")
        program.show(3, 3)


def refusals():
    """Versions that cannot take the place of the old one: each is refused, and the program goes on."""
    wrong = [("soname", "soname"), ("gone", "updatable_one.*gone"), ("kind", "updatable_call.*another type"), ("size", "updatable_numbers.* bytes before"),
             ("thread", "thread-local"), ("constructor", "constructors"), ("needing", "not_to_be_found_anywhere")]
    with Program() as program:
        program.show(1, 1)
        count = 1
        for directory, pattern in wrong:
            for options in (["--dry-run"], []):
                program.refuses(directory, pattern, *options)
            count += 1
            program.show(1, count)
        for name, words, status, pattern in (("no such library", [program.id, "libnone.so", BUILT / "v2" / LIBRARY], 1, "no process has"),
                                             ("no such file", [program.id, LIBRARY, "/no/such"], 125, "No such file"),
                                             ("no library", [program.id, LIBRARY, "/etc/passwd"], 1, "no ELF file"),
                                             ("no process", [f"{program.id}.99", LIBRARY, BUILT / "v2" / LIBRARY], 1, "no running process")):
            done = kx("lib", "update", *words)
            check(done[0] == status and re.search(pattern, done[2]), f"{name}: {done}")
        status, _, err = kx("lib", "rollback", program.id, LIBRARY)
        check(status == 1 and "has not been updated" in err, f"rollback of nothing: {err}")
        program.updates("v2")
        program.show(2, count + 1)


def busy():
    """Nothing is exchanged while a thread sleeps in the old version, or will return there."""
    with Program() as program:
        program.say("sleep 4000")
        program.expect("asleep")
        time.sleep(0.3)
        program.refuses("v2", "a thread was in the old version", "--timeout", "0.5")
        program.show(1, 1)
        program.updates("v2", "--timeout", "60")
        program.show(2, 2)
        program.say("inside")
        program.expect("inside")
        program.refuses("v1", "a thread was in the old version", "--timeout", "0.5")
        program.say("out")
        program.expect("left 0")
        program.show(2, 3)
        program.updates("v1")
        program.show(1, 4)


def failures():
    """A failure at any step leaves the old version; the next attempt succeeds."""
    with Program() as program:
        count = 0
        for step in ("read", "map", "prepare", "exchange", "hold", "apply"):
            program.refuses("v2", f"fail at '{step}'", "--fail-at", step)
            count += 1
            program.show(1, count)
        for turn in range(3):
            updater = subprocess.Popen([KX, "lib", "update", str(program.id), LIBRARY, str(BUILT / "v2" / LIBRARY)], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(0.02 * turn)
            updater.kill()
            updater.wait()
            time.sleep(1)
            program.say("show")
            count += 1
            seen = program.line()
            check(seen.startswith(("1 | count %d " % count, "2 | count %d " % count)), f"neither old nor new: {seen}")
            program.update("v1")
        program.updates("v2")
        program.show(2, count + 1)


def family():
    """All processes of a family, or none."""
    with Program() as program:
        program.show(1, 1)
        for _ in range(2):
            program.say("fork")
            program.expect("forked")
        program.say("inside")
        program.expect("inside")
        program.refuses("v2", "process 2: a thread was in the old version", "--timeout", "0.5")
        program.say("out")
        program.expect("left 0")
        program.show(1, 2)
        status, out, err = program.update("v2")
        check(status == 0 and out.count("stood still") == 3, f"three processes: {out}{err}")
        program.show(2, 3)
        program.process.stdin.close()
        ends = sorted(program.process.stdout.read().decode().splitlines())
        check(len(ends) == 2 and all(end.startswith("2 | count 2 52 | hidden 12 ") for end in ends), f"the children: {ends}")


def deceived():
    """A process that says it has another version than it has decides about nobody but itself."""
    build_id = subprocess.run(["readelf", "-n", BUILT / "v2" / LIBRARY], capture_output=True, check=True).stdout.decode()
    build_id = re.search(r"Build ID: ([0-9a-f]{40})", build_id)[1]
    with Program() as program:
        program.say("fork")
        program.expect("forked")
        program.say(f"deceive {build_id}")
        program.expect("deceived 1")
        status, out, err = program.update("v2", pid=2)
        check("stood still" not in out, f"the one that deceives: {status} {out}{err}")
        status, out, err = program.update("v2", pid=3)
        check(status == 0 and out.count("stood still") == 1, f"its child, which does not: {out}{err}")
        status, out, err = program.update("v1", pid=3)
        check(status == 0 and out.count("stood still") == 1, f"its child, back: {out}{err}")
        program.show(1, 1)


def races():
    """Beside forks, threads that come and go, signals, dlopen and dlclose."""
    with Program() as program:
        program.say("churn")
        program.expect("churning")
        done = 0
        for _ in range(3 if SLOW else 10):
            for version in (2, 1):
                status, out, err = program.update(f"v{version}", "--timeout", "20", pid=2)
                check(status == 0, f"update: {out}{err}")
                done += 1
        program.say("calm")
        program.expect("calm, alarms 1")
        program.updates("v2")
        program.say("show")
        line = program.line()
        check(line.startswith("2 | "), f"in the end: {line}")


def exceptions():
    """C++: objects of the old version have the new one's functions; exceptions pass through; exit handlers run once."""
    with Program(program="updated-cxx", directory="c1") as program:
        program.say("show")
        program.expect("1: square 1 area 4, caught 1 thrown 1")
        for version in (2, 1, 2):
            status, out, err = kx("lib", "update", program.id, LIBRARY, BUILT / f"c{version}" / LIBRARY)
            check(status == 0, f"update: {out}{err}")
            program.say("show")
            program.expect(f"{version}: square {version} area 4, caught {version} thrown 1")
        program.process.stdin.close()
        program.expect("static object of 1 goes, version 2")
        check(program.process.wait() == 0, "status")


def generated():
    """Libraries of many functions and variables (KylinX's own measure: 111 of each)."""
    for count in (111, 1000):
        with Program(program=f"generated-{count}", directory=f"g{count}-1") as program:
            for version in (2, 1, 2):
                status, out, err = kx("lib", "update", program.id, "libgenerated.so", BUILT / f"g{count}-{version}" / "libgenerated.so")
                check(status == 0, f"{count} functions: {out}{err}")
                program.say("show")
                program.expect(f"version {version} wrong 0")


def opened():
    """A library that was opened by dlopen: updated, closed, opened again."""
    with Program(program="opening") as program:
        for turn in range(3):
            program.say("open")
            program.expect("open")
            program.say("show")
            program.expect("1 count 1 text version 1: 3 thread 4 added 0")
            program.updates("v2")
            program.say("show")
            program.expect("2 count 2 text version 2: 3 thread 5 added 101")
            if turn == 1:
                program.updates("v1")
                program.say("show")
                program.expect("1 count 3 text version 1: 3 thread 6 added 0")
            program.say("close")
            program.expect("closed 0, still there 0")
            program.refuses("v2", "no process has")
        program.process.stdin.close()
        check(program.process.wait() == 0, "status")


def chosen():
    """Functions chosen at load time: the new version has the choice that was made for the old one, whether it was called before or not."""
    library = "libchosen.so"

    def update(program, directory, *options):
        return kx("lib", "update", *options, program.id, library, BUILT / directory / library)

    def shows(program, version, line="all"):
        program.say(line)
        inside = f"{100 * version + 1} {100 * version + 1} {version + 1} {version + 1}"
        program.expect(f"{version}: {100 * version + 1}" + (f" {inside}" if line == "all" else ""))

    for name in ("chosen", "chosen-now"):
        for first, others in (("i1", ("i2", "i1", "i2")), ("i1-now", ("i2-now", "i1-now")), ("i1-stripped", ("i2-stripped", "i1-stripped"))):
            for line in ("all", "held only"):
                with Program(program=name, directory=first) as program:
                    shows(program, 1, line)
                    for directory in others:
                        done = update(program, directory)
                        check(done[0] == 0, f"{name}, {first} to {directory}: {done}")
                        shows(program, int(directory[1]))
    with Program(program="chosen", directory="i1") as program:
        shows(program, 1)
        for directory, pattern in (("i2-slow", "which one it is now no symbol tells|has no counterpart"), ("i2-more", "resolver at 0x[0-9a-f]+ of the new version: what")):
            for options in (["--dry-run"], []):
                done = update(program, directory, *options)
                check(done[0] == 1 and re.search(pattern, done[2]), f"{directory}: {done}")
            shows(program, 1)
        done = update(program, "i2")
        check(done[0] == 0, f"in the end: {done}")
        shows(program, 2)


def rows(program, library=LIBRARY):
    """The columns of kx lib list for a library, in use or replaced; then the lines about updates."""
    status, out, err = kx("lib", "list", program.id)
    lines = [line.split("\t") for line in out.splitlines()]
    check(status == 0 and lines[0] == ["PID", "ADDRESS", "SIZE", "USERS", "BUILD-ID", "SONAME", "SIGNER", "LIBRARY"], f"list: {status} {out}{err}")
    return ([line for line in lines[1:] if len(line) == 8 and library in line[7]], [line[1] for line in lines if len(line) == 2])


def listed():
    """What is loaded, by how many, in which version; names that nobody's terminal should see."""
    with tempfile.TemporaryDirectory(dir=BUILT) as directory:
        odd = pathlib.Path(directory) / "odd\x1b[2J\tname"
        odd.mkdir()
        shutil.copy(BUILT / "v1" / LIBRARY, odd)
        with Program(directory=odd) as program:
            (row,), _ = rows(program)
            check(row[3:4] + row[5:] == ["1", LIBRARY, "-", f"{directory}/odd?[2J?name/{LIBRARY}"] and re.fullmatch("[0-9a-f]{40}", row[4]), f"one: {row}")
            program.say("fork")
            program.expect("forked")
            both, _ = rows(program)
            check([(row[0], row[3]) for row in both] == [("2", "2"), ("3", "2")], f"two that map it: {both}")
            check(program.update("v2", pid=2)[0] == 0, "update of one")
            now, changes = rows(program)
            check([(row[0], row[3]) for row in now] == [("2", "1"), ("3", "1"), ("2", "0")], f"each its own: {now}")
            old, new = row[4], now[0][4]
            check(old == now[1][4] == now[2][4] != new and len(changes) == 1, f"build-ids: {now}")
            check(re.fullmatch(rf"update of {LIBRARY} at \S+Z: .*/odd\?\[2J\?name/{LIBRARY} \({old}\) -> .*/v2/{LIBRARY} \({new}\), [0-9.]+ us", changes[0]), f"changes: {changes}")
            one = kx("lib", "list", f"{program.id}.3")[1]
            check("update of" not in one and "replaced" not in one and LIBRARY in one, f"of one process: {one}")


def audit():
    """A line is appended for each attempt to change something, whatever became of it."""
    with tempfile.TemporaryDirectory(dir=BUILT) as directory:
        log = pathlib.Path(directory) / "log"
        log.write_text("kept\n")
        with Program(options=["--audit-log", log]) as program:
            old = rows(program)[0][0][4]
            program.updates("v2")
            program.update("v1", "--dry-run")
            program.refuses("gone", "updatable_one")
            check(kx("lib", "rollback", program.id, LIBRARY)[0] == 0, "rollback")
            check(kx("lib", "update", f"{program.id}.2", "no\n\"such\"", BUILT / "v2" / LIBRARY)[0] == 1, "update of nothing")
            lines = log.read_text().splitlines()
            new = re.search(" new=([0-9a-f]{40}) ", lines[1])[1]
            head = rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ user={os.geteuid()} family={program.id} "
            wanted = ["kept", head + rf'pvm=2 action=update library="{LIBRARY}" file="{BUILT}/v2/{LIBRARY}" old={old} new={new} result="done"',
                      head + rf'pvm=2 action=update library="{LIBRARY}" file="{BUILT}/gone/{LIBRARY}" old={new} new=[0-9a-f]{{40}} result=".*updatable_one.*"',
                      head + rf'pvm=2 action=rollback library="{LIBRARY}" file="" old={new} new={old} result="done"',
                      head + rf"""pvm=2 action=update library="no 'such'" file="{BUILT}/v2/{LIBRARY}" old=- new={new} result=".*no process has.*\""""]
            check(len(lines) == len(wanted) and all(map(re.fullmatch, wanted, lines)), f"log: {lines}")
            check(old != new, "build-ids")
        done = kx("run", "--audit-log", f"{directory}/none/log", "--", "/bin/true")
        check(done[0] == 125 and "for --audit-log: No such file" in done[2], f"a log that cannot be: {done}")


class Policed:
    """A directory of signed versions, and a policy that asks for the signature."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        for version in ("v1", "v2"):
            (self.directory / version).mkdir()
            shutil.copy(BUILT / version / LIBRARY, self.directory / version)
        shutil.copy(BUILT / "updated", self.directory)
        check(kx("lib", "keygen", "--output", self.directory / "vendor")[0] == 0, "keygen")
        self.sign(self.directory / "v1" / LIBRARY)

    def sign(self, path):
        done = kx("lib", "sign", "--key", self.directory / "vendor.key", path)
        check(done[0] == 0, f"sign: {done}")

    def program(self, mode="enforce", demands='signed-by = "vendor"', place=None):
        place = f"path = '{self.directory}/*/{LIBRARY}'" if place is None else place
        (self.directory / "policy.toml").write_text(
            f"mode = '{mode}'\n[keys]\nvendor = 'vendor.pub'\n[[library]]\n{place}\n{demands}\n"
            f"[[library]]\npath = ['/usr/lib/', '/lib/', '/lib64/', '{self.directory}/updated']\n")
        return Program(program=self.directory / "updated", directory=self.directory / "v1",
                       options=["--library-policy", self.directory / "policy.toml"])


def policy():
    """A version is judged as what a program loads: mapped is what was judged, or nothing. So is one that a rollback brings back."""
    with tempfile.TemporaryDirectory(dir=BUILT) as directory:
        scene = Policed(directory)
        v1, v2 = (scene.directory / version for version in ("v1", "v2"))
        with scene.program() as program:
            program.show(1, 1)
            check(rows(program)[0][0][6] == "vendor", "signer of the version that was loaded")
            for options in (["--dry-run"], []):
                program.refuses(v2, f"library policy: {v2}/{LIBRARY} is refused to {directory}/updated: it has no signature", *options)
            shutil.copy(v1 / f"{LIBRARY}.kxsig", v2)
            program.refuses(v2, "its signature by vendor is wrong")
            program.show(1, 2)
            listed = kx("lib", "list", program.id)[1]
            check("replaced" not in listed and "update of" not in listed, f"after refusals: {listed}")
            scene.sign(v2 / LIBRARY)
            program.updates(v2)
            program.show(2, 3)
            check([row[6] for row in rows(program)[0]] == ["vendor", "vendor"], "signer of both versions")
            # The file becomes another one, in place, and its signature goes: neither is asked for again.
            (v2 / LIBRARY).write_bytes(b"no library")
            (v2 / f"{LIBRARY}.kxsig").unlink()
            (v1 / LIBRARY).unlink()
            (v1 / f"{LIBRARY}.kxsig").unlink()
            for version, count in ((1, 4), (2, 5), (1, 6)):
                done = kx("lib", "rollback", program.id, LIBRARY)
                check(done[0] == 0, f"rollback: {done}")
                program.show(version, count)
            program.refuses(v2, "not a usable shared library")
            log = program.logged()
            check(log.count("library policy: ") == log.count("update of") == 4, f"kx's log: {log}")


def policy_rollback():
    """What may not be loaded any more is not brought back either."""
    with tempfile.TemporaryDirectory(dir=BUILT) as directory:
        scene = Policed(directory)
        scene.sign(scene.directory / "v2" / LIBRARY)
        with scene.program(demands=f"loaders = ['{directory}/updated']") as program:
            program.updates(scene.directory / "v2")
            (scene.directory / "updated").rename(scene.directory / "renamed")
            done = kx("lib", "rollback", program.id, LIBRARY)
            check(done[0] == 1 and "this program is not to load it" in done[2], f"rollback: {done}")
            program.show(2, 1)
            (scene.directory / "renamed").rename(scene.directory / "updated")
            check(kx("lib", "rollback", program.id, LIBRARY)[0] == 0, "rollback once it may")
            program.show(1, 2)


def policy_warn():
    """A policy that only warns lets it pass and says so."""
    with tempfile.TemporaryDirectory(dir=BUILT) as directory:
        scene = Policed(directory)
        with scene.program(mode="warn") as program:
            program.updates(scene.directory / "v2")
            program.show(2, 1)
            check([row[6] for row in rows(program)[0]] == ["unsigned", "vendor"], "signers")
            check(f"v2/{LIBRARY} would be refused to {directory}/updated: it has no signature" in program.logged(), program.logged())


def policy_outside():
    """A file that the family does not see has no path there: only rules without one are about it, and its signature comes along."""
    with tempfile.TemporaryDirectory(dir=BUILT) as directory, tempfile.TemporaryDirectory(dir="/tmp") as outside:
        scene = Policed(directory)
        shutil.copy(BUILT / "v2" / LIBRARY, outside)
        for place, rule in (("", "soname"), (f"path = ['{outside}/*', '{directory}/*/*']", "path")):
            with scene.program(place=place or f"soname = '{LIBRARY}'") as program:
                program.refuses(outside, "it has no signature.*no path" if rule == "soname" else "no rule is about it.*no path")
                scene.sign(f"{outside}/{LIBRARY}")
                if rule == "soname":
                    program.updates(outside)
                    program.show(2, 1)
                    pathlib.Path(f"{outside}/{LIBRARY}.kxsig").unlink()
                else:
                    program.refuses(outside, "no rule is about it.*no path")
                    program.show(1, 1)


def others():
    """Programs whose libraries cannot be replaced: the reason is told, and they go on."""
    with Program(program="static") as program:
        program.refuses("v2", "has no dynamic linker")
        check(kx("lib", "list", f"{program.id}.2")[0] == 1 and program.process.poll() is None, "list, and the program")
    if (BUILT / "musl").exists():
        with Program(program="musl", directory="m1") as program:
            check(f"/m1/{LIBRARY}" in kx("lib", "list", program.id)[1], "list")
            program.refuses("v2", "dynamic linker's records")
            program.show(1, 1)


SCENES = {scene.__name__: scene for scene in (exchange, flips, stripped, refusals, busy, failures, family, races, exceptions, generated, opened, others, chosen, listed, deceived, audit,
                                              policy, policy_rollback, policy_warn, policy_outside)}

if __name__ == "__main__":
    run(SCENES[sys.argv[1]])
