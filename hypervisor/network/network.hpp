// The network that a family is in: the host's, one of its own, or a named one; and what of its own the host may reach.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

// A TCP port of the host whose connections go to a port of the family.
struct PublishedPort {
  std::string address;  // of the host, IPv4 or IPv6 in numbers; empty: all of IPv4
  std::uint16_t host_port = 0;
  std::uint16_t family_port = 0;
};

struct NetworkConfig {
  enum class Kind : std::uint8_t {
    Host,   // the caller's own
    None,   // a new one with nothing but a loopback interface
    Named,  // that of `name`
  };
  Kind kind = Kind::Host;
  std::string name{};  // as ip-netns(8) has it below /run/netns, or the path of a network namespace
  std::vector<PublishedPort> published{};
  std::vector<std::string> name_servers{};  // numeric addresses for /etc/resolv.conf; empty: the root's own file
};

// A listening socket in the network that kx was started in, and where its connections lead.
struct PublishedListener {
  UniqueFd socket;
  std::uint16_t family_port = 0;
};

// Listens on all published ports. To be called before enter_network(). Errors: those of bind(2), with the port's name.
Result<std::vector<PublishedListener>> listen_on_published(const NetworkConfig& config);

// Moves the calling thread into the family's network. To be called while the process has one thread, sees the host's
// files, and has CAP_SYS_ADMIN in its user namespace (network_namespaces(7)).
Result<void> enter_network(const NetworkConfig& config);

// The text of resolv.conf(5) for the name servers asked for.
std::string resolver_configuration(const NetworkConfig& config);

}  // namespace kx::hv
