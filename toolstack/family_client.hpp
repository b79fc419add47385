// The client of a family's control socket, for the verbs ps, kill, stats and exec.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/control/protocol.hpp"
#include "hypervisor/control/runtime_directory.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::toolstack {

// "4711": a family; "4711.3": one of its processes.
struct Id {
  hv::control::FamilyId family = 0;
  std::int32_t pid = 0;  // 0: the whole family
};

// Errors: not an ID.
hv::Result<Id> parse_id(std::string_view text);

struct FamilySocket {
  hv::control::FamilyId id = 0;
  std::string path;
};

// The sockets of all families the caller may talk to, by id. Some may be stale.
std::vector<FamilySocket> find_sockets();

class FamilyClient {
 public:
  // An answer without its header; `text` points into the client until the next receive().
  struct Answer {
    hv::control::Answer kind{};
    std::int32_t value = 0;
    hv::control::ProcessRecord record{};  // Process only
    std::string_view text;
    std::vector<hv::UniqueFd> descriptors;
  };

  // Connects; nothing for a socket nobody listens on, which is removed. Errors: refused, or not the family it says.
  static hv::Result<std::optional<FamilyClient>> connect(const FamilySocket& socket);
  // The family with this id. Errors: there is none.
  static hv::Result<FamilyClient> find(hv::control::FamilyId id);

  [[nodiscard]] int fd() const { return fd_.get(); }

  hv::Result<void> send(const hv::control::Request& request, std::span<const int> descriptors = {});
  // The next answer. Errors: Failed; the family is gone, or is silent for longer than the patience of connect().
  hv::Result<Answer> receive();
  // receive() waits for ever from now on.
  void wait_patiently();

 private:
  explicit FamilyClient(hv::UniqueFd fd) : fd_(std::move(fd)), buffer_(hv::control::message_size_limit, '\0') {}

  hv::UniqueFd fd_;
  std::string buffer_;
};

// A request with everything else zero.
hv::control::Request make_request(hv::control::Verb verb, std::int32_t pid = 0, std::int32_t signal = 0);

// True if the host says that the process is stopped (SIGSTOP): it will answer nothing.
bool is_stopped(hv::control::FamilyId id);

// What a guest says, for a terminal: one line, printable.
std::string printable(std::string_view text);

// The same of several lines, of which all but the first are indented: none of them looks like one of ours.
std::string printable_lines(std::string_view text);

}  // namespace kx::toolstack
