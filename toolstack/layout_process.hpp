// Has the debug information of a library read by a process that can do nothing else (toolstack/layouts/).
#pragma once

#include <string>

#include "hypervisor/unique_fd.hpp"

namespace kx::toolstack {

struct LayoutReader {
  std::string program;                  // kx-layouts
  std::string root = "/usr/lib/debug";  // where systems keep debug information
  int patience_s = 60;
};
// The one beside this program.
LayoutReader installed_layout_reader();

// Writes what hypervisor/libraries/layouts.hpp describes to the pipe `result`: of the library behind `content`, sealed,
// that was installed as `path`. Whatever goes wrong is said there too.
void write_layouts(const LayoutReader& reader, int content, const std::string& path, hv::UniqueFd result);

}  // namespace kx::toolstack
