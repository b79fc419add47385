"""What kx lib list says of the components of a running family: run beside it, on the host or inside the software lane.

Usage: components_scene.py KX. Prints "passed", or says what went wrong."""
import re
import subprocess
import sys

from scene import Running, check, run, runner

KX = sys.argv[1]
kx = runner(KX)
PROGRAM = """
import os, select, socket, sys
def say(text):
    print(text, flush=True)
say("ready")
sys.stdin.readline()
a, b = socket.socketpair()
for _ in range(4):
    a.send(b"x")
say("used")
sys.stdin.readline()
if os.fork() == 0:
    select.select([], [], [], 0)
    say("forked")
    sys.stdin.readline()
else:
    os.wait()
"""
NAMES = ["core", "net", "poll", "timers", "sysv", "mqueue", "proc", "relatives", "update", "trace"]


class Program(Running):
    def __init__(self, *options):
        super().__init__([KX, "run", *options, "--", "/usr/bin/python3", "-c", PROGRAM], subprocess.DEVNULL)

    def go_on(self, text):
        self.say("")
        self.expect(text)

    def components(self):
        """Process id to name to (address, KiB, mapped, calls, not allowed)."""
        status, out, err = kx("lib", "list", self.process.pid)
        check(status == 0, f"kx lib list: {status} {err}")
        check("SIGNER\tLIBRARY\n" in out, f"no libraries: {out}")
        head, _, table = out.partition("\nPID\tADDRESS\tSIZE\tMAPPED\tCALLS\tLIBRARY OS COMPONENT\n")
        check(table, f"no components: {head}")
        processes = {}
        for line in table.splitlines():
            row = re.fullmatch(r"(\d+)\t0x([0-9a-f]+)\t(\d+)K\t(yes|no)\t(\d+)\t(\w+) \((.*?)(; not allowed)?\)", line)
            check(row, f"a line: {line!r}")
            processes.setdefault(int(row[1]), {})[row[6]] = (int(row[2], 16), int(row[3]), row[4] == "yes", int(row[5]), bool(row[8]))
        check(all(list(names) == NAMES for names in processes.values()), f"names: {processes}")
        return processes


def scene():
    with Program() as program:
        (pid, before), = program.components().items()
        check(before["core"][2] and before["core"][3] > 50, f"the core: {before}")
        check(not before["net"][2] and before["net"][3] == 0 and not before["poll"][2], f"unused: {before}")
        places = sorted((address, size) for name, (address, size, *_) in before.items())
        for (address, size), (following, _) in zip(places, places[1:]):
            check(size > 0 and address + (size << 10) <= following, f"sizes: {before}")
        check(all(address % 4096 == 0 and size % 4 == 0 for name, (address, size, *_) in before.items() if name != "core"), f"pages: {before}")
        program.go_on("used")
        after = program.components()[pid]
        check(after["net"][2] and after["net"][3] >= 5 and not after["poll"][2], f"net used: {after}")
        program.go_on("forked")
        both = program.components()
        check(sorted(both)[0] == pid and len(both) == 2, f"processes: {both}")
        child = both[max(both)]
        check(child["net"][2] and child["net"][3] == 0 and child["poll"][2] and child["poll"][3] == 1, f"the child: {child}")
        check(not both[pid]["poll"][2], f"the parent: {both[pid]}")
    with Program("--components", "net,poll") as program:
        (_, only), = program.components().items()
        check([name for name, row in only.items() if row[4]] == ["timers", "sysv", "mqueue", "proc", "relatives", "update"], f"not allowed: {only}")
        for words in (["update", program.process.pid, "libc.so.6", "/bin/true"], ["rollback", program.process.pid, "libc.so.6"]):
            status, _, err = kx("lib", *words)
            check(status == 1 and "may not use the component update" in err, f"{words[0]}: {status} {err}")
        for call, good in (("socket.socketpair()", True), ("signal.setitimer(signal.ITIMER_REAL, 100)", False)):
            status, _, err = kx("exec", program.process.pid, "--", "/usr/bin/python3", "-c", f"import signal, socket; {call}")
            check((status == 0) if good else (status == 1 and "Function not implemented" in err), f"kx exec: {call}: {status} {err}")


run(scene)
