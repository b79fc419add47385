// The kernel of the software lane and the initramfs it starts from.
#pragma once

#include <kx/base/result.hpp>
#include <string>

namespace kx::lane {

// One line for the user: the thing, the cause, the cure.
struct LaneError {
  std::string message;
  int exit_status = 125;  // for the shell, as env(1) and timeout(1) use it: the lane failed, not the command
};

template <class T>
using LaneResult = Result<T, LaneError>;

struct LaneFiles {
  std::string kernel;   // bzImage
  std::string modules;  // directory that holds the .ko files, at any depth
  std::string agent;    // static executable
};

// Looks in $KX_LANE_DIR, beside the running executable (lane/), then in /boot and /lib/modules. A directory of the lane
// holds vmlinuz and modules/.
LaneResult<LaneFiles> find_lane_files();

// A memfd with an initramfs: the agent as /init, the modules that the lane needs and their order.
LaneResult<int> make_initramfs(const LaneFiles& files);

// The first executable of that name in the usual folders and $PATH, else an error that names the Debian package.
LaneResult<std::string> find_program(const std::string& name, const std::string& package);

}  // namespace kx::lane
