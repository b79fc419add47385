"""The files that the system tests work on: the same in every run, whatever the machine."""
import os
import random
import shutil

WORDS = ("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega "
         "Straße naïve œuvre 日本").split()
STAMP_S = 1_600_000_000
VERSION = "1"


def make(directory):
    """Fills `directory`, unless an earlier run has done so."""
    stamp = directory / "version"
    if stamp.exists() and stamp.read_text() == VERSION:
        return
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    chance = random.Random(1)
    lines = [" ".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 12))) for _ in range(5000)]
    (directory / "text.txt").write_text("\n".join(lines) + "\n")
    lines[100:110] = ["changed here"]
    (directory / "text2.txt").write_text("\n".join(lines) + "\n")
    rows = [f"{i}\t{chance.choice(WORDS)}\t{chance.randrange(10**6)}\t{chance.random():.4f}" for i in range(2000)]
    (directory / "table.tsv").write_text("\n".join(rows) + "\n")
    (directory / "random.bin").write_bytes(chance.randbytes(1 << 20))
    (directory / "large.bin").write_bytes(chance.randbytes(1 << 20) * 8)
    (directory / "people.json").write_text(
        "[" + ",\n".join(f'{{"id":{i},"name":"{chance.choice(WORDS)}","tags":["a{i % 3}","b{i % 5}"],"score":{chance.random():.3f}}}'
                         for i in range(500)) + "]\n")
    tree = directory / "tree"
    for i in range(12):
        for j in range(12):
            folder = tree / f"d{i}" / f"e{j}"
            folder.mkdir(parents=True)
            (folder / f"f{j}.txt").write_text(f"{i} {j} " + chance.choice(WORDS) + "\n" * (j % 4))
        (tree / f"d{i}" / "link").symlink_to("e1/f1.txt")
    os.link(tree / "d0/e0/f0.txt", tree / "d0/hard")
    (tree / "d1/e1/f1.txt").chmod(0o755)
    (tree / "d1/dangling").symlink_to("nowhere")
    for root, folders, files in os.walk(directory, topdown=False):
        for name in [*files, *folders]:
            os.utime(os.path.join(root, name), (STAMP_S, STAMP_S), follow_symlinks=False)
    stamp.write_text(VERSION)
