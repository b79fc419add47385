"""Packages of the distribution that cases test with: sources and other versions, fetched by apt from where the system's come from.

What was fetched and built stays in a directory, so that cases inside the software lane, which has no network, find what a run of
this file on the host has put there: tests/system/debian.py DIRECTORY."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

from harness import Skipped

fetching = threading.Lock()


def run(words, folder):
    done = subprocess.run([str(word) for word in words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Skipped(f"{words[0]}: {(done.stdout.decode(errors='replace').strip().splitlines() or ['failed'])[-1]}")
    return done.stdout.decode(errors="replace")


class Archive:
    """apt with lists of its own, below a directory: the system's places, of packages and of sources."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.options = ["-q", "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={self.folder}/parts", "-o",
                        f"Dir::State::lists={self.folder}/lists", "-o", "APT::Sandbox::User=root"]

    def update(self):
        """Once for a directory."""
        if (self.folder / "updated").exists():
            return
        for program in ("apt-get", "dpkg-source", "dpkg-deb", "patch"):
            if not shutil.which(program):
                raise Skipped(f"{program} is not installed")
        (self.folder / "parts").mkdir(parents=True, exist_ok=True)
        (self.folder / "lists/partial").mkdir(parents=True, exist_ok=True)
        codename = re.search(r"^VERSION_CODENAME=(\w+)$", pathlib.Path("/etc/os-release").read_text(), re.M)
        places = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"], "/").split("\n")
        lines = []
        for place in sorted(set(places)):
            uri, suite, component = (place.split() + ["", "", ""])[:3]
            if component == "main" and codename and suite.startswith(codename[1]):
                lines += [f"{kind} {place}\n" for kind in ("deb", "deb-src")]
        (self.folder / "parts/debian.list").write_text("".join(lines))
        run(["apt-get", *self.options, "update"], self.folder)
        (self.folder / "updated").touch()

    def versions(self, package):
        """Of a package, the oldest first."""
        listed = run(["apt-cache", *self.options, "madison", package], self.folder)
        found = list(dict.fromkeys(line.split("|")[1].strip() for line in listed.splitlines() if "Packages" in line))
        return found[::-1]

    def unpack(self, package, version):
        """The files of a package; gives their directory."""
        to = self.folder / f"{package}-{version.replace(':', '_')}"
        if not to.exists():
            work = self.folder / f"fetch-{package}"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            run(["apt-get", *self.options, "download", f"{package}={version}"], work)
            run(["dpkg-deb", "-x", next(work.glob("*.deb")), work / "files"], work)
            os.replace(work / "files", to)
            shutil.rmtree(work)
        return to

    def source(self, package):
        """A package's source, of the newest version whose files are there, without the distribution's patches; gives its directory."""
        to = self.folder / f"{package}-source"
        if to.exists():
            return to
        work = self.folder / f"fetch-{package}"
        listed = run(["apt-cache", *self.options, "showsrc", package], self.folder)
        for version in sorted(re.findall(r"^Version: (\S+)$", listed, re.M), reverse=True):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            try:
                run(["apt-get", *self.options, "source", "--download-only", f"{package}={version}"], work)
            except Skipped as problem:
                reason = problem
                continue
            run(["dpkg-source", "--no-check", "--skip-patches", "-x", next(work.glob("*.dsc")), "files"], work)
            os.replace(work / "files", to)
            shutil.rmtree(work)
            return to
        raise reason


# The security fix that the two versions of libexpat differ by: a negative length of a buffer is refused.
FIX = "CVE-2024-45490.patch"


def build_expat(archive):
    """libexpat of the distribution's source, as it was before one of its security fixes, and with it; stripped, as packages are."""
    built = [archive.folder / "expat-before", archive.folder / "expat-fixed"]
    if all((folder / "libexpat.so.1").exists() for folder in built):
        return built
    archive.update()
    source = archive.source("expat")
    patches = (source / "debian/patches/series").read_text().split()
    if FIX not in patches:
        raise Skipped(f"expat's source has no {FIX}")
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


def expat(folder):
    """Directories with libexpat.so.1: before the fix, and with it."""
    with fetching:
        return build_expat(Archive(folder))


def package_versions(folder, package):
    """Directories with the files of the two newest versions of a package, the older one first."""
    with fetching:
        archive = Archive(folder)
        kept = archive.folder / f"{package}.versions"
        if not kept.exists():
            archive.update()
            versions = archive.versions(package)[-2:]
            if len(versions) < 2:
                raise Skipped(f"there is only one version of {package}")
            found = [archive.unpack(package, version) for version in versions]
            kept.write_text("".join(f"{path.name}\n" for path in found))
        return [archive.folder / name for name in kept.read_text().split()]


if __name__ == "__main__":
    print(*expat(sys.argv[1]), *package_versions(sys.argv[1], "libssl3"), sep="\n")
