"""Programs of language runtimes that serve, and clients: Python, Node, Go, curl and OpenSSL; their own output is compared with a native run's."""
import shlex
import signal

from harness import HERE, case, compile_program
from servers import ADDRESS, LIMIT_S, Place, Server, at_once, certificate, free_port, get, only_here, web_files

PYTHON = "/usr/bin/python3"


def source(name):
    return HERE / "sources" / name


def same_source(test, words, *names):
    """Compares a run of what lies in sources/, which the pVM sees as the host does."""
    test.same([*words, *map(str, names)], kx_options=["--volume", f"{HERE / 'sources'}:{HERE / 'sources'}:ro"],
              limit=max(LIMIT_S, test.setup.limit_s))


@case("servers/python-threads", quick=True)
def python_threads(test):
    same_source(test, [PYTHON], source("pools.py"), "threads")


@case("servers/python-pools")
def python_pools(test):
    """multiprocessing by fork and by spawn, executors, queues, locks, a manager, shared memory; workers that are killed."""
    same_source(test, [PYTHON], source("pools.py"))


@case("servers/python-asyncio")
def python_asyncio(test):
    same_source(test, [PYTHON], source("asyncio_server.py"))


@case("servers/python-http")
def python_http(test):
    """http.server with a thread for each connection: files, a listing, what is not there, its log and its end by Ctrl-C."""
    only_here(test)
    port = free_port()
    with Place() as folder:
        files = web_files(folder / "www")
        command = [PYTHON, "-m", "http.server", port, "--bind", ADDRESS, "--directory", folder / "www"]
        with Server(test, command, ["--volume", f"{folder}:{folder}:ro"], port=port) as server:

            def client(number):
                for name in sorted(files, reverse=number % 2 == 0):
                    status, _, body = get(port, f"/{name}?{number}")
                    test.check(status == 200 and body == files[name], f"{name}: {status}, {len(body)} bytes")

            at_once(6, client)
            test.check(all(name.encode() in get(port, "/")[2] for name in files), "the listing")
            test.equal("not there", get(port, "/nothing")[0], 404)
            test.equal("status", server.end(signal.SIGINT), 0)
            for number in range(6):
                test.equal("lines of the log", server.log().count(f"?{number} HTTP"), len(files))


@case("servers/node")
def node(test):
    """A cluster behind one port, of which one process is killed, threads with shared memory, zlib, crypto, commands."""
    test.need("node")
    same_source(test, ["node"], source("cluster.js"))


@case("servers/go")
def go(test):
    """Goroutines, the network's poller, net/http, commands, signals, a fault that is recovered from."""
    test.need("go")
    cache = shlex.quote(f"GOCACHE={test.setup.build / 'go-cache'}")
    build = f"env HOME=/ GO111MODULE=off GOFLAGS= {cache} go build -o {{out}} sources/go_server.go"
    program = compile_program(test.setup, "go-server", build)
    for processors in ("1", "4"):
        test.same(["env", f"GOMAXPROCS={processors}", program], kx_options=["--volume", f"{program}:{program}:ro"], status=3,
                  limit=max(LIMIT_S, test.setup.limit_s))


@case("servers/openssl")
def openssl(test):
    """openssl s_server and curl, each of them natively and as a pVM, with the versions and kinds of keys that matter."""
    test.need("openssl", "curl")
    only_here(test)
    with Place() as folder:
        pem, key = certificate(test, folder)
        files = web_files(folder / "www")
        (folder / "www" / "data.html").write_bytes(files["300001.bin"])
        for native_server, native_client in ((True, False), (False, True), (False, False)):
            port = free_port()
            command = ["openssl", "s_server", "-accept", f"{ADDRESS}:{port}", "-cert", pem, "-key", key, "-WWW", "-quiet"]
            # s_server gives files of its directory alone.
            command = ["env", "-C", folder / "www", *command]
            with Server(test, command, ["--volume", f"{folder}:{folder}:ro"], native=native_server, port=port) as server:
                for version in ("--tlsv1.2 --tls-max 1.2", "--tlsv1.3"):
                    curl = ["curl", "-sS", *version.split(), "--cacert", pem, f"https://{ADDRESS}:{port}/data.html"]
                    done = test.native(curl) if native_client else test.pvm(curl)
                    test.check((done.status, done.err) == (0, b"") and done.out == files["300001.bin"],
                               f"{version}, native server {native_server}, native client {native_client}: {done}")
                server.end(signal.SIGTERM)
