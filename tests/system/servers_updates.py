"""Libraries of the distribution, exchanged in servers under load: again and again in both directions, without a failed request."""
import http.client
import os
import pathlib
import shutil
import signal
import ssl

import debian
from harness import HERE, Skipped, case, wait_until
from servers import ADDRESS, LIMIT_S, Crowd, Place, Server, certificate, free_port, get, need_root, only_here, web_files
from servers_web import configure_nginx

# How often to the new version and back.
TURNS = int(os.environ.get("KX_UPDATE_TURNS", "50" if os.environ.get("KX_FULL", "") not in ("", "0") else "5"))
LEAK_LIMIT_KIB = 1024


def folder_of(test):
    return test.setup.build / "debian"


def update(test, server, library, version):
    """The whole family; gives nothing, as it must succeed."""
    done = server.kx("lib", "update", "--timeout", "30", "{id}", library, pathlib.Path(version) / library, limit=2 * LIMIT_S)
    test.check(done.status == 0 and b"stood still" in done.out, f"update to {version}: {done}")


def held(server):
    """KiB of private memory of the family's processes, and how many descriptors its kx has."""
    rows = [line.split() for line in server.kx("ps").out.decode().splitlines()]
    memory = sum(int(row[3]) for row in rows if row[0].split(".")[0] == server.id)
    return memory, len(os.listdir(f"/proc/{server.id}/fd"))


def exchange(test, server, library, before, now, look):
    """TURNS times there and back; look(version) says which one is in effect."""
    look(before)
    early = None
    for turn in range(TURNS):
        for version in (now, before):
            update(test, server, library, version)
            look(version)
        if turn == min(1, TURNS - 1):
            early = held(server)
    late = held(server)
    test.check(late[0] <= early[0] + LEAK_LIMIT_KIB, f"private memory: {early[0]} KiB after two turns, {late[0]} KiB after {TURNS}")
    test.check(late[1] <= early[1] + 2, f"descriptors: {early[1]} after two turns, {late[1]} after {TURNS}")
    listed = server.kx("lib", "list", "{id}").out.decode()
    test.check(listed.count("update of") >= 2 * TURNS, f"history: {listed[-2000:]}")


@case("servers/updates-expat")
def updates_expat(test):
    """A security fix of libexpat in a python3 server with threads, while documents come in."""
    only_here(test)
    before, fixed = debian.expat(folder_of(test))
    document = ("<a>" + "<b x='1'>t&amp;</b>" * 200 + "</a>").encode()
    with Place() as folder:
        # Where all users can read it.
        for version in (before, fixed):
            (folder / version.name).mkdir()
            shutil.copy(version / "libexpat.so.1", folder / version.name)
        answers = {folder / before.name: "1 no error", folder / fixed.name: "0 invalid argument"}
        port = free_port()
        options = ["--env", f"LD_LIBRARY_PATH={folder / before.name}"]
        with Server(test, ["/usr/bin/python3", HERE / "sources/xml_server.py", port], options, port=port) as server:

            def client(_):
                status, _, body = get(port, "/", method="POST", body=document)
                test.check((status, body) == (200, b"201"), f"a document: status {status}, {body!r}")

            def look(version):
                test.equal(f"with {version.name}", get(port, "/")[2].decode(), answers[version])

            with Crowd(3, client):
                exchange(test, server, "libexpat.so.1", *answers, look)
            test.equal("the server's words", server.log().count("Traceback"), 0)


@case("servers/updates-nginx-tls")
def updates_nginx_tls(test):
    """Releases of libssl in nginx, its master and its workers, while clients make TLS connections and keep others: those that can
    be exchanged; others are refused, and nothing happens."""
    test.need("nginx", "openssl")
    only_here(test)
    need_root()
    libraries = [next(each.rglob("libssl.so.3")).parent for each in debian.package_versions(folder_of(test), "libssl3")]
    with Place() as folder:
        versions = [folder / str(number) for number in range(len(libraries))]
        for version, library in zip(versions, libraries):
            shutil.copytree(library, version)
        pem, key = certificate(test, folder)
        files = web_files(folder / "www")
        port, plain = free_port(), free_port()
        # Where all is slow a connection is not to be taken for forgotten.
        tls = f"listen {ADDRESS}:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {key}; keepalive_timeout 900s;"
        options = ["--rw", folder, "--env", f"LD_LIBRARY_PATH={versions[0]}"]
        context = ssl.create_default_context(cafile=str(pem))

        def connect():
            return http.client.HTTPSConnection("localhost", port, timeout=LIMIT_S, context=context)

        def ask(connection, name):
            status, _, body = get(port, "/" + name, connection)
            test.check(status == 200 and body == files[name], f"{name}: status {status}, {len(body)} bytes")

        kept = [connect() for _ in range(3)]

        def client(number):
            ask(kept[number], "65536.bin")
            fresh = connect()
            ask(fresh, "300001.bin" if number else "page.html")
            fresh.close()

        with Server(test, configure_nginx(folder, plain, tls=tls), options, port=port) as server:

            def loaded():
                lines = server.kx("lib", "list", "{id}").out.decode().splitlines()
                return [line for line in lines if "libssl.so.3" in line and "update of" not in line and "(replaced" not in line]

            def look(version):
                wait_until(lambda: len(loaded()) == 5, LIMIT_S, "libssl of a master and four workers")
                for row in loaded():
                    now = row.split("(now ")[-1] if "(now " in row else row
                    test.check(str(version) in now, f"not {version}: {row}")

            wait_until(lambda: len(loaded()) == 5, LIMIT_S, "four workers")
            usable = []
            with Crowd(3, client):
                for version in versions[1:]:
                    done = server.kx("lib", "update", "--dry-run", "{id}", "libssl.so.3", version / "libssl.so.3", limit=2 * LIMIT_S)
                    if done.status == 0:
                        usable.append(version)
                    else:
                        update = server.kx("lib", "update", "{id}", "libssl.so.3", version / "libssl.so.3", limit=2 * LIMIT_S)
                        test.check(update.status == 1 and b"cannot take the place of" in update.err, f"not usable, but: {update}")
                if usable:
                    exchange(test, server, "libssl.so.3", versions[0], usable[-1], look)
            if not usable:
                raise Skipped(f"no release of libssl can take the place of another: {done.err.decode()}")
            test.equal("status", server.end(signal.SIGQUIT), 0)
