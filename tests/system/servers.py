"""What the cases with servers share: a server as a pVM or natively, its place on the disk, ports, clients, certificates."""
import http.client
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from harness import Failed, Skipped, shell_status, wait_until

ADDRESS = "127.0.0.1"
LIMIT_S = 90


def only_here(test):
    """Clients of the host cannot reach a server in the software lane: it is another machine."""
    if test.setup.lane == "software":
        raise Skipped("the servers of the lane are inside it")


def need_root():
    if os.geteuid() != 0:
        raise Skipped("needs root")


class Place:
    """A directory that other users can reach too, whatever the modes above the tests' own; its short path fits a socket's name."""

    def __init__(self, owner=None):
        self.owner = owner

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="kx-servers-", dir="/var/tmp"))
        self.path.chmod(0o755)
        if self.owner:
            entry = pwd.getpwnam(self.owner)
            os.chown(self.path, entry.pw_uid, entry.pw_gid)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def free_port(address=ADDRESS, kind=socket.SOCK_STREAM):
    """A port that nobody has, below those which the kernel gives to clients: none of them can take it meanwhile."""
    chance = random.SystemRandom()
    for _ in range(1000):
        port = chance.randrange(12000, 32000)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError:
                pass
    raise Failed("no free port")


class Server:
    """A program in the background, as a pVM unless `native`; its output goes to a file. Ended with the block."""

    def __init__(self, test, command, options=(), native=False, port=None, log=None):
        self.test, self.port = test, port
        self.words = test.words(command) if native else test.pvm_command(command, options)
        self.log_path = pathlib.Path(log or test.work / f"server-{port}.log")

    def __enter__(self):
        with open(self.log_path, "ab") as log:
            self.process = self.test.start(self.words, stdout=log, stderr=log)
        self.id = str(self.process.pid)
        if self.port:
            try:
                wait_until(self.reachable, LIMIT_S, f"a server on port {self.port}: {self.words}")
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def log(self):
        return self.log_path.read_text(errors="backslashreplace")

    def reachable(self):
        if self.process.poll() is not None:
            raise Failed(f"ended with {self.process.returncode} before it listened: {self.log()[-1500:]}")
        try:
            socket.create_connection((ADDRESS, self.port), 5).close()
            return True
        except OSError:
            return False

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        """The whole family at once: the hypervisor is its only process."""
        self.process.kill()
        self.process.wait()

    def end(self, number=signal.SIGTERM):
        """Asks it to end; gives its status as a shell sees it. A number of 0 only waits."""
        if number:
            self.send(number)
        return self.wait()

    def wait(self):
        try:
            return shell_status(self.process.wait(LIMIT_S))
        except subprocess.TimeoutExpired:
            raise Failed(f"not ended within {LIMIT_S} s: {self.words}: {self.log()[-1500:]}") from None

    def kx(self, *words, **options):
        """Runs a command of kx on the family: {id} stands for it."""
        return self.test.execute([self.test.kx, *[str(word).replace("{id}", self.id) for word in words]], **options)


class Crowd:
    """Threads that run a function until they are told to stop; what one raises, stop() raises."""

    def __init__(self, count, function):
        self.ended = threading.Event()
        self.problems = []
        self.function = function
        self.threads = [threading.Thread(target=self.run, args=(number,), daemon=True) for number in range(count)]

    def run(self, number):
        try:
            self.function(number)
            while not self.ended.is_set():
                self.function(number)
        except BaseException as problem:  # carried to the thread that waits
            self.problems.append(problem)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(LIMIT_S)
            if thread.is_alive():
                raise Failed(f"a client got no answer within {LIMIT_S} s")
        if self.problems:
            raise Failed(f"{len(self.problems)} of {len(self.threads)} clients failed: {self.problems[0]!r}")

    def __exit__(self, kind, *_):
        self.ended.set()
        if kind is None:
            self.stop()


def at_once(count, function):
    """Runs function(number) in as many threads, each once."""
    crowd = Crowd(count, function)
    crowd.ended.set()
    with crowd:
        pass


def get(port, path, connection=None, method="GET", headers=None, body=None):
    """One request; gives the response, read, as (status, headers, body)."""
    own = connection is None
    if own:
        connection = http.client.HTTPConnection(ADDRESS, port, timeout=LIMIT_S)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        if own:
            connection.close()


def certificate(test, folder):
    """A self-signed certificate for localhost and the loopback address: gives the paths of it and of its key."""
    test.need("openssl")
    pem, key = folder / "certificate.pem", folder / "key.pem"
    done = test.native(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", f"subjectAltName=DNS:localhost,IP:{ADDRESS}", "-keyout", key, "-out", pem])
    test.equal("openssl", done.status, 0)
    return pem, key


def web_files(folder):
    """Files of many sizes, around those of pages and buffers; gives names to contents."""
    folder.mkdir()
    chance = random.Random(5)
    files = {f"{size}.bin": chance.randbytes(size) for size in (0, 1, 4095, 4096, 4097, 65536, 300001, 8 << 20)}
    files["page.html"] = b"<!DOCTYPE html><title>page</title>\n"
    for name, contents in files.items():
        (folder / name).write_bytes(contents)
    return files
