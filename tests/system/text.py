"""coreutils, find, grep, sed and gawk on the same files natively and as a pVM."""
import os

from harness import same_programs


def two_files(test):
    (test.work / "a").write_text("one\ntwo\n")
    (test.work / "b").write_text("three\n")
    (test.work / "d").mkdir()
    (test.work / "d/c").write_text("c\n")
    for name in ("a", "b", "d/c", "d"):
        os.utime(test.work / name, (1_600_000_000, 1_600_000_000))


def sorted_files(test):
    rows = sorted((test.input / "table.tsv").read_text().splitlines())
    (test.work / "left").write_text("\n".join(rows[:1200]) + "\n")
    (test.work / "right").write_text("\n".join(rows[800:]) + "\n")


TEXT = "{input}/text.txt"
TABLE = "{input}/table.tsv"

same_programs("coreutils", {
    "ls": "ls -laR --time-style=full-iso {input}/tree",
    "ls-color": "ls -1 --color=always -F {input}/tree/d1",
    "cat": f"cat -n {TEXT}",
    "cp": {"command": "cp -a d new", "prepare": two_files},
    "cp-large": {"command": "cp {input}/large.bin copy"},
    "mv": {"command": "mv -v a b d", "prepare": two_files},
    "rm": {"command": "rm -rfv a d", "prepare": two_files},
    "mkdir": "mkdir -pv x/y/z",
    "rmdir": {"command": "rmdir -v d", "prepare": two_files},
    "ln": {"command": "ln -sv a s", "prepare": two_files},
    "ln-hard": {"command": "ln a h", "prepare": two_files},
    "readlink": "readlink -f {input}/tree/d3/link",
    "realpath": "realpath --relative-to=/usr {input}/tree/d1/e1",
    "stat": "stat -c '%n %A %s %h %F %Y %u' {input}/tree/d1/link {input}/tree/d1 {input}/text.txt",
    "chmod": {"command": "chmod -v 640 a", "prepare": two_files},
    "touch": {"command": "touch -d 2020-02-02T02:02:02Z a new", "prepare": two_files},
    "truncate": {"command": "truncate -s 1M a", "prepare": two_files},
    "dd": {"command": "dd if={input}/random.bin of=out bs=4096 skip=3 count=100 conv=notrunc status=none"},
    "head": f"head -n 37 {TEXT}",
    "tail": f"tail -n 37 {TEXT}",
    "tac": f"tac {TEXT}",
    "sort": f"sort -t '\t' -k2,2 -k3,3nr {TABLE}",
    "sort-large": "sort -R --random-source={input}/random.bin {input}/text.txt",
    "uniq": {"command": "uniq -c", "stdin": TEXT},
    "wc": f"wc {TEXT} {TABLE}",
    "cut": f"cut -f2,4 {TABLE}",
    "paste": f"paste -d , {TEXT} {TABLE}",
    "join": {"command": "join -t '\t' left right", "prepare": sorted_files},
    "comm": {"command": "comm left right", "prepare": sorted_files},
    "tr": {"command": "tr a-z A-Z", "stdin": TEXT},
    "fold": f"fold -w 30 -s {TEXT}",
    "fmt": f"fmt -w 50 {TEXT}",
    "nl": f"nl -ba {TEXT}",
    "expand": f"expand -t 20 {TABLE}",
    "od": "od -A x -t x1z -N 4096 {input}/random.bin",
    "base64": "base64 {input}/random.bin",
    "md5sum": "md5sum {input}/random.bin {input}/text.txt",
    "sha256sum": "sha256sum {input}/large.bin",
    "b2sum": "b2sum {input}/large.bin",
    "cksum": "cksum {input}/large.bin",
    "split": "split -b 100k {input}/random.bin part.",
    "csplit": "csplit -q {input}/table.tsv 500 1000",
    "seq": "seq -w 1 3 10000",
    "factor": "factor 18446744073709551557 123456789012345678",
    "numfmt": {"command": "numfmt --to=iec", "stdin": b"1024\n123456789\n"},
    "shuf": "shuf -n 20 --random-source={input}/random.bin {input}/text.txt",
    "tsort": {"command": "tsort", "stdin": b"a b\nb c\na d\n"},
    "ptx": "ptx -w 60 {input}/tree/d1/e1/f1.txt",
    "printf": r"printf '%s-%05d-%.3f-%x\n' a 42 3.14159 255",
    "date": "date -u -d @1600000000 +%c",
    "expr": "expr 12345678901234567890 '*' 98765432109876543210",
    "test": "test -x /bin/ls -a ! -d /bin/ls",
    "true": "true",
    "false": {"command": "false", "status": 1},
    "echo": "echo -e 'a\\tb'",
    "basename": "basename /a/b/c.txt .txt",
    "dirname": "dirname /a/b/c",
    "env": "env -u KX_LANE_SOCKET -u KX_LANE_DIR -u KX_LANE_EXEC",
    "printenv": "printenv HOME",
    "pwd": "pwd",
    "id": "id",
    "du": "du -a --apparent-size {input}/tree/d1",
    "tee": {"command": "tee one two", "stdin": TEXT},
    "mktemp-dry": {"command": "mktemp -u", "normalize": lambda data: data[:8]},
    "mkfifo": "mkfifo -m 600 pipe",
    "sync": {"command": "sync a", "prepare": two_files},
    "install": "install -m 700 -D {input}/text.txt x/y/text",
    "shred": {"command": "shred -n 1 -z a", "prepare": two_files},
    "dircolors": "dircolors -b",
    "nproc": {"command": "nproc --all", "judge_in_lane": True},
    "missing-file": {"command": "cat /no/such/file", "status": 1},
    "wrong-option": {"command": "ls --no-such-option", "status": 2},
}, quick=("ls", "cp", "sort", "sha256sum", "env", "missing-file"))

same_programs("findutils", {
    "name": "find {input}/tree -name 'f1*' -type f",
    "printf": r"find {input}/tree -printf '%p %y %m %s %l %T@\n'",
    "newer": "find {input}/tree -newermt 2020-01-01 -links 2",
    "prune": "find {input}/tree -name e1 -prune -o -name '*.txt' -print0",
    "delete": {"command": "find . -name c -delete -print", "prepare": two_files},
    "follow": "find -L {input}/tree -maxdepth 3 -xtype l",
    "empty": "find {input}/tree -empty",
    "usr-share": "find /usr/share/doc -maxdepth 2",
}, quick=("printf",))

same_programs("grep", {
    "count": f"grep -c sigma {TEXT}",
    "recursive": "grep -rn alpha {input}/tree",
    "extended": f"grep -nE '^(alpha|beta) .*(mu|nu)$' {TEXT}",
    "perl": f"grep -oP '\\b\\w+(?= gamma)' {TEXT}",
    "ignore-case": f"grep -i STRASSE\\\\|ŒUVRE {TEXT}",
    "binary": {"command": "grep -c a {input}/random.bin"},
    "none": {"command": f"grep nothing-like-that {TEXT}", "status": 1},
    "stdin": {"command": "grep -v alpha", "stdin": TEXT},
}, quick=("recursive",))

same_programs("sed", {
    "substitute": f"sed -E 's/(al)(pha)/\\2\\1/g; /beta/d' {TEXT}",
    "script": f"sed -n '10,20{{=;p}};$=' {TEXT}",
    "in-place": {"command": "sed -i.old s/o/0/g a b", "prepare": two_files},
    "unicode": f"sed 'y/äïœ/aio/;s/./\\U&/' {TEXT}",
}, quick=("in-place",))

same_programs("gawk", {
    "sum": f"gawk -F '\\t' '{{ s[$2] += $3 }} END {{ PROCINFO[\"sorted_in\"] = \"@ind_str_asc\"; for (w in s) print w, s[w] }}' {TABLE}",
    "format": f"gawk -F '\\t' '{{ printf \"%5d %-10s %8.2f\\n\", $1, toupper($2), $4 * sqrt($3) }}' {TABLE}",
    "regex": f"gawk '{{ n += gsub(/[aeiou]+/, \"<&>\") }} END {{ print n; print }}' {TEXT}",
    "write": f"gawk '{{ print > (NR % 3 \".txt\") }}' {TEXT}",
    "exit": {"command": "gawk 'BEGIN { exit 7 }'", "status": 7},
    "getline": "gawk 'BEGIN { while ((getline line < \"{input}/table.tsv\") > 0) n++; print n, (systime() > 1600000000) }'",
}, quick=("sum",))

same_programs("diffutils", {
    "diff": {"command": "diff -u {input}/text.txt {input}/text2.txt", "status": 1},
    "cmp": {"command": "cmp {input}/text.txt {input}/text2.txt", "status": 1},
})
