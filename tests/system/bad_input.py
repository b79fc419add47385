"""What goes wrong outside the program: one line that names the thing, the cause and the cure, and the right exit status."""
import os
import pathlib
import stat
import subprocess

from harness import Skipped, case


def make_program(test, name, data, mode=0o755):
    path = test.work / name
    path.write_bytes(data)
    path.chmod(mode)
    return str(path)


def true_program():
    return bytearray(pathlib.Path("/bin/true").read_bytes())


def complain(name, status, make, *patterns, quick=False):
    """A case in which `make` gives the program to run, and kx refuses it with `status`."""

    @case(f"bad-input/{name}", quick=quick)
    def refused(test):
        test.complains(test.pvm([make(test)], ["--rw", "{work}"]), status, *patterns)


def other_architecture(test):
    data = true_program()
    data[18] = 183  # e_machine: AArch64
    return make_program(test, "arm", data)


def other_class(test):
    data = true_program()
    data[4] = 1  # ELFCLASS32
    return make_program(test, "class32", data)


def missing_interpreter(test):
    return make_program(test, "no-loader", true_program().replace(b"/lib64/ld-linux-x86-64.so.2", b"/lib64/ld-linux-x86-64.so.9"))


complain("missing-file", 127, lambda test: "/no/such/program", "/no/such/program", "no such program", quick=True)
complain("not-in-path", 127, lambda test: "no-such-program", "no-such-program", "PATH")
complain("directory", 126, lambda test: "/usr", "/usr", "Is a directory")
complain("not-executable", 126, lambda test: make_program(test, "plain", b"\x7fELF", 0o644), "plain", "Permission denied")
complain("empty-file", 126, lambda test: make_program(test, "empty", b""), "empty", "Exec format error")
complain("not-an-elf", 126, lambda test: make_program(test, "text", b"just a text\n"), "text", "ELF", quick=True)
complain("other-architecture", 126, other_architecture, "arm", "x86-64", quick=True)
complain("other-class", 126, other_class, "class32", "x86-64")
complain("missing-loader", 127, missing_interpreter, "no-loader", "interpreter", quick=True)
complain("script-without-interpreter", 127, lambda test: make_program(test, "script", b"#!/no/such/shell\n"), "script", "interpreter")
complain("script-of-itself", 126, lambda test: make_program(test, "loop", b"#!" + str(test.work / "loop").encode() + b"\n"), "loop")
complain("file-as-directory", 127, lambda test: "/bin/true/x", "/bin/true/x")
complain("dangling-link", 127, lambda test: str(os.symlink("nowhere", test.work / "link") or test.work / "link"), "link")


@case("bad-input/script")
def script(test):
    """A script is run by its interpreter, with one argument of the first line and those of the command."""
    path = make_program(test, "script", b"#!/bin/echo one two\n")
    done = test.pvm([path, "three", "four"], ["--rw", "{work}"])
    test.equal("output", (done.out, done.status), (f"one two {path} three four\n".encode(), 0))


@case("bad-input/device-missing")
def device_missing(test):
    """Without /dev/kvm, --lane kvm says so."""
    if test.setup.lane == "software":
        raise Skipped("the lane has a /dev/kvm of its own")
    hidden = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /dev && exec \"$@\"", "-"]
    if subprocess.run([*hidden, "true"], capture_output=True).returncode != 0:
        raise Skipped("user and mount namespaces cannot be made here")
    test.complains(test.execute([*hidden, test.kx, "run", "--lane", "kvm", "--", "true"]), 125, "/dev/kvm", "No such file", r"\(")


@case("bad-input/device-forbidden")
def device_forbidden(test):
    if os.geteuid() != 0 or test.setup.lane == "software" or stat.S_IMODE(os.stat("/dev/kvm").st_mode) & 0o002:
        raise Skipped("needs root and a /dev/kvm that is not for everybody")
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", test.kx]
    if test.execute([*command, "version"]).status != 0:
        raise Skipped("nobody cannot run kx where it lies")
    test.complains(test.execute([*command, "run", "--lane", "kvm", "--", "true"]), 125, "/dev/kvm", "Permission denied", "group")


@case("bad-input/too-much-memory")
def too_much_memory(test):
    test.complains(test.pvm("true", ["--memory", "4000T"]), 125, "--memory", "this machine has")


@case("bad-input/too-little-memory")
def too_little_memory(test):
    test.complains(test.pvm("true", ["--memory", "100K"]), 125, "memory", "--memory")


HUNGRY = "x = []\nwhile True: x.append(bytearray(1 << 20))"


@case("bad-input/out-of-memory", quick=True)
def out_of_memory(test):
    """A program that takes more than its limit gets ENOMEM or is ended, and the line says what to do."""
    done = test.pvm(["perl", "-e", "my @x; push @x, 'x' x (1 << 20) while 1"], ["--memory", "64M"])
    test.complains(done, 137, "out of memory", "--memory")


@case("bad-input/out-of-memory-python")
def out_of_memory_python(test):
    test.complains(test.pvm(["/usr/bin/python3", "-c", HUNGRY], ["--memory", "64M"]), 137, "out of memory", "--memory")


@case("bad-input/full-disk")
def full_disk(test):
    """The program sees ENOSPC, as natively."""
    if os.geteuid() != 0 or test.setup.lane == "software":
        raise Skipped("needs root to mount a small file system on the machine that runs the pVM")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", test.work], check=True)
    try:
        for command in ("cp {input}/random.bin {work}/copy", "dd if=/dev/zero of={work}/zeros bs=4k status=none",
                        "sort {input}/table.tsv -o {work}/sorted", "sqlite3 {work}/base 'create table t(a); insert into t values(zeroblob(1000000))'"):
            runs = []
            for run in (test.native, lambda words: test.pvm(words, ["--rw", "{work}"])):
                done = run(command)
                sizes = {name: (test.work / name).stat().st_size for name in sorted(os.listdir(test.work)) if name != "base-journal"}
                runs.append((done.status, done.out, done.err, sizes))
                for name in os.listdir(test.work):
                    os.remove(test.work / name)
            test.equal(command, runs[1], runs[0])
    finally:
        subprocess.run(["umount", test.work], check=True)


@case("bad-input/closed-streams")
def closed_streams(test):
    if test.setup.lane == "software":
        raise Skipped("a closed stream does not reach into the lane: it is one that refuses")
    for command in ("seq 3", "cat {input}/text.txt", "ls --no-such-option"):
        for which in (">&-", "<&-", "2>&-", "<&- >&- 2>&-"):
            words = ["sh", "-c", f'"$@" {which}', "-"]
            native = test.execute([*words, *test.words(command)])
            pvm = test.execute([*words, *test.pvm_command(command)])
            test.equal(f"{command} {which}", (pvm.status, pvm.out, pvm.err), (native.status, native.out, native.err))


@case("bad-input/unreadable-program")
def unreadable_program(test):
    """Execute permission is enough for the owner's rights; who may not execute gets 126."""
    if os.geteuid() != 0 or test.setup.lane == "software":
        raise Skipped("needs root to take on another identity")
    path = make_program(test, "mine", true_program(), 0o700)
    done = test.pvm([path], ["--rw", "{work}", "--user", "65534:65534"])
    if b"125" in str(done.status).encode():
        raise Skipped(f"the other identity cannot reach the directory: {done.err!r}")
    test.complains(done, 126, "mine", "Permission denied")


def wrong_option(name, options, *patterns):
    @case(f"bad-input/option-{name}")
    def refused(test):
        test.complains(test.pvm("true", options), 125, *patterns)


wrong_option("unknown", ["--no-such-option"], "--no-such-option", "--help")
wrong_option("size", ["--memory", "lots"], "--memory", "512M")
wrong_option("user", ["--user", "root"], "--user", "numbers")
wrong_option("volume", ["--volume", "/tmp"], "--volume", "SRC:DST")
wrong_option("volume-source", ["--volume", "/no/such:/x"], "/no/such", "No such file")
wrong_option("rw", ["--rw", "/no/such"], "/no/such", "must exist")
wrong_option("root", ["--root", "/no/such"], "--root", "No such file")
wrong_option("workdir", ["--workdir", "/no/such"], "/no/such", "--workdir")
wrong_option("lane", ["--lane", "fast"], "fast")
wrong_option("strace", ["--strace=/no/such/file"], "/no/such/file", "--strace")


@case("bad-input/no-program")
def no_program(test):
    test.complains(test.execute([*test.setup.pvm_words()]), 125, "no program", "--help")
