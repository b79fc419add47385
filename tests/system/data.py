"""sqlite3, jq, openssl and bc."""
import os

from harness import Skipped, case, same_programs

# About 50 MB: 100 000 rows of 480 bytes of text that is the same in every run.
FILL = """
pragma journal_mode={mode};
create table t(id integer primary key, name text, n integer, body text);
with recursive c(i) as (select 1 union all select i + 1 from c where i < 100000)
insert into t select i, 'name' || (i * 7919 % 100000), i * 31 % 1009, substr(hex(zeroblob(240)), 1, 470) || printf('%010d', i) from c;
create index by_n on t(n, name);
create index by_name on t(name);
select count(*), sum(n), max(name) from t;
select n, count(*) from t where name between 'name1' and 'name2' group by n order by 2 desc, 1 limit 10;
update t set n = n + 1 where id % 10 = 0;
delete from t where id % 17 = 0;
pragma integrity_check;
select count(*), sum(n), sum(length(body)) from t;
"""


@case("sqlite3/50-megabytes")
def fifty_megabytes(test):
    test.same("sqlite3 -batch data.db", stdin=FILL.format(mode="delete").encode(), limit=3 * test.setup.limit_s)
    test.check(os.path.getsize(test.work / "data.db") > 50_000_000, "the file is smaller than 50 MB")
    test.equal("native check", test.native("sqlite3 data.db 'pragma integrity_check'").out, b"ok\n")
    test.equal("pVM check, read-only", test.pvm("sqlite3 -readonly {work}/data.db 'pragma integrity_check'", ["--volume", "{work}:{work}:ro"]).out,
               b"ok\n")


@case("sqlite3/write-ahead-log")
def write_ahead_log(test):
    test.same("sqlite3 -batch data.db", stdin=FILL.format(mode="wal").replace("100000", "5000").encode())


@case("sqlite3/read-only-root", quick=True)
def read_only_root(test):
    test.native("sqlite3 data.db 'create table t(a)'")
    done = test.pvm("sqlite3 {work}/data.db 'insert into t values(1)'")
    test.equal("status", (done.status, b"readonly" in done.err), (8, True))


same_programs("sqlite3", {
    "memory": {"command": "sqlite3 :memory: 'select sqlite_version(), 1/3.0, upper(\"a\" || hex(\"b\")), json_extract(\"[1,2]\", \"$[1]\")'"},
    "temporary": {"command": "sqlite3 data.db", "stdin": b"pragma temp_store=file; create temp table t(a); insert into t values(1); select * from t;"},
    "syntax-error": {"command": "sqlite3 :memory: 'selec 1'"},
}, quick=("memory",))

same_programs("jq", {
    "map": "jq 'map({name, n: (.tags | length), s: (.score * 1000 | floor)}) | group_by(.name) | map({(.[0].name): length}) | add' {input}/people.json",
    "compact": "jq -c '.[] | select(.score > 0.9)' {input}/people.json",
    "stdin": {"command": "jq -r '.[].name | ascii_upcase'", "stdin": "{input}/people.json"},
    "error": {"command": "jq . {input}/text.txt"},
}, quick=("map",))

same_programs("openssl", {
    "dgst": "openssl dgst -sha256 -sha3-512 {input}/large.bin",
    "hmac": "openssl dgst -hmac key -sha1 {input}/text.txt",
    "enc": "openssl enc -aes-256-cbc -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 00 -in {input}/large.bin -out out",
    "enc-pbkdf2": "openssl enc -chacha20 -pbkdf2 -S 0102030405060708 -pass pass:secret -in {input}/text.txt",
    "asn1": {"command": "openssl asn1parse -genstr UTF8:hello"},
    "ciphers": "openssl ciphers -v",
    "prime": "openssl prime -generate -bits 12 -checks 1 -help",
    "speed": {"command": "openssl speed -seconds 1 -bytes 1024 sha256", "compare": ("status",), "status": 0},
    "rand": {"command": "openssl rand -hex 16", "normalize": lambda data: len(data)},
    "genrsa": {"command": "openssl genpkey -algorithm ed25519", "normalize": lambda data: data[:20]},
}, quick=("dgst", "enc"))

same_programs("bc", {
    "pi": {"command": "bc -l", "stdin": b"scale=500; 4*a(1); e(1)\n"},
    "factorial": {"command": "bc -q", "stdin": b"define f(n) { if (n < 2) return 1; return n * f(n - 1); }\nf(500)\n"},
    "error": {"command": "bc -q", "stdin": b"1/0\n2+\n"},
}, quick=("pi",))


@case("openssl/round-trip")
def round_trip(test):
    """Encrypted in a pVM, decrypted natively."""
    key = "-pbkdf2 -pass pass:x"
    done = test.pvm(f"openssl enc -aes-128-ctr {key} -in {{input}}/random.bin -out {{work}}/e", ["--rw", "{work}"])
    test.equal("status", (done.status, done.err), (0, b""))
    plain = test.native(f"openssl enc -d -aes-128-ctr {key} -in {{work}}/e").out
    test.check(plain == (test.input / "random.bin").read_bytes(), "the bytes differ")


@case("openssl/self-signed")
def self_signed(test):
    if not os.path.exists("/etc/ssl/openssl.cnf"):
        raise Skipped("no /etc/ssl/openssl.cnf")
    done = test.pvm("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=kx -days 2 -keyout {work}/k -out {work}/c", ["--rw", "{work}"])
    test.equal("status", (done.status, done.out), (0, b""))
    test.equal("verified", test.native("openssl verify -CAfile c c").out, b"c: OK\n")
