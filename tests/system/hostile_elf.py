"""ELF files that are cut short or lie: refused with a line, or run to the same end as natively, and never harmful."""
import pathlib
import struct

from harness import Done, Failed, case

EHDR = 64
PHDR = 56
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_TLS = 1, 2, 3, 7


def original():
    return bytearray(pathlib.Path("/bin/true").read_bytes())


def headers(data):
    offset, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    return [offset + i * PHDR for i in range(count)]


def of_type(data, kind):
    return [at for at in headers(data) if struct.unpack_from("<I", data, at)[0] == kind]


def changed(position, form, value):
    """True's file with the field at `position` of the ELF header replaced."""
    data = original()
    struct.pack_into("<" + form, data, position, value)
    return data


def segment(kind, field, value, which=0):
    """True's file with a field of a program header replaced: offset 8, vaddr 16, filesz 32, memsz 40, align 48, flags 4."""
    data = original()
    struct.pack_into("<I" if field == 4 else "<Q", data, of_type(data, kind)[which] + field, value)
    return data


def tiny(code, flags=5, memsz=None, vaddr=0x400000, entry=None):
    """A whole program in one segment: ELF header, program header, code."""
    size = EHDR + PHDR + len(code)
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1" + bytes(9), 2, 62, 1, vaddr + EHDR + PHDR if entry is None else entry, EHDR, 0, 0,
                         EHDR, PHDR, 1, 0, 0, 0)
    return bytearray(header + struct.pack("<IIQQQQQQ", PT_LOAD, flags, 0, vaddr, vaddr, size, memsz or size, 4096) + code)


EXIT_7 = b"\xb8\x3c\0\0\0\xbf\x07\0\0\0\x0f\x05"

FILES = {
    "cut-in-magic": lambda: original()[:3],
    "cut-in-header": lambda: original()[:40],
    "cut-after-header": lambda: original()[:64],
    "cut-in-program-headers": lambda: original()[:100],
    "cut-in-text": lambda: original()[:9000],
    "cut-by-one-page": lambda: original()[:-4096],
    "zero-headers": lambda: changed(56, "H", 0),
    "many-headers": lambda: changed(56, "H", 0xffff),
    "headers-far": lambda: changed(32, "Q", 1 << 62),
    "headers-wrap": lambda: changed(32, "Q", (1 << 64) - 8),
    "header-size": lambda: changed(54, "H", 1),
    "entry-nowhere": lambda: changed(24, "Q", 0x123456789000),
    "entry-kernel": lambda: changed(24, "Q", 0xffffffff80000000),
    "type-core": lambda: changed(16, "H", 4),
    "type-relocatable": lambda: changed(16, "H", 1),
    "big-endian": lambda: changed(5, "B", 2),
    "load-size-wraps": lambda: segment(PT_LOAD, 40, (1 << 64) - 1),
    "load-huge-memory": lambda: segment(PT_LOAD, 40, 1 << 46, 3),
    "load-file-larger-than-memory": lambda: segment(PT_LOAD, 32, 1 << 40),
    "load-offset-far": lambda: segment(PT_LOAD, 8, 1 << 60),
    "load-address-kernel": lambda: segment(PT_LOAD, 16, 0xffff800000000000),
    "load-address-end": lambda: segment(PT_LOAD, 16, (1 << 47) - 4096, 3),
    "load-misaligned": lambda: segment(PT_LOAD, 16, 0x123),
    "load-overlapping": lambda: segment(PT_LOAD, 16, 0, 1),
    "align-odd": lambda: segment(PT_LOAD, 48, 12345),
    "align-huge": lambda: segment(PT_LOAD, 48, 1 << 62),
    "no-execute": lambda: segment(PT_LOAD, 4, 4, 1),
    "interpreter-offset": lambda: segment(PT_INTERP, 8, 1 << 50),
    "interpreter-long": lambda: segment(PT_INTERP, 32, 1 << 20),
    "interpreter-empty": lambda: segment(PT_INTERP, 32, 0),
    "dynamic-offset": lambda: segment(PT_DYNAMIC, 16, 0x7fff00000000),
    "fixed-low-address": lambda: tiny(EXIT_7, vaddr=0x10000),
    "fixed-null": lambda: tiny(EXIT_7, vaddr=0),
    "fixed-top": lambda: tiny(EXIT_7, vaddr=(1 << 47) - 0x1000),
    "fixed-non-canonical": lambda: tiny(EXIT_7, vaddr=1 << 47),
    "tiny": lambda: tiny(EXIT_7),
    "tiny-huge-bss": lambda: tiny(EXIT_7, flags=7, memsz=1 << 45),
    "tiny-entry-zero": lambda: tiny(EXIT_7, entry=0),
    "tiny-halts": lambda: tiny(b"\xf4"),
    "tiny-out": lambda: tiny(b"\xb8\0\0\0\0\xba\xff\xff\0\0\xee\xef\xf4"),
    "tiny-int-80": lambda: tiny(b"\xcd\x03\xcd\x81"),
    "tiny-sysenter": lambda: tiny(b"\x0f\x34"),
    "tiny-wild-stack": lambda: tiny(b"\x48\xc7\xc4\x08\0\0\0\x50"),
    "tiny-trap-flag": lambda: tiny(b"\x9c\x80\x4c\x24\x01\x01\x9d\x90\x90"),
    "tiny-ring-zero": lambda: tiny(b"\x0f\x22\xd8"),
    "tiny-wrmsr": lambda: tiny(b"\x0f\x30"),
    "tiny-iret": lambda: tiny(b"\x6a\x10\x6a\0\x9c\x6a\x08\x6a\0\x48\xcf"),
    "tiny-far-jump": lambda: tiny(b"\x6a\x10\x6a\0\x48\xcb"),
    "tiny-segment": lambda: tiny(b"\xb8\x10\0\0\0\x8e\xd8\x8e\xd0"),
    "tiny-bad-system-call-stack": lambda: tiny(b"\x31\xe4\xb8\x3c\0\0\0\xbf\x07\0\0\0\x0f\x05"),
}
# Killed or refused: one may map what the other refuses, and kill later.
ENDED = (125, 126, 127, 135, 137, 139)
# What Linux lets pass (as root, or since it ignores the field) and kx refuses, or what depends on the processor.
DIFFERENT = {"big-endian": 126, "align-huge": 125, "fixed-null": 126, "tiny-sysenter": 132}


def register(name, make):
    @case(f"hostile-elf/{name}", quick=name in ("cut-in-text", "many-headers", "load-size-wraps", "tiny", "tiny-halts", "tiny-ring-zero"))
    def hostile(test):
        path = test.work / "program"
        path.write_bytes(make())
        path.chmod(0o755)
        native = native_run(test, path)
        done = test.pvm([path], ["--rw", "{work}"], limit=20 if test.setup.lane != "software" else 120)
        if done.status not in (native.status, DIFFERENT.get(name)) and not (native.status in ENDED and done.status in ENDED):
            raise Failed(f"native {native}, pVM: {done}")
        if done.status in (125, 126, 127) and done.err != native.err:
            test.complains(done, done.status, "program")
        test.check(b"library OS failed" not in done.err and b"KX_VERIFY" not in done.err, f"a bug of our own: {done.err!r}")


def native_run(test, path):
    try:
        return test.execute([str(path)])
    except OSError:
        return Done(b"", b"", 126)


for elf_name, elf_make in FILES.items():
    register(elf_name, elf_make)
