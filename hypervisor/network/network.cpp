#include "hypervisor/network/network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>

namespace kx::hv {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> address_of(const PublishedPort& port) {
  Address address;
  // SAFETY: the views of sockaddr_storage that socket(7) is made for.
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (port.address.empty() || ::inet_pton(AF_INET, port.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port.host_port);
    address.size = sizeof v4;
  } else if (::inet_pton(AF_INET6, port.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port.host_port);
    address.size = sizeof v6;
  } else {
    return Unexpected{make_error(ErrorKind::Usage, "--publish: '", port.address, "' is not an address in numbers")};
  }
  return address;
}

Result<UniqueFd> listen_on(const PublishedPort& port) {
  const auto fail = [&] {
    Error error = system_error("publish port ", port.host_port, port.address.empty() ? "" : " of ", port.address);
    const bool busy = error.errno_value == EADDRINUSE;
    return Unexpected{std::move(error).with_cure(busy ? "another program listens there" : "")};
  };
  KX_TRY_ASSIGN(const Address address, address_of(port));
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    return fail();
  }
  const int on = 1;
  if (address.storage.ss_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  // SAFETY: a socket address of the size that was noted with it.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    return fail();
  }
  return fd;
}

// A new network namespace has its loopback interface down.
Result<void> raise_loopback() {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (!fd || ::ioctl(fd.get(), SIOCGIFFLAGS, &request) != 0) {
    return Unexpected{system_error("find the loopback interface")};
  }
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  if (::ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0) {
    return Unexpected{system_error("bring up the loopback interface")};
  }
  return {};
}

Result<void> join(const std::string& name) {
  const std::string path = name.find('/') == std::string::npos ? "/run/netns/" + name : name;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return Unexpected{system_error("--network ", name).with_cure("ip netns list shows those there are")};
  }
  struct statfs status {};
  if (::fstatfs(fd.get(), &status) != 0 || status.f_type != NSFS_MAGIC) {
    return Unexpected{make_error(ErrorKind::Usage, "--network ", name, ": ", path, " is not a network namespace")};
  }
  if (::setns(fd.get(), CLONE_NEWNET) != 0) {
    Error error = system_error("enter the network namespace ", path);
    const bool forbidden = error.errno_value == EPERM;
    return Unexpected{std::move(error).with_cure(forbidden ? "only root can enter one that it has not made"
                                                           : "it must be a network namespace")};
  }
  return {};
}

}  // namespace

Result<std::vector<PublishedListener>> listen_on_published(const NetworkConfig& config) {
  std::vector<PublishedListener> listeners;
  for (const PublishedPort& port : config.published) {
    KX_TRY_ASSIGN(UniqueFd socket, listen_on(port));
    listeners.push_back({std::move(socket), port.family_port});
  }
  return listeners;
}

Result<void> enter_network(const NetworkConfig& config) {
  switch (config.kind) {
    case NetworkConfig::Kind::Host:
      break;
    case NetworkConfig::Kind::None:
      if (::unshare(CLONE_NEWNET) != 0) {
        return Unexpected{system_error("create a network namespace")
                              .with_cure("the kernel must have them: sysctl user.max_net_namespaces")};
      }
      return raise_loopback();
    case NetworkConfig::Kind::Named:
      return join(config.name);
  }
  return {};
}

std::string resolver_configuration(const NetworkConfig& config) {
  std::string text;
  for (const std::string& server : config.name_servers) {
    text += "nameserver " + server + "\n";
  }
  return text;
}

}  // namespace kx::hv
