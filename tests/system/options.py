"""The options of kx run: what the program sees, what it may write, and what stays on the host."""
import os
import socket
import stat

from harness import Skipped, case

PYTHON = "/usr/bin/python3"


def python(test, program, options=(), **more):
    return test.pvm([PYTHON, "-c", program], options, **more)


@case("options/exit-statuses", quick=True)
def exit_statuses(test):
    for command, status in (("true", 0), ("false", 1), ("sh -c 'exit 255'", 255), ("sh -c 'kill -9 $$'", 137),
                            ("sh -c 'kill -TERM $$'", 143), ("sh -c 'kill -SEGV $$'", 139), ("/etc", 126), ("no-such-thing", 127)):
        test.equal(command, test.pvm(command).status, status)


@case("options/read-only-root", quick=True)
def read_only_root(test):
    """Nothing outside --rw can be written: EROFS, whoever asks."""
    done = python(test, """
import errno, os
def attempt(name, call):
    try:
        call()
        print(name, "worked")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
attempt("open", lambda: open("/etc/kx-test", "w"))
attempt("append", lambda: open("/etc/passwd", "a"))
attempt("mkdir", lambda: os.mkdir("/usr/kx-test"))
attempt("chmod", lambda: os.chmod("/etc/passwd", 0o600))
attempt("rename", lambda: os.rename("/etc/passwd", "/etc/passwd2"))
attempt("unlink", lambda: os.unlink("/etc/passwd"))
attempt("link", lambda: os.symlink("x", "/root/kx-test"))
attempt("utime", lambda: os.utime("/etc/passwd"))
attempt("here", lambda: open("here", "w"))
""", ["--workdir", "{input}"])
    expected = "".join(f"{name} EROFS\n" for name in ("open", "append", "mkdir", "chmod", "rename", "unlink", "link", "utime", "here"))
    test.equal("output", (done.out.decode(), done.err), (expected, b""))


@case("options/private-tmp", quick=True)
def private_tmp(test):
    """/tmp and /dev/shm are empty, writable, and gone afterwards."""
    name = f"kx-test-{os.getpid()}"
    for directory in ("/tmp", "/dev/shm"):
        with open(f"{directory}/{name}", "w", encoding="ascii"):
            pass
        try:
            done = python(test, f"import os; d = {directory!r}; print(os.listdir(d)); open(d + '/own-{name}', 'w').write('x'); print(os.listdir(d)); "
                          f"print(oct(os.stat(d).st_mode))")
            test.equal(directory, (done.out.decode(), done.err), (f"[]\n['own-{name}']\n0o41777\n", b""))
            test.check(not os.path.exists(f"{directory}/own-{name}"), f"what the pVM made in {directory} is on the host")
        finally:
            os.remove(f"{directory}/{name}")


@case("options/rw-under-tmp", quick=True)
def rw_under_tmp(test):
    directory = f"/tmp/kx-test-rw-{os.getpid()}"
    os.makedirs(directory + "/deep")
    try:
        done = test.pvm(["cp", test.input / "text.txt", directory + "/deep/copy"], ["--rw", directory])
        test.equal("status", (done.status, done.err), (0, b""))
        test.check(os.path.exists(directory + "/deep/copy"), "the copy is not on the host")
        test.equal("what is seen", test.pvm("ls /tmp", ["--rw", directory]).out.decode(), os.path.basename(directory) + "\n")
        one = test.pvm(["tee", directory + "/deep/copy"], ["--rw", directory + "/deep/copy"], stdin=b"new")
        test.equal("one file", (one.status, open(directory + "/deep/copy", "rb").read()), (0, b"new"))
    finally:
        test.native(["rm", "-rf", directory])


@case("options/volume")
def volume(test):
    (test.work / "source").mkdir()
    (test.work / "source/file").write_text("hello\n")
    done = test.pvm("cat /data/file", ["--volume", "{work}/source:/data:ro"])
    test.equal("read-only: read", (done.status, done.out), (0, b"hello\n"))
    done = test.pvm("touch /data/new", ["--volume", "{work}/source:/data:ro"])
    test.equal("read-only: write", (done.status, b"Read-only file system" in done.err), (1, True))
    done = test.pvm("cp /data/file /data/new", ["-v", "{work}/source:/data"])
    test.equal("read-write", (done.status, done.err, (test.work / "source/new").read_text()), (0, b"", "hello\n"))
    done = test.pvm("cat /etc/hostname", ["--volume", "{work}/source/file:/etc/hostname:ro"])
    test.equal("a file over a file", done.out, b"hello\n")
    done = test.pvm("ls /data /data/inner", ["--volume", "{work}/source:/data:ro", "--volume", "{input}/tree/d1/e1:/data/inner:ro"])
    test.check(b"f1.txt" in done.out or done.status != 0, f"nested: {done}")
    test.equal("on the host", sorted(os.listdir(test.work / "source")), ["file", "new"])


@case("options/env")
def env(test):
    done = test.pvm("env", ["--env", "A=1", "-e", "B=two words", "--env=C=", "--env", "HOME", "--env", "TZ=Mars"])
    lines = done.out.decode().splitlines()
    for line in ("A=1", "B=two words", "C=", "TZ=Mars", "LANG=C.UTF-8"):
        test.check(line in lines, f"{line} is not in {lines}")
    test.check(not [line for line in lines if line.startswith("HOME=")], "HOME was to be removed")


@case("options/workdir", quick=True)
def workdir(test):
    test.equal("given", test.pvm("pwd", ["--workdir", "/usr/share"]).out, b"/usr/share\n")
    test.equal("current", test.pvm("pwd").out.decode(), f"{test.work}\n")
    test.equal("relative program", test.pvm("./true", ["--workdir", "/bin"]).status, 0)
    test.equal("invisible", test.pvm("pwd", cwd="/dev/shm" if os.access("/dev/shm", os.X_OK) else "/").status, 0)


@case("options/user")
def user(test):
    if os.geteuid() != 0:
        done = test.pvm("id -u", ["--user", "1:1"])
        test.equal("without root", done.status, 125)
        return
    done = test.pvm("id -u", ["--user", "65534:65533", "--workdir", "/"])
    test.equal("uid", (done.out, done.err), (b"65534\n", b""))
    test.equal("gid", test.pvm("id -G", ["--user", "65534:65533", "--workdir", "/"]).out, b"65533\n")
    test.equal("gid by default", test.pvm("id -g", ["--user", "1234", "--workdir", "/"]).out, b"1234\n")
    shadow = test.pvm("cat /etc/shadow", ["--user", "65534:65534", "--workdir", "/"])
    test.equal("/etc/shadow", (shadow.status, b"Permission denied" in shadow.err), (1, True))


@case("options/hostname")
def hostname(test):
    test.equal("given", test.pvm("uname -n", ["--hostname", "kylin"]).out, b"kylin\n")
    test.equal("by gethostname", python(test, "import socket; print(socket.gethostname())", ["--hostname", "kylin"]).out, b"kylin\n")
    if test.setup.lane != "software":
        test.equal("default", test.pvm("uname -n").out.decode(), socket.gethostname() + "\n")
    test.equal("the host's", test.native("uname -n").out.decode(), socket.gethostname() + "\n")


@case("options/memory", quick=True)
def memory(test):
    """The limit is what the program sees, and holds."""
    done = python(test, "import os; print(os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') >> 20)", ["--memory", "256M"])
    test.equal("seen", done.out, b"256\n")
    done = test.pvm("grep MemTotal /proc/meminfo", ["--memory", "128M"])
    test.equal("in /proc", done.out.split(), [b"MemTotal:", b"131072", b"kB"])
    test.equal("enough", python(test, "x = b'x' * (100 << 20); print(len(x))", ["--memory", "256M"]).out, b"104857600\n")


@case("options/root")
def root(test):
    """Another root directory, with a static program in it."""
    if not os.path.exists("/bin/busybox"):
        raise Skipped("no busybox")
    for directory in ("bin", "tmp", "proc", "dev", "sys", "etc"):
        (test.work / "root" / directory).mkdir(parents=True)
    test.native("cp /bin/busybox root/bin/busybox")
    os.symlink("busybox", test.work / "root/bin/ls")
    done = test.pvm("/bin/ls /", ["--root", "{work}/root"])
    test.equal("list", (sorted(done.out.split()), done.err), ([b"bin", b"dev", b"etc", b"proc", b"sys", b"tmp"], b""))
    test.equal("by name", test.pvm("ls /bin", ["--root", "{work}/root", "--env", "PATH=/bin"]).out, b"busybox\nls\n")
    done = test.pvm("/bin/busybox touch /etc/x", ["--root", "{work}/root"])
    test.equal("read-only", (done.status, b"Read-only" in done.err), (1, True))
    done = test.pvm("/bin/busybox cat ../../../../../../etc/passwd", ["--root", "{work}/root", "--workdir", "/etc"])
    test.equal("no way out", done.status, 1)


@case("options/program-options", quick=True)
def program_options(test):
    """What follows the program belongs to it."""
    words = [*test.setup.pvm_words(), "echo", "--stats", "--", "-e", "--help"]
    test.equal("without --", test.execute(words).out, b"--stats -- -e --help\n")


@case("options/devices")
def devices(test):
    done = python(test, """
import os, stat
for name in ("null", "zero", "full", "random", "urandom", "tty"):
    status = os.stat("/dev/" + name)
    print(name, stat.S_ISCHR(status.st_mode), os.major(status.st_rdev), os.minor(status.st_rdev))
print(open("/dev/zero", "rb").read(5), len(open("/dev/urandom", "rb").read(1000)), open("/dev/null").read())
try:
    open("/dev/full", "wb", 0).write(b"x")
except OSError as error:
    print(error)
for name in ("kvm", "mem", "kmsg", "vda"):
    try:
        open("/dev/" + name, "rb")
        print(name, "opened")
    except OSError:
        pass
""")
    test.equal("output", (done.out.decode(), done.err), (
        "null True 1 3\nzero True 1 5\nfull True 1 7\nrandom True 1 8\nurandom True 1 9\ntty True 5 0\n"
        "b'\\x00\\x00\\x00\\x00\\x00' 1000 \n[Errno 28] No space left on device\n", b""))


@case("options/ownership")
def ownership(test):
    """What a pVM makes belongs to the caller and obeys the umask."""
    test.pvm("mkdir d", ["--rw", "{work}"], umask=0o027)
    status = (test.work / "d").stat()
    test.equal("directory", (stat.S_IMODE(status.st_mode), status.st_uid), (0o750, os.geteuid()))


@case("options/host-objects", quick=True)
def host_objects(test):
    """Neither a procfs nor a socket of the host, a FIFO or an abstract name is a way out of the view; abstract names are its own."""
    if test.setup.lane == "software":
        raise Skipped("sockets of the host do not reach into the lane")
    directory = f"{test.work}/host"
    os.makedirs(directory)
    os.mkfifo(f"{directory}/fifo")
    name = f"kx-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as abstract:
        server.bind(f"{directory}/socket")
        server.listen()
        abstract.bind("\0" + name)
        abstract.listen()
        done = python(test, f"NAME = chr(0) + '{name}'" + """
import errno, os, socket
def attempt(name, call):
    try:
        print(name, call() or "worked")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
def connect(name):
    socket.socket(socket.AF_UNIX).connect(name)
own = socket.socket(socket.AF_UNIX)
own.bind("/tmp/own")
own.listen()
attempt("own", lambda: connect("/tmp/own"))
attempt("writable", lambda: connect("/rw/socket"))
attempt("read-only", lambda: connect("/ro/socket"))
attempt("fifo", lambda: os.close(os.open("/ro/fifo", os.O_RDWR)))
attempt("abstract", lambda: connect(NAME))
mine = socket.socket(socket.AF_UNIX)
attempt("bind", lambda: mine.bind(NAME))
attempt("name", lambda: mine.getsockname() == NAME.encode())
mine.listen()
attempt("own abstract", lambda: connect(NAME))
attempt("procfs", lambda: len(os.listdir("/all/proc")))
""", ["--volume", "{work}/host:/ro:ro", "--volume", "{work}/host:/rw", "--volume", "/:/all:ro"])
    test.equal("output", (done.out.decode(), done.err),
               ("own worked\nwritable worked\nread-only EACCES\nfifo EROFS\nabstract ECONNREFUSED\nbind worked\nname True\nown abstract worked\nprocfs worked\n", b""))
    done = test.pvm("true", ["--volume", "/proc:/p"])
    test.check(done.status != 0 and b"is on a procfs" in done.err, f"a volume of /proc: {done.status} {done.err}")
