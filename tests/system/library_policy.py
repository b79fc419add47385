"""kx lib and kx run --library-policy: what a family may execute, and each way in which something is refused."""
import os
import re
import shutil
import stat
import subprocess

from families import Family, kx
from harness import Failed, Skipped, case, compile_program

LIBRARY = "gcc -shared -fPIC -O1 sources/answer.c -o {out} -Wl,-soname,libanswer.so.1.4 -Wl,--build-id=0x1234abcd"
LOADER = "gcc -O1 sources/loader.c -o {out}"
# The C library, its dynamic linker and the programs of the system, as the view's read-only root has them.
SYSTEM = ["/usr/lib/", "/usr/bin/", "/lib/", "/lib64/", "/bin/"]


def kx_lib(test, *words, status=0):
    done = test.execute([test.kx, "lib", *words])
    test.equal(f"kx lib {words[0]}", (done.status, done.err if status == 0 else b""), (status, b""))
    return done


class Scene:
    """A loader, a library it may load, signed by vendor, and a policy that says so."""

    def __init__(self, test):
        self.test = test
        self.loader = self.copy(compile_program(test.setup, "policy-loader", LOADER), "loader")
        self.built = compile_program(test.setup, "libanswer.so", LIBRARY)
        self.library = self.copy(self.built, "libanswer.so")
        for name in ("vendor", "other"):
            kx_lib(test, "keygen", "--output", name)
        self.sign(self.library)
        self.rule = 'signed-by = "vendor"'

    def copy(self, source, name):
        shutil.copy(source, self.test.work / name)
        return self.test.work / name

    def sign(self, path, key="vendor"):
        kx_lib(self.test, "sign", "--key", f"{key}.key", path)

    def policy(self, mode="enforce", more="", rule=None):
        system = ", ".join(f'"{path}"' for path in [*SYSTEM, str(self.loader)])
        text = (f'mode = "{mode}"\n{more}\n[keys]\nvendor = "vendor.pub"\nother = "other.pub"\n'
                f'[[library]]\npath = "{self.test.work}/*.so*"\n{rule or self.rule}\n[[library]]\npath = [{system}]\n')
        (self.test.work / "policy.toml").write_text(text)
        return "policy.toml"

    def run(self, *arguments, mode="enforce", more="", rule=None, options=(), program=None):
        policy = self.policy(mode, more, rule)
        return self.test.pvm([program or self.loader, *arguments], ["--library-policy", policy, "--rw", self.test.work, *options])

    def loads(self, *arguments, **options):
        done = self.run(*arguments, **options)
        self.test.equal("loads", (done.out, done.err, done.status), (b"42\n", b"", 0))

    def refused(self, *arguments, reason, what="", **options):
        """The program sees an ordinary error; the reason is in the log; a policy that only warns lets it pass."""
        done = self.run(*arguments, **options)
        self.test.equal("status", (done.status, done.out[:8]), (1, b"refused:"))
        self.logs(done, "refused", reason, what)
        warned = self.run(*arguments, mode="warn", **options)
        self.test.equal("warned: output", (warned.status, warned.out), (0, b"42\n"))
        self.logs(warned, "would be refused", reason, what)

    def logs(self, done, verb, reason, what=""):
        lines = [line for line in done.err.decode().splitlines() if line.startswith("kx: library policy: ")]
        if not any(verb in line and reason in line and str(what) in line for line in lines):
            raise Failed(f"no line says {verb!r}, {reason!r}, {str(what)!r}: {done}")


@case("library-policy/signed", quick=True)
def signed(test):
    scene = Scene(test)
    scene.loads("dlopen", scene.library)
    test.equal("without a policy", test.pvm([scene.loader, "dlopen", scene.library]).out, b"42\n")


@case("library-policy/no-signature", quick=True)
def no_signature(test):
    scene = Scene(test)
    os.remove(f"{scene.library}.kxsig")
    scene.refused("dlopen", scene.library, reason="it has no signature", what=scene.library)


@case("library-policy/wrong-signature")
def wrong_signature(test):
    """A signature of another file, and a text that is none."""
    scene = Scene(test)
    scene.sign(scene.loader)
    shutil.copy(f"{scene.loader}.kxsig", f"{scene.library}.kxsig")
    scene.refused("dlopen", scene.library, reason="is wrong")
    (test.work / "libanswer.so.kxsig").write_text("kylinx signature 1\n")
    scene.refused("dlopen", scene.library, reason="is not one of kx")


@case("library-policy/another-key")
def another_key(test):
    """By a key the rule does not name, and by one that the policy does not know."""
    scene = Scene(test)
    scene.sign(scene.library, "other")
    scene.refused("dlopen", scene.library, reason="signed by other, whose signature does not count")
    kx_lib(test, "keygen", "--output", "stranger")
    scene.sign(scene.library, "stranger")
    scene.refused("dlopen", scene.library, reason="which the policy does not name")


@case("library-policy/swapped-after-signing", quick=True)
def swapped(test):
    scene = Scene(test)
    data = bytearray(scene.library.read_bytes())
    data[-1] ^= 1
    scene.library.write_bytes(data)
    scene.refused("dlopen", scene.library, reason="the file is not what was signed")


@case("library-policy/changed-while-it-runs")
def changed(test):
    """The program loads it, it is swapped in place and by a rename: what is mapped stays, and is not loaded again."""
    scene = Scene(test)
    evil = test.work / "evil"
    for way in ("overwrite", "rename"):
        shutil.copy(scene.built, scene.library)
        evil.write_bytes(scene.built.read_bytes() + b"\0")
        done = scene.run("swap", scene.library, evil, way)
        test.equal(way, (done.status, done.out.splitlines()[0], done.out.splitlines()[1][:8]), (0, b"42 42", b"refused:"))
        scene.logs(done, "refused", "the file is not what was signed")


@case("library-policy/versions")
def versions(test):
    scene = Scene(test)
    for limits in ('min-version = "1.4"', 'min-version = "1.1"\nmax-version = "1.9"', 'build-ids = ["00", "1234abcd"]'):
        scene.loads("dlopen", scene.library, rule=f'soname = "libanswer.so"\n{limits}')
    scene.refused("dlopen", scene.library, rule='min-version = "1.5"', reason="version 1.4 is below 1.5")
    scene.refused("dlopen", scene.library, rule='max-version = "1.3"', reason="version 1.4 is above 1.3")
    scene.refused("dlopen", scene.library, rule='build-ids = "00"', reason="build id 1234abcd is not listed")


@case("library-policy/loaders")
def loaders(test):
    scene = Scene(test)
    scene.loads("dlopen", scene.library, rule=f'loaders = ["/usr/bin/env", "{scene.loader}"]')
    scene.loads("dlopen", scene.library, rule='loaders = "same-owner"')
    scene.refused("dlopen", scene.library, rule='loaders = ["/usr/bin/env"]', reason="this program is not to load it")
    # Reached by an execve, it is this program all the same.
    scene.policy(rule=f'loaders = ["{scene.loader}"]')
    done = test.pvm(["sh", "-c", f"{scene.loader} dlopen {scene.library}; echo $?"], ["--library-policy", "policy.toml"])
    test.equal("by a shell", (done.out, done.err), (b"42\n0\n", b""))
    if os.geteuid() == 0:
        os.chown(scene.library, 12345, 12345)
        scene.refused("dlopen", scene.library, rule='loaders = "same-owner"', reason="the program has another owner")


@case("library-policy/mapped-by-hand", quick=True)
def mapped_by_hand(test):
    """No dynamic linker: mmap executable at once, and mprotect of what was mapped to be read."""
    scene = Scene(test)
    for way in ("map", "map-then-protect"):
        scene.loads(way, scene.library)
    os.remove(f"{scene.library}.kxsig")
    for way in ("map", "map-then-protect"):
        scene.refused(way, scene.library, reason="it has no signature", what=scene.library)


@case("library-policy/changed-text", quick=True)
def changed_text(test):
    """Text that was writable, or is; memory without a file; each is refused but to a program that the policy names."""
    scene = Scene(test)
    ways = {"rewrite": "making changed text executable", "rewrite-private": "making changed text executable",
            "write-execute": "both writable and executable", "protect-write-execute": "both writable and executable",
            "anonymous": "executable anonymous memory", "anonymous-protect": "executable anonymous memory",
            "anonymous-move": "executable anonymous memory", "shared-anonymous": "executable shared memory",
            "shared-file": "executable shared memory", "segment": "executable shared memory", "memfd": "a file without a name",
            "stack": "writable and executable"}
    policy = scene.policy()
    done = test.pvm([scene.loader, "all", scene.library, *ways], ["--library-policy", policy, "--rw", test.work])
    test.equal("output", done.out.decode(), "".join(f"{way} EACCES\n" for way in ways))
    for what in ways.values():
        scene.logs(done, "refused", "only a program that makes code", what)
    policy = scene.policy(more=f'jit = "{scene.loader}"')
    done = test.pvm([scene.loader, "all", scene.library, *ways], ["--library-policy", policy, "--rw", test.work])
    test.equal("as a jit", (done.out.decode(), done.err), ("".join(f"{way} works\n" for way in ways), b""))


@case("library-policy/programs", quick=True)
def programs(test):
    """The program itself and what it executes are judged: status 126 at the start, EACCES of execve later."""
    scene = Scene(test)
    shutil.copy(scene.loader, test.work / "stranger")
    done = scene.run("dlopen", scene.library, program=test.work / "stranger")
    test.equal("status", (done.status, done.out), (126, b""))
    scene.logs(done, "refused", "no rule is about it", test.work / "stranger")
    test.check(b"cannot run" in done.err and b"Permission denied" in done.err, f"no line says so: {done.err}")
    done = test.pvm(["sh", "-c", "./stranger; echo $?"], ["--library-policy", "policy.toml"])
    test.equal("by a shell", done.out, b"126\n")
    test.check(b"Permission denied" in done.err, f"the shell does not say so: {done.err}")
    # A script is read, not executed: its interpreter counts.
    (test.work / "script").write_text("#!/bin/sh\necho script\n")
    os.chmod(test.work / "script", 0o755)
    test.equal("a script", test.pvm(["./script"], ["--library-policy", "policy.toml"]).out, b"script\n")


@case("library-policy/exec")
def later_programs(test):
    """It holds for what kx exec adds."""
    scene = Scene(test)
    shutil.copy(scene.loader, test.work / "stranger")
    with Family(test, ["sleep", "100"], ["--library-policy", scene.policy()]) as family:
        test.equal("allowed", kx(test, "exec", family.id, "--", scene.loader, "dlopen", scene.library).out, b"42\n")
        done = kx(test, "exec", family.id, "--", test.work / "stranger", "dlopen", scene.library)
        test.equal("refused", (done.status, b"library policy" in done.err), (126, True))
        family.process.kill()
        test.check(b"stranger is refused" in family.end()[1], "the family does not say why")


@case("library-policy/user", quick=True)
def user(test):
    """What the program's user may not read is no signature."""
    if os.geteuid() != 0:
        raise Skipped("only root can become another user")
    scene = Scene(test)
    options = ["--user", "65500:65500"]
    scene.loads("dlopen", scene.library, options=options)
    os.chmod(f"{scene.library}.kxsig", 0)
    done = scene.run("dlopen", scene.library, options=options)
    test.equal("a signature that the program may not read", done.status, 1)
    scene.logs(done, "refused", "Permission denied")


@case("library-policy/same-programs")
def same(test):
    """What the policy allows runs as without one: threads, forks, a JIT that is named, another C library."""
    scene = Scene(test)
    policy = str(test.work / "policy.toml")
    for number, command in enumerate((["python3", "-c", "import ssl, threading, subprocess; print(subprocess.check_output(['echo', 'x']))"],
                                      ["sh", "-c", "ls /usr | sort | head -3"],
                                      ["perl", "-MPOSIX", "-e", "print floor(3.7)"])):
        scene.policy()
        native = test.native(command)
        done = test.pvm(command, ["--library-policy", policy, "--stats"])
        test.equal(f"command {number}", (done.out, done.status), (native.out, native.status))
        test.check(b"library policy: asked" in done.err and b" 0 refused" in done.err, f"no counts: {done.err}")
        counted = re.search(rb"library policy: (\d+) files copied and judged in \d+\.\d us, (\d+) known ones in", done.err)
        test.check(counted and int(counted[1]) >= 3, f"a program, its dynamic linker and the C library were judged: {done.err}")


@case("library-policy/modes")
def modes(test):
    scene = Scene(test)
    os.remove(f"{scene.library}.kxsig")
    scene.loads("dlopen", scene.library, mode="off")
    done = scene.run("dlopen", scene.library, mode="warn", options=["--stats"])
    test.check(b" 0 refused, 1 only warned of" in done.err, f"not counted: {done.err}")
    done = scene.run("dlopen", scene.library, options=["--stats"])
    test.check(b" 1 refused, 0 only warned of" in done.err, f"not counted: {done.err}")


@case("library-policy/signatures-elsewhere")
def signatures_elsewhere(test):
    scene = Scene(test)
    (test.work / "sigs").mkdir()
    os.rename(f"{scene.library}.kxsig", test.work / "sigs/libanswer.so.kxsig")
    scene.loads("dlopen", scene.library, more='signatures = "sigs"')
    (test.work / "sigs/libanswer.so.kxsig").write_text("nonsense")
    done = scene.run("dlopen", scene.library, more='signatures = "sigs"')
    test.complains(done, 125, r"policy\.toml:2: libanswer\.so\.kxsig is not a signature")


@case("library-policy/bad-policies", quick=True)
def bad_policies(test):
    """Found before anything starts, with the line."""
    for text, pattern in (("mode = 'enforce'\nmodus = 1\n", r"bad\.toml:2: 'modus' is nothing"), ("", "'mode' is missing"),
                          ("mode = 'enforce'\n[[library]]\nsigned-by = 'x'\n", r"bad\.toml:3: there is no key 'x'"),
                          ("mode = 'enforce'\n[keys]\nx = 'none.pub'\n", r"bad\.toml:3: .*none\.pub: No such file"),
                          ("mode = \n", r"bad\.toml:1: ")):
        (test.work / "bad.toml").write_text(text)
        test.complains(test.pvm("true", ["--library-policy", "bad.toml"]), 125, pattern)
    test.complains(test.pvm("true", ["--library-policy", "none.toml"]), 125, "none.toml: No such file")


@case("library-policy/kx-lib", quick=True)
def lib(test):
    scene = Scene(test)
    test.equal("secret", stat.S_IMODE(os.stat(test.work / "vendor.key").st_mode), 0o600)
    test.complains(test.execute([test.kx, "lib", "keygen", "--output", "vendor"]), 125, "vendor.key: File exists")
    test.equal("good", kx_lib(test, "verify", "--key", "vendor.pub", scene.library).out.decode(), f"{scene.library}: good\n")
    bad = kx_lib(test, "verify", "--key", "other.pub", scene.library, scene.loader, status=1).out.decode().splitlines()
    test.check("another key" in bad[0] and "no signature" in bad[1], f"not told apart: {bad}")
    with open(scene.library, "ab") as file:
        file.write(b"x")
    bad = kx_lib(test, "verify", "--key", "vendor.pub", scene.library, status=1)
    test.check(b"changed since" in bad.out, f"not seen: {bad}")
    kx_lib(test, "sign", "--key", "vendor.key", "--output", "elsewhere", scene.library)
    kx_lib(test, "verify", "--key", "vendor.pub", "--signature", "elsewhere", scene.library)
    for words, pattern in ((["sign", "--key", "vendor.pub", "x"], "not a secret key"), (["sign", "--key", "vendor.key", "none"], "none: No such file"),
                           (["verify", "--key", "vendor.key", "x"], "not a public key"), (["verify", "--key", "none", "x"], "No such file")):
        test.complains(test.execute([test.kx, "lib", *words]), 125, pattern)
    for words in ([], ["what"], ["sign"], ["keygen"]):
        done = subprocess.run([test.kx, "lib", *words], capture_output=True, check=False)
        test.equal(f"kx lib {words}", (done.returncode, done.stdout, done.stderr.count(b"\n")), (125, b"", 1))
