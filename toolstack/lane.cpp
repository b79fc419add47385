#include "lane.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace kx::lane {

LaneResult<int> connect_lane(const std::string& socket_path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (socket_path.size() >= sizeof address.sun_path) {
    return Unexpected{
        LaneError{"software lane: " + socket_path + ": name too long for a socket: choose a shorter one"}};
  }
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // SAFETY: the sockets API takes every address type as sockaddr.
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(fd);
    return Unexpected{LaneError{"software lane: " + socket_path + ": " + std::strerror(error) +
                                ": start it with tools/lane start, or unset KX_LANE_SOCKET"}};
  }
  return fd;
}

LaneResult<int> run_in_software_lane(const LaneRequest& request, const MachineOptions& options) {
  if (const char* socket_path = std::getenv("KX_LANE_SOCKET"); socket_path != nullptr && *socket_path != '\0') {
    KX_TRY_ASSIGN(int fd, connect_lane(socket_path));
    LaneResult<int> status = run_on_connection(fd, request);
    close(fd);
    return status;
  }
  KX_TRY_ASSIGN(Machine machine, Machine::start(options));
  LaneResult<int> status = run_on_connection(machine.agent_fd(), request);
  return status;
}

bool is_inside_lane() {
  return access("/dev/kx-lane", F_OK) == 0;
}

}  // namespace kx::lane
