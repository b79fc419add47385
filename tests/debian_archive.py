"""Packages of the distribution that tests need beside those that are installed: sources and other versions, fetched by apt from
where the system's own come from, without changing anything of the system's."""
import os
import pathlib
import re
import shutil
import subprocess


class ArchiveError(Exception):
    """In one line, what is missing or cannot be reached."""


def run(words, folder):
    done = subprocess.run([str(word) for word in words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise ArchiveError(f"{words[0]}: {(done.stdout.decode(errors='replace').strip().splitlines() or ['failed'])[-1]}")
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
                raise ArchiveError(f"{program} is not installed")
        (self.folder / "parts").mkdir(parents=True, exist_ok=True)
        (self.folder / "lists/partial").mkdir(parents=True, exist_ok=True)
        codename = re.search(r"^VERSION_CODENAME=(\w+)$", pathlib.Path("/etc/os-release").read_text(), re.M)
        places = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"], "/").split("\n")
        lines = []
        for place in sorted(set(places)):
            _, suite, component = (place.split() + ["", "", ""])[:3]
            if component == "main" and codename and suite.startswith(codename[1]):
                lines += [f"{kind} {place}\n" for kind in ("deb", "deb-src")]
        (self.folder / "parts/system.list").write_text("".join(lines))
        run(["apt-get", *self.options, "update"], self.folder)
        (self.folder / "updated").touch()

    def versions(self, package):
        """Of a package, the oldest first."""
        listed = run(["apt-cache", *self.options, "madison", package], self.folder)
        found = list(dict.fromkeys(line.split("|")[1].strip() for line in listed.splitlines() if "Packages" in line))
        return found[::-1]

    def unpack(self, package, version):
        """The files of a package; gives their directory."""

        def fetch(work):
            run(["apt-get", *self.options, "download", f"{package}={version}"], work)
            run(["dpkg-deb", "-x", next(work.glob("*.deb")), work / "files"], work)

        return self.kept(f"{package}-{version.replace(':', '_')}", fetch)

    def source(self, package, version, *options):
        """A package's source, as `dpkg-source -x` with these options unpacks it; gives its directory."""

        def fetch(work):
            run(["apt-get", *self.options, "source", "--download-only", f"{package}={version}"], work)
            run(["dpkg-source", "--no-check", *options, "-x", next(work.glob("*.dsc")), "files"], work)

        return self.kept(f"{package}-source-{version.replace(':', '_')}", fetch)

    def newest_source(self, package, *options):
        """The same of the newest version whose files are there."""
        listed = run(["apt-cache", *self.options, "showsrc", package], self.folder)
        reason = ArchiveError(f"{package} has no source")
        for version in sorted(re.findall(r"^Version: (\S+)$", listed, re.M), reverse=True):
            try:
                return self.source(package, version, *options)
            except ArchiveError as problem:
                reason = problem
        raise reason

    def kept(self, name, fetch):
        """What fetch(directory) leaves in its `files`, once."""
        to = self.folder / name
        if not to.exists():
            work = self.folder / f"{name}.work"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            fetch(work)
            os.replace(work / "files", to)
            shutil.rmtree(work)
        return to
