"""Web servers as pVMs: nginx with its workers, Apache's processes; files, TLS, reload, logs and killed workers."""
import http.client
import os
import re
import shlex
import shutil
import signal
import socket
import ssl

from harness import ENVIRONMENT, case, wait_until
from servers import ADDRESS, LIMIT_S, Crowd, Place, Server, at_once, certificate, free_port, get, need_root, only_here, web_files

NGINX = """
{user}
worker_processes 4;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 256; }}
http {{
  types {{ text/html html; }}
  default_type application/octet-stream;
  access_log {folder}/access.log;
  sendfile on;
  keepalive_requests 100000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  add_header X-Worker $pid always;
  add_header X-Generation {generation} always;
  server {{
    listen {address}:{port};
    {tls}
    root {folder}/www;
  }}
}}
"""

APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Listen {address}:{port}
LoadModule mpm_{kind}_module /usr/lib/apache2/modules/mod_mpm_{kind}.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule {cgi}_module /usr/lib/apache2/modules/mod_{cgi}.so
ScriptAlias /script {folder}/script
TypesConfig /etc/mime.types
{user}
{numbers}
DocumentRoot {folder}/www
Header always set X-Generation {generation}
LogFormat "%r" short
CustomLog {folder}/access.log short
"""


def configure_nginx(folder, port, generation=1, tls=""):
    path = folder / "nginx.conf"
    user = "user www-data;" if os.geteuid() == 0 else ""
    path.write_text(NGINX.format(folder=folder, address=ADDRESS, port=port, generation=generation, tls=tls, user=user))
    return ["nginx", "-c", path, "-p", folder, "-e", folder / "error.log"]


def nginx(test, folder, **more):
    test.need("nginx")
    only_here(test)
    port = free_port()
    return Server(test, configure_nginx(folder, port, **more), ["--rw", folder], port=port)


def worker_of(port):
    return int(get(port, "/page.html")[1]["X-Worker"])


def downloads(test, port, files):
    """Many connections, each of which asks for every file in an order of its own, and stays the same connection."""

    def client(number):
        connection = http.client.HTTPConnection(ADDRESS, port, timeout=LIMIT_S)
        connection.connect()
        first = connection.sock
        names = sorted(files)
        for name in names[number:] + names[:number]:
            status, _, body = get(port, "/" + name, connection)
            test.check(status == 200 and body == files[name], f"{name}: status {status}, {len(body)} bytes, expected {len(files[name])}")
        test.check(connection.sock is first, "the connection was not kept")
        connection.close()

    at_once(6, client)


@case("servers/nginx-files")
def nginx_files(test):
    """A master and four workers: files byte by byte over connections that are kept, ranges, heads and errors."""
    with Place() as folder, nginx(test, folder) as server:
        files = web_files(folder / "www")
        downloads(test, server.port, files)
        status, headers, body = get(server.port, "/300001.bin", headers={"Range": "bytes=4000-70000"})
        test.check((status, body) == (206, files["300001.bin"][4000:70001]), f"a range: {status} {headers}")
        status, headers, body = get(server.port, "/65536.bin", method="HEAD")
        test.equal("a head", (status, headers["Content-Length"], body), (200, "65536", b""))
        test.equal("not there", get(server.port, "/nothing")[0], 404)
        test.equal("not allowed", get(server.port, "/page.html", method="POST")[0], 405)
        test.equal("status", server.end(signal.SIGQUIT), 0)
        test.check(not (folder / "nginx.pid").exists(), "the file of the pid is left")


@case("servers/nginx-tls")
def nginx_tls(test):
    """TLS with curl natively, curl as a pVM, and a session that is taken up again."""
    test.need("curl", "openssl")
    with Place() as folder:
        pem, key = certificate(test, folder)
        port = free_port()
        with nginx(test, folder, tls=f"listen {ADDRESS}:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {key};") as server:
            files = web_files(folder / "www")
            curl = ["curl", "-sS", "--cacert", pem, f"https://localhost:{port}/300001.bin", f"https://localhost:{port}/8388608.bin"]
            expected = files["300001.bin"] + files["8388608.bin"]
            for how, done in (("native", test.native(curl)), ("pVM", test.pvm(curl))):
                test.check((done.status, done.err) == (0, b"") and done.out == expected, f"curl, {how}: {done}")
            done = test.pvm(["curl", "-sS", f"https://localhost:{port}/page.html"])
            test.check(done.status == 60 and b"self-signed" in done.err, f"an unknown certificate: {done}")
            context = ssl.create_default_context(cafile=str(pem))
            context.maximum_version = ssl.TLSVersion.TLSv1_2  # there the session is known once the handshake is done
            session = None
            for number in range(4):
                with context.wrap_socket(socket.create_connection((ADDRESS, port), LIMIT_S), server_hostname="localhost", session=session) as connection:
                    connection.sendall(b"GET /page.html HTTP/1.0\r\n\r\n")
                    text = b"".join(iter(lambda: connection.recv(65536), b""))
                    test.check(text.endswith(b"\r\n\r\n" + files["page.html"]), f"page: {text!r}")
                    session = connection.session
            test.equal("status", server.end(signal.SIGQUIT), 0)


@case("servers/nginx-reload")
def nginx_reload(test):
    """SIGHUP under load: every request is answered, by old workers or new ones, and the new configuration comes into force."""
    with Place() as folder, nginx(test, folder) as server:
        files = web_files(folder / "www")

        def client(_):
            status, _, body = get(server.port, "/300001.bin")
            test.check(status == 200 and body == files["300001.bin"], f"status {status}, {len(body)} bytes")

        with Crowd(4, client):
            for generation in range(2, 7):
                configure_nginx(folder, server.port, generation)
                server.send(signal.SIGHUP)
                # Old workers accept until they have been told: only a run of new answers says that there are none.
                wait_until(lambda: all(get(server.port, "/page.html")[1]["X-Generation"] == str(generation) for _ in range(8)), LIMIT_S, "a new generation")
        (folder / "nginx.conf").write_text("nonsense;\n")
        server.send(signal.SIGHUP)
        wait_until(lambda: "unknown directive" in (folder / "error.log").read_text(), LIMIT_S, "a complaint about the configuration")
        test.equal("goes on with the old one", get(server.port, "/page.html")[1]["X-Generation"], "6")
        test.equal("status", server.end(signal.SIGQUIT), 0)


@case("servers/nginx-logs")
def nginx_logs(test):
    """Logs that are renamed under load and opened anew at SIGUSR1 hold each request once."""
    with Place() as folder, nginx(test, folder) as server:
        web_files(folder / "www")
        counts = [0] * 4

        def client(number):
            test.equal("status", get(server.port, f"/page.html?{number}.{counts[number]}")[0], 200)
            counts[number] += 1

        log = folder / "access.log"
        with Crowd(4, client):
            for turn in range(4):
                before = sum(counts)
                wait_until(lambda: sum(counts) > before + 40, LIMIT_S, "requests")
                log.rename(folder / f"access.{turn}")
                server.send(signal.SIGUSR1)
                wait_until(lambda: log.exists() and log.stat().st_size > 0, LIMIT_S, "a new log that is written to")
        test.equal("status", server.end(signal.SIGQUIT), 0)
        lines = [line for path in folder.glob("access.*") for line in path.read_text().splitlines()]
        logged = sorted(re.search(r"page\.html\?(\d+\.\d+) ", line)[1] for line in lines)
        expected = sorted(f"{number}.{i}" for number in range(4) for i in range(counts[number]))
        test.check(logged == expected, f"{len(logged)} lines of {len(expected)} requests, missing {sorted(set(expected) - set(logged))[:5]}")


@case("servers/nginx-worker-killed")
def nginx_worker_killed(test):
    """Workers belong to www-data; the master sees that one was killed and starts another."""
    need_root()
    with Place() as folder, nginx(test, folder) as server:
        web_files(folder / "www")
        identity = test.native("id -u www-data").out.decode().strip()

        def status_of(pid):
            done = server.kx("exec", "{id}", "--", "cat", f"/proc/{pid}/status")
            return re.search(r"Uid:\s+(\d+)\s+(\d+)", done.out.decode()), re.search(r"PPid:\s+(\d+)", done.out.decode())

        for _ in range(3):
            pid = worker_of(server.port)
            user, parent = status_of(pid)
            test.check(user and user.groups() == (identity, identity) and parent[1] == "2", f"worker {pid}: {user}, {parent}")
            test.equal("kill", server.kx("exec", "{id}", "--", "kill", "-KILL", pid).status, 0)
            wait_until(lambda: f"{pid} exited on signal 9" in (folder / "error.log").read_text(), LIMIT_S, "the master learns of it")
            test.check(pid not in [worker_of(server.port) for _ in range(12)], f"worker {pid} still answers")
        started = len(re.findall(r"start worker process \d+", (folder / "error.log").read_text()))
        test.check(started >= 7, f"{started} workers were started")
        test.equal("status", server.end(signal.SIGTERM), 0)


@case("servers/nginx-upgrade")
def nginx_upgrade(test):
    """SIGUSR2 has another master executed, which inherits the listening sockets; the old one ends, and no request fails."""
    test.need("nginx")
    only_here(test)
    port = free_port()
    with Place() as folder:
        web_files(folder / "www")
        # A master executes what it was started as, without a search.
        command = shlex.join([shutil.which("nginx", path=ENVIRONMENT["PATH"]), *map(str, configure_nginx(folder, port)[1:])])
        # nginx does this only once it has become a daemon. The shell stays: a family ends with its first process.
        path = folder / "nginx.conf"
        path.write_text(path.read_text().replace("daemon off;", ""))
        with Server(test, ["sh", "-c", f"{command} && exec sleep 1000"], ["--rw", folder], port=port) as server:

            def signal_to(pid, number):
                test.equal("kill", server.kx("exec", "{id}", "--", "kill", f"-{number}", pid).status, 0)

            def client(_):
                test.equal("status", get(port, "/page.html")[0], 200)

            current, old = folder / "nginx.pid", folder / "nginx.pid.oldbin"
            wait_until(current.exists, LIMIT_S, "the file of the pid")  # nginx listens before it writes it
            with Crowd(3, client):
                for _ in range(2):
                    first = current.read_text().strip()
                    signal_to(first, "USR2")
                    wait_until(lambda: old.exists() and current.exists() and current.read_text().strip() not in ("", first), LIMIT_S, "a new master")
                    test.equal("the old one", old.read_text().strip(), first)
                    signal_to(first, "QUIT")
                    wait_until(lambda: not old.exists(), LIMIT_S, "the end of the old one")
            client(0)
            signal_to(current.read_text().strip(), "QUIT")
            wait_until(lambda: not current.exists(), LIMIT_S, "the end of the last one")


@case("servers/nginx-port-in-use")
def nginx_port_in_use(test):
    """The same complaint and exit status as natively."""
    test.need("nginx")
    only_here(test)
    with Place() as folder, socket.create_server((ADDRESS, 0)) as other:
        command = configure_nginx(folder, other.getsockname()[1])
        native = test.native(command)
        done = test.pvm(command, ["--rw", folder])
        test.equal("native status", native.status, 1)
        test.equal("pVM", (done.status, done.out, done.err), (native.status, native.out, native.err))


APACHE_NUMBERS = {"prefork": "StartServers 4\nMinSpareServers 2\nMaxSpareServers 4\nMaxRequestWorkers 16",
                  "event": "ScriptSock {folder}/cgid\nStartServers 2\nThreadsPerChild 8\nMinSpareThreads 8\nMaxSpareThreads 24\nMaxRequestWorkers 32"}


def configure_apache(folder, port, kind, generation=1, more=""):
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    text = APACHE.format(folder=folder, address=ADDRESS, port=port, generation=generation, user=user, kind=kind,
                         numbers=APACHE_NUMBERS[kind].format(folder=folder), cgi="cgi" if kind == "prefork" else "cgid")
    (folder / "apache.conf").write_text(text + more)


def apache(test, kind):
    """Files, SIGUSR1 under load without a failed request, and a log that holds each of them."""
    test.need("apache2")
    only_here(test)
    port = free_port()
    with Place() as folder:
        configure_apache(folder, port, kind)
        (folder / "script").write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s ' $QUERY_STRING; cat\necho to the log >&2\n")
        (folder / "script").chmod(0o755)
        files = web_files(folder / "www")
        with Server(test, ["apache2", "-f", folder / "apache.conf", "-DFOREGROUND"], ["--rw", folder], port=port) as server:
            downloads(test, port, files)

            def caller(number):
                for i in range(10):
                    status, _, body = get(port, f"/script?{number}.{i}", method="POST", body=b"x" * 10000 * i)
                    test.equal("a script", (status, body), (200, b"%d.%d " % (number, i) + b"x" * 10000 * i))

            at_once(3, caller)
            wait_until(lambda: (folder / "error.log").read_text().count("to the log") == 30, LIMIT_S, "what the scripts complained of")
            counts = [0] * 3

            def client(number):
                status, _, body = get(port, f"/65536.bin?{number}")
                test.check(status == 200 and body == files["65536.bin"], f"status {status}, {len(body)} bytes")
                counts[number] += 1

            with Crowd(3, client):
                for generation in range(2, 4):
                    configure_apache(folder, port, kind, generation)
                    server.send(signal.SIGUSR1)
                    wait_until(lambda: all(get(port, "/page.html")[1]["X-Generation"] == str(generation) for _ in range(8)), LIMIT_S, "a new generation")
                    before = sum(counts)
                    wait_until(lambda: sum(counts) > before + 20, LIMIT_S, "requests")
            test.equal("status", server.end(signal.SIGWINCH), 0)
            logged = re.findall(r"65536\.bin\?(\d)", (folder / "access.log").read_text())
            test.equal("lines of the log", [logged.count(str(number)) for number in range(3)], counts)


@case("servers/apache-prefork")
def apache_prefork(test):
    apache(test, "prefork")


@case("servers/apache-event")
def apache_event(test):
    """Debian's choice: processes with threads."""
    apache(test, "event")


@case("servers/apache-mutexes")
def apache_mutexes(test):
    """Processes that accept from several sockets in turn, held by each kind of lock that Apache knows; its default is the last."""
    test.need("apache2")
    only_here(test)
    for kind in ("sysvsem", "posixsem", "fcntl:{folder}", "flock:{folder}", "pthread"):
        with Place() as folder:
            ports = [free_port(), free_port()]
            more = f"\nListen {ADDRESS}:{ports[1]}\nMutex {kind.format(folder=folder)} default\n"
            configure_apache(folder, ports[0], "prefork", more=more)
            files = web_files(folder / "www")
            with Server(test, ["apache2", "-f", folder / "apache.conf", "-DFOREGROUND"], ["--rw", folder], port=ports[0]) as server:

                def client(number):
                    for _ in range(20):
                        status, _, body = get(ports[number % 2], "/4097.bin")
                        test.check(status == 200 and body == files["4097.bin"], f"{kind}: status {status}, {len(body)} bytes")

                def complaints():
                    return server.log() + "".join(path.read_text() for path in folder.glob("error.log"))

                wait_until(lambda: server.process.poll() is not None or "resuming normal operations" in complaints(), LIMIT_S, "the start")
                test.check(server.process.poll() is None, f"{kind}: ended: {complaints()}")
                at_once(4, client)
                test.equal(f"status with {kind}", server.end(signal.SIGTERM), 0)


# Answers a request by its body in reverse, over a socket in the file system.
UPSTREAM = """
import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def address_string(self):
        return ""
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))[::-1]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
class Upstream(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 100
server = Upstream(sys.argv[1], Handler)
print("ready", flush=True)
server.serve_forever()
"""


@case("servers/nginx-proxy")
def nginx_proxy(test):
    """nginx in one family before a server in another, by a socket in the file system; bodies that go through temporary files."""
    with Place() as folder:
        path = folder / "upstream"
        location = f"location /reverse {{ proxy_pass http://unix:{path}; client_max_body_size 10m; }}"
        with nginx(test, folder, tls=location) as server:
            web_files(folder / "www")
            test.equal("nobody there", get(server.port, "/reverse", method="POST", body=b"x")[0], 502)
            with Server(test, ["/usr/bin/python3", "-c", UPSTREAM, path], ["--rw", folder]) as upstream:
                wait_until(lambda: "ready" in upstream.log(), LIMIT_S, "the upstream")
                path.chmod(0o777)

                def client(number):
                    for size in (0, 1, 5000, 100000, 3000000):
                        body = os.urandom(size)
                        status, _, received = get(server.port, "/reverse", method="POST", body=body)
                        test.check(status == 200 and received == body[::-1], f"{size} bytes: status {status}, {len(received)} bytes")

                at_once(4, client)
                test.equal("too large", get(server.port, "/reverse", method="POST", body=bytes(11 << 20))[0], 413)
                upstream.kill()
            test.equal("gone", get(server.port, "/reverse", method="POST", body=b"x")[0], 502)
            test.equal("status", server.end(signal.SIGQUIT), 0)
