"""Libraries of the distribution in two versions, for cases that exchange them.

What was fetched and built stays in a directory, so that cases inside the software lane, which has no network, find what a run of
this file on the host has put there: tests/system/debian.py build/system/debian."""
import shutil
import sys
import threading

from harness import ROOT, Skipped

sys.path.append(str(ROOT / "tests"))
from debian_archive import Archive, ArchiveError, run  # noqa: E402

fetching = threading.Lock()

# The security fix that the two versions of libexpat differ by: a negative length of a buffer is refused.
FIX = "CVE-2024-45490.patch"


def build_expat(archive):
    """libexpat of the distribution's source, as it was before one of its security fixes, and with it; stripped, as packages are."""
    built = [archive.folder / "expat-before", archive.folder / "expat-fixed"]
    if all((folder / "libexpat.so.1").exists() for folder in built):
        return built
    archive.update()
    source = archive.newest_source("expat", "--skip-patches")
    patches = (source / "debian/patches/series").read_text().split()
    if FIX not in patches:
        raise ArchiveError(f"expat's source has no {FIX}")
    folder = source / "expat" if (source / "expat").is_dir() else source
    last = patches.index(FIX)
    for to, wanted in zip(built, (patches[:last], patches[last:last + 1])):
        for patch in wanted:
            run(["patch", "-p1", "--forward", "-i", source / "debian/patches" / patch], source)
        options = [f"-DEXPAT_BUILD_{part}=OFF" for part in ("TOOLS", "EXAMPLES", "TESTS", "DOCS")]
        shutil.rmtree(to, ignore_errors=True)
        run(["cmake", "-S", folder, "-B", to, "-DCMAKE_BUILD_TYPE=RelWithDebInfo", *options], source)
        run(["cmake", "--build", to], source)
        run(["strip", "--strip-unneeded", to / "libexpat.so.1"], source)
    shutil.rmtree(source)
    return built


def find_versions(archive, package):
    kept = archive.folder / f"{package}.versions"
    if not kept.exists():
        archive.update()
        versions = archive.versions(package)
        if len(versions) < 2:
            raise ArchiveError(f"there is only one version of {package}")
        kept.write_text("".join(f"{archive.unpack(package, version).name}\n" for version in versions))
    return [archive.folder / name for name in kept.read_text().split()]


def fetched(find, folder, *words):
    with fetching:
        try:
            return find(Archive(folder), *words)
        except ArchiveError as problem:
            raise Skipped(str(problem)) from None


def expat(folder):
    """Directories with libexpat.so.1: before the fix, and with it."""
    return fetched(build_expat, folder)


def package_versions(folder, package):
    """Directories with the files of the versions of a package that there are, the oldest first."""
    return fetched(find_versions, folder, package)


if __name__ == "__main__":
    print(*expat(sys.argv[1]), *package_versions(sys.argv[1], "libssl3"), sep="\n")
