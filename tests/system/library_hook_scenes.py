"""Scenes of live library updates whose new version converts data of another layout (kx_lib_update), each of one running family.

Usage: as library_update_scenes.py."""
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from library_update_scenes import BUILT, KX, SLOW, Program, kx
from scene import check, run

LIBRARY = "liblayout.so"
SLOWER = 5 if SLOW else 1


class Layout(Program):
    """The program `updated_layout`, which says what its library sees of its variables."""

    def __init__(self, directory="l1h", program="layout", options=()):
        super().__init__(program, directory, options)

    def update(self, directory, *options, pid=None):
        return kx("lib", "update", *options, self.id if pid is None else f"{self.id}.{pid}", LIBRARY, BUILT / directory / LIBRARY)

    def roll_back(self, *options):
        return kx("lib", "rollback", *options, self.id, LIBRARY)

    def sees(self, version, turns):
        """What was counted by any version, so far."""
        table = "1 2 3 4" + (" 0 0 0 0" if version == 2 else "")
        self.expect(f"{version} | state {1 + turns} 1 1 | table {table} | list 100 101 102 | newest 7 | counted {turns} | handle 1 | obsolete {4 + turns}")

    def show(self, version, turns):
        self.say("show")
        self.sees(version, turns)

    def tell(self, text, answer):
        self.say(text)
        self.expect(answer)


def hook():
    """Variables of another size are converted, in both directions, and pointers to them follow."""
    with Layout() as program:
        program.show(1, 1)
        status, out, err = program.update("l2h", "--dry-run")
        check(status == 0 and "kx_lib_update would be called, and told of 5 variables" in out and "state: 24 bytes before, 88 now" in out
              and "counter: 4 bytes before, 12 now" in out and "obsolete: 4 bytes before, not in the new version" in out, f"dry run: {out}{err}")
        program.show(1, 2)
        turns = 2
        for _ in range(3):
            status, out, err = program.update("l2h")
            check(status == 0 and "kx_lib_update was told of 5 variables" in out and "stood still" in out, f"update: {out}{err}")
            for _ in range(2):
                turns += 1
                program.show(2, turns)
            status, out, err = program.roll_back()
            check(status == 0 and "kx_lib_update was told of 5 variables" in out, f"rollback: {out}{err}")
            turns += 1
            program.show(1, turns)
        maps = kx("lib", "list", program.id)[1]
        check(maps.count("replaced") == 1, f"kept versions: {maps}")
        check("done; kx_lib_update was told of 5 variables" in program.logged(), program.logged())


def hook_missing():
    """Without a hook another layout is refused, forwards and back; with one, what others know the layout of."""
    with Layout(directory="l1") as program:
        for options in (["--dry-run"], []):
            program.refuses("l2", "variable table: 16 bytes before, 32 now, and the version to come exports no kx_lib_update", *options)
            program.refuses("l2t", "thread-local", *options)
        program.show(1, 1)
        check(program.update("l2h")[0] == 0, "update with a hook")
        program.show(2, 2)
        status, _, err = program.roll_back()
        check(status == 1 and "variable table: 32 bytes before, 16 now, and the version to come exports no kx_lib_update" in err, f"rollback: {err}")
        program.show(2, 3)
        check(program.update("l1h")[0] == 0, "another version with a hook")
        program.show(1, 4)
    for name, pattern in (("layout-naming", f"variable layout_shown: 4 bytes before, 8 now, and .* refers to it"), ("layout", None)):
        with Layout(program=name) as program:
            if pattern:
                program.refuses("l2s", pattern, "--dry-run")
                program.refuses("l2s", pattern)
                program.show(1, 1)
            else:
                done = program.update("l2s")
                check(done[0] == 0 and "told of 6 variables" in done[1], f"shown, and named by nobody: {done}")
                program.show(2, 1)


# What the hook does in each mood, and what is said of it.
MOODS = ((1, "returned 1 \\(Operation not permitted\\)"), (2, "ended by SIGSEGV at liblayout.so\\+0x"), (3, "did not return in time"),
         (4, "made the system call write, which is not allowed"), (5, "wrote to the old version, at .*/l1h/liblayout.so\\+0x"), (6, "ended by SIGSEGV"),
         (7, "ended by SIGILL"), (8, "ended by SIGSEGV"), (9, "made the system call exit_group"), (10, "made the system call kill"), (11, "made the system call (clone|fork)"),
         (12, "made the system call mmap"), (13, "made the system call getppid"), (14, "did not return in time"), (15, "returned 16 \\(Device or resource busy\\)"))


def hook_refuses():
    """Whatever it does that it should not: nothing happens, and the program goes on."""
    with Layout() as program:
        turns = 0
        for mood, pattern in MOODS:
            program.tell(f"mood {mood}", "mood")
            began = time.monotonic()
            program.refuses("l2h", f"process 2: kx_lib_update of the version to come {pattern}", "--timeout", "1")
            check(time.monotonic() - began < 4 * SLOWER, f"mood {mood} took {time.monotonic() - began}")
            turns += 1
            program.show(1, turns)
        program.tell("mood 0", "mood")
        program.refuses("l2h", "fail at 'hook'", "--fail-at", "hook")
        program.show(1, turns + 1)
        check("replaced" not in kx("lib", "list", program.id)[1], "nothing is left of what was refused")
        done = program.update("l2h")
        check(done[0] == 0, f"in the end: {done}")
        program.show(2, turns + 2)
        # The way back, where functions of the version to come lead on until it is in use.
        for mood in (1, 2, 4):
            program.tell(f"mood {mood}", "mood")
            status, _, err = program.roll_back()
            turns += 1
            check(status == 1 and "kx_lib_update of the version to come" in err, f"rollback in mood {mood}: {err}")
            program.show(2, turns + 2)
        program.tell("mood 0", "mood")
        check(program.roll_back()[0] == 0, "rollback")
        program.show(1, turns + 3)


def hook_family():
    """All processes of a family, or none, whichever of them refuses."""
    with Layout() as program:
        program.show(1, 1)
        program.tell("fork 1", "forked")
        program.show(1, 2)
        began = time.monotonic()
        program.refuses("l2h", "process 3: kx_lib_update of the version to come returned 1 ")
        check(time.monotonic() - began < 10 * SLOWER, "refused at once")
        program.show(1, 3)
        program.tell("mood 3", "mood")
        program.refuses("l2h", "process [23]: kx_lib_update of the version to come (returned 1|did not return in time)", "--timeout", "1")
        program.show(1, 4)
        program.tell("mood 0", "mood")
        done = program.update("l2h", pid=2)
        check(done[0] == 0 and done[1].count("was told of 5 variables") == 1, f"one of two: {done}")
        program.show(2, 5)
        check(program.roll_back()[0] == 0, "rollback of the one")
        program.show(1, 6)
        program.tell("child 0", "mood")
        done = program.update("l2h")
        check(done[0] == 0 and done[1].count("was told of 5 variables") == 2, f"both: {done}")
        program.show(2, 7)
        program.say("wait")
        program.sees(2, 2)
        program.expect("status 0")


def hook_threads():
    """With threads in and out of the library, and such as sleep; what they have in registers stays theirs."""
    with Layout() as program:
        program.tell("threads", "threads")
        turns = 0
        for _ in range(3):
            for step in (lambda: program.update("l2h", "--timeout", "60"), lambda: program.roll_back("--timeout", "60")):
                done = step()
                check(done[0] == 0, f"with threads: {done}")
        program.tell("mood 2", "mood")
        program.refuses("l2h", "ended by SIGSEGV", "--timeout", "60")
        program.tell("mood 3", "mood")
        program.refuses("l2h", "did not return in time|a thread was in the old version", "--timeout", "2")
        program.tell("mood 0", "mood")
        check(program.update("l2h", "--timeout", "60")[0] == 0, "in the end")
        program.tell("join", "wrong 0")
        program.show(2, turns + 1)


def hook_ends():
    """Who asks, or the program, ends while it runs; who asks too waits."""
    with Layout() as program:
        program.tell("mood 3", "mood")
        asks = [subprocess.Popen([KX, "lib", "update", "--timeout", "2", str(program.id), LIBRARY, str(BUILT / "l2h" / LIBRARY)], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE) for _ in range(2)]
        time.sleep(1)
        asks[0].kill()
        err = asks[1].communicate()[1].decode()
        asks[0].communicate()
        check("did not return in time" in err, f"second of two: {err}")
        program.tell("mood 0", "mood")
        program.show(1, 1)
        check(program.update("l2h")[0] == 0, "after that")
        program.show(2, 2)
    for number in (signal.SIGTERM, signal.SIGKILL):
        with Layout() as program:
            program.tell("mood 3", "mood")
            ask = subprocess.Popen([KX, "lib", "update", "--timeout", "60", str(program.id), LIBRARY, str(BUILT / "l2h" / LIBRARY)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
            time.sleep(1 * SLOWER)
            began = time.monotonic()
            program.process.send_signal(number)
            program.process.wait(timeout=60)
            check(ask.wait(timeout=60) != 0 and time.monotonic() - began < 8 * SLOWER, f"ended by {number} after {time.monotonic() - began}")


def hook_audit():
    """The log says that the hook ran, or why it refused."""
    with tempfile.TemporaryDirectory(dir=BUILT) as directory:
        log = pathlib.Path(directory) / "log"
        with Layout(options=["--audit-log", log]) as program:
            program.tell("mood 1", "mood")
            program.refuses("l2h", "returned 1 ")
            program.tell("mood 0", "mood")
            check(program.update("l2h")[0] == 0, "update")
            lines = log.read_text().splitlines()
            check(len(lines) == 2 and 'result="process 2: kx_lib_update of the version to come returned 1 (Operation not permitted)' in lines[0]
                  and 'result="done; kx_lib_update was told of 5 variables"' in lines[1], f"log: {lines}")


SCENES = {scene.__name__: scene for scene in (hook, hook_missing, hook_refuses, hook_family, hook_threads, hook_ends, hook_audit)}

if __name__ == "__main__":
    run(SCENES[sys.argv[1]])
