"""Archivers and compressors: what one side writes the other reads."""
import subprocess

from harness import case, same_programs

TREE_ARCHIVE = "--sort=name --owner=0 --group=0 --numeric-owner -C {input} tree"


def gathered(suffix, compressor):
    def prepare(test):
        with open(test.work / ("a" + suffix), "wb") as out:
            subprocess.run([*compressor, test.input / "random.bin", test.input / "text.txt"], stdout=out, check=True)

    return prepare


def packed(test):
    subprocess.run(test.words(f"tar -cf a.tar {TREE_ARCHIVE}"), cwd=test.work, check=True)


same_programs("tar", {
    "create": f"tar -cf a.tar {TREE_ARCHIVE}",
    "create-pax": f"tar --format=pax --pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime -cvf a.tar {TREE_ARCHIVE}",
    "to-stdout": f"tar -cf - {TREE_ARCHIVE}",
    "extract": {"command": "tar -xpvf a.tar", "prepare": packed},
    "list": {"command": "tar -tvf a.tar", "prepare": packed},
    "append": {"command": "tar -rf a.tar --owner=0 --group=0 -C {input} text.txt", "prepare": packed},
    "sparse": {"command": "tar -xOf a.tar tree/d1/e1/f1.txt", "prepare": packed},
}, quick=("create", "extract"))

for name, suffix, compressor, command in (
        ("gzip", ".gz", ["gzip", "-nc"], "gzip -n"), ("bzip2", ".bz2", ["bzip2", "-c"], "bzip2"),
        ("xz", ".xz", ["xz", "-c", "-T1"], "xz -T1"), ("zstd", ".zst", ["zstd", "-qc", "--single-thread"], "zstd -q --single-thread")):
    same_programs(name, {
        "compress": f"{command} -9 -c {{input}}/text.txt",
        "compress-large": f"{command} -1 -c {{input}}/random.bin",
        "from-stdin": {"command": f"{command} -c", "stdin": "{input}/text.txt"},
        "decompress": {"command": f"{compressor[0]} -dk a{suffix}", "prepare": gathered(suffix, compressor)},
        "test": {"command": f"{compressor[0]} -t a{suffix}", "prepare": gathered(suffix, compressor)},
        "damaged": f"{compressor[0]} -dc {{input}}/random.bin",
    }, quick=("compress",))

same_programs("zstd", {
    "threads": "zstd -q -T4 -5 -c {input}/large.bin",
    "long": "zstd -q --long=27 -c --single-thread {input}/large.bin",
})
same_programs("xz", {
    "threads": "xz -T2 -1 --block-size=1MiB -c {input}/large.bin",
})


@case("tar/into-native")
def into_native(test):
    """What tar in a pVM writes, tar on the host reads."""
    done = test.pvm("tar -cf a.tar -C {input} tree text.txt", ["--rw", "{work}"])
    test.equal("status", done.status, 0)
    test.equal("difference", test.native("tar -df a.tar -C {input}").out, b"")
