"""Scenes of live library updates whose versions have debug information, each of one running family.

Usage: as library_update_scenes.py."""
import sys

from library_update_scenes import BUILT, Program, kx
from scene import check, run

LIBRARY = "librecords.so"
MOVED = "struct record: member 'weight' at offset 4 instead of 0"


class Records(Program):
    """The program `updated_records`, which says what its library has kept on the heap."""

    def __init__(self, directory="r1"):
        super().__init__("records", directory)
        self.turns = 0

    def update(self, directory, *options):
        return kx("lib", "update", *options, self.id, LIBRARY, BUILT / directory / LIBRARY)

    def shows(self, version):
        """What was kept and counted by any version, so far."""
        self.turns += 1
        self.say("show")
        self.expect(f"{version}: weight 70 height 180 counts {10 + self.turns} {20 + self.turns}")

    def updates(self, directory, *said, options=()):
        """The update succeeds and says all this."""
        status, out, err = self.update(directory, *options)
        check(status == 0 and all(each in out for each in said), f"update to {directory} {options}: {status} {out}{err}")

    def updated(self, directory, said):
        self.updates(directory, "stood still", said)

    def could_be(self, directory, *said):
        self.updates(directory, *said, options=["--dry-run"])


def layout_moved():
    """Members that changed places within the same size are an obstacle, wherever the debug information is."""
    with Records() as program:
        program.shows(1)
        for directory in ("r2-moved", "r2-moved-split"):
            for options in (["--dry-run"], []):
                program.refuses(directory, MOVED, *options)
            program.shows(1)
        program.updated("r2", "variables were compared by debug information")
        program.shows(2)


def layout_equal():
    """An equal layout is none; static variables of functions have the values of those of the same function."""
    with Records() as program:
        program.shows(1)
        program.could_be("r2", "layouts of ", "variables were compared")
        for _ in range(2):
            program.updated("r2", "variables were compared by debug information")
            program.shows(2)
            status, out, err = kx("lib", "rollback", program.id, LIBRARY)
            check(status == 0 and "variables were compared by debug information" in out, f"rollback: {out}{err}")
            program.shows(1)


def layout_hook():
    """A version with a hook converts what has another layout; what that is, is said."""
    with Records() as program:
        program.shows(1)
        program.could_be("r2-hook", MOVED)
        program.updated("r2-hook", MOVED)
        program.shows(2)
        status, _, err = kx("lib", "rollback", program.id, LIBRARY)
        check(status == 1 and "struct record: member 'height' at offset 4 instead of 0" in err, f"rollback without a hook: {err}")
        program.shows(2)


def layout_unknown():
    """Without debug information that can be used it is said that nothing was compared."""
    with Records() as program:
        program.shows(1)
        program.updated("r2-none", "layouts were not compared: the new version has no debug information")
        program.shows(2)
        program.updated("r1", "layouts were not compared: the old version has no debug information")
        program.shows(1)
        program.updated("r2-damaged", "layouts were not compared: debug information of the new version cannot be used: it is damaged")
        program.shows(2)


SCENES = {scene.__name__: scene for scene in (layout_moved, layout_equal, layout_hook, layout_unknown)}

if __name__ == "__main__":
    run(SCENES[sys.argv[1]])
