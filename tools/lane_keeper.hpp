// Keeps one lane running and shares it: every connection to its socket is a channel of the agent.
#pragma once

#include <string>

#include "toolstack/lane_machine.hpp"

namespace kx::lane {

// Serves until SIGTERM, SIGINT or the end of the virtual machine. Calls ready once commands are accepted. The socket is
// removed at the end.
LaneResult<void> keep_lane(const std::string& socket_path, const MachineOptions& options, void (*ready)());

}  // namespace kx::lane
