// The software lane: runs a command in a virtual machine whose processor, with its own KVM, is emulated.
#pragma once

#include "lane_client.hpp"
#include "lane_machine.hpp"

namespace kx::lane {

// Runs the command in the lane that $KX_LANE_SOCKET names, else in one started for it alone. Returns the exit status as
// a shell gives it.
LaneResult<int> run_in_software_lane(const LaneRequest& request, const MachineOptions& options = {});

// Connects to a running lane.
LaneResult<int> connect_lane(const std::string& socket_path);

// True inside the lane, where /dev/kvm is an emulated one.
bool is_inside_lane();

}  // namespace kx::lane
