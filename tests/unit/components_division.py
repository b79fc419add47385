#!/usr/bin/env python3
"""Holds the division of the library OS (libos/libos.ld) against the list of its components (kx/abi/components.hpp).

Usage: components_division.py KX_LIBOS_ELF COMPONENTS_HPP NM. Looks at the linked image: which handler has each system call, and where it lies."""
import re
import struct
import subprocess
import sys

ELF, HEADER, NM = sys.argv[1:4]
IMAGE, COMPONENTS = 0x7f0008000000, 0x7f0008200000


def main():
    header = open(HEADER, encoding="utf-8").read()
    names = re.findall(r'^    \{"(\w+)", "', header, re.M)
    enumerators = re.findall(r"\w+", re.search(r"enum class Component : std::uint32_t \{([^}]*)\}", header)[1])
    numbers = dict(re.findall(r"^#define __NR_(\w+) (\d+)$", subprocess.run(["cc", "-E", "-dM", "-x", "c", "-"], input="#include <asm/unistd_64.h>\n",
                                                                         capture_output=True, text=True, check=True).stdout, re.M))
    promised = {}  # number to component
    for cases, enumerator in re.findall(r"((?:    case SYS_\w+:\n)+)      return Component::(\w+);", header):
        for name in re.findall(r"SYS_(\w+)", cases):
            promised[int(numbers[name])] = names[enumerators.index(enumerator)]

    symbols = [(int(address, 16), int(size, 16), name) for address, size, _, name in
               re.findall(r"^([0-9a-f]+) ([0-9a-f]+) (\w) (.*)$", subprocess.run([NM, "-CS", ELF], capture_output=True, text=True, check=True).stdout, re.M)]
    places = sorted((int(address, 16), name) for address, name in
                    re.findall(r"^([0-9a-f]+) \w kx_component_(\w+)$", subprocess.run([NM, ELF], capture_output=True, text=True, check=True).stdout, re.M))
    wrong = []
    if [name for _, name in places] != names[1:]:
        wrong.append(f"the image has {places}, the list {names[1:]}")
    wrong += [f"{name} is not in whole pages, or empty" for (address, name), following in zip(places, [address for address, _ in places[1:]] + [None])
              if address % 4096 or address == following]

    def component(address):
        return [name for start, name in places if start <= address][-1] if address >= COMPONENTS else "core"

    handlers = {}
    for address, size, name in symbols:
        if name == "kx::libos::(anonymous namespace)::entries":
            table = read(address, size)
            handlers.update((struct.unpack_from("<H6xQ", table, at) for at in range(0, size, 16)))
        if re.fullmatch(r"kx::libos::\w+_calls\(\)", name) and component(address) != "core":
            wrong.append(f"{name} is asked at each start, and not in the core")
    if len(handlers) < 200:
        wrong.append(f"only {len(handlers)} handlers were found")
    for number, handler in sorted(handlers.items()):
        where, wanted = component(handler), promised.get(number, "core")
        if where not in ("core", wanted):
            wrong.append(f"the handler of system call {number} is in {where}, the list has it in {wanted}")
    used = {component(handler) for handler in handlers.values()}
    wrong += [f"no handler is in {name}" for name in sorted(set(promised.values()) - used)]
    for text in wrong:
        print(text)
    print(f"{len(handlers)} handlers, {len(places)} components, {len(wrong)} wrong")
    return bool(wrong) or not promised


def read(address, size):
    with open(ELF, "rb") as file:
        data = file.read()
    offset, = struct.unpack_from("<Q", data, 40)
    entry_size, count = struct.unpack_from("<HH", data, 58)
    for i in range(count):
        kind, _, start, place, length = struct.unpack_from("<IQQQQ", data, offset + i * entry_size + 4)
        if kind == 1 and start <= address and address + size <= start + length:
            return data[place + address - start:][:size]
    raise SystemExit(f"no section has {address:#x}")


sys.exit(main())
