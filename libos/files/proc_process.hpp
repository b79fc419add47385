// What makes the longer files of /proc/self.
#pragma once

#include "files/proc_tables.hpp"

namespace kx::libos {

const char* proc_thread_name(u32 tid);

void generate_status(TextBuilder& out, u32 tid);
void generate_stat(TextBuilder& out, u32 tid);
void generate_statm(TextBuilder& out, u32 tid);
void generate_maps(TextBuilder& out, u32 tid);
void generate_smaps(TextBuilder& out, u32 tid);

}  // namespace kx::libos
