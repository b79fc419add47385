// Lines that /proc/PID/status has of this process and of relatives alike (proc_pid_status(5)).
#pragma once

#include <kx/abi/identity.hpp>

#include "files/text_builder.hpp"

namespace kx::libos {

// `size` in bytes.
inline void put_size(TextBuilder& out, const char* name, u64 size) {
  out.text(name).text(":\t").column(size / 1024, 8).text(" kB\n");
}

inline void put_ids(TextBuilder& out, const char* name, const abi::Ids& ids) {
  out.text(name).text(":\t").number(ids.real).text("\t").number(ids.effective).text("\t");
  out.number(ids.saved).text("\t").number(ids.file).text("\n");
}

}  // namespace kx::libos
