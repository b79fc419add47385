#include "hypervisor/services/socket_addresses.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/ipc/family_ipc.hpp"

namespace kx::hv {

namespace {

using ipc::AbstractNames;

constexpr std::size_t path_begin = offsetof(sockaddr_un, sun_path);

ipc::AbstractNames* names_of(const CallContext& context) {
  return context.services.ipc != nullptr ? &context.services.ipc->abstract_names : nullptr;
}

AbstractNames::Name name_in(const std::byte* address, std::uint32_t size) {
  return {address + path_begin + 1, address + size};
}

std::uint32_t put_name(std::byte* address, const AbstractNames::Name& name) {
  address[path_begin] = std::byte{0};
  std::ranges::copy(name, address + path_begin + 1);
  return static_cast<std::uint32_t>(path_begin + 1 + name.size());
}

}  // namespace

bool is_unix_address(const std::byte* address, std::uint64_t size) {
  sa_family_t family = AF_UNSPEC;
  if (size > path_begin) {
    std::memcpy(&family, address, sizeof(family));
  }
  return family == AF_UNIX;
}

bool is_abstract_address(const std::byte* address, std::uint64_t size) {
  return is_unix_address(address, size) && address[path_begin] == std::byte{0};
}

std::int64_t name_at_host(const CallContext& context, std::byte* address, std::uint32_t& size, NameUse use) {
  if (size > sizeof(sockaddr_un)) {
    return -EINVAL;
  }
  AbstractNames* names = names_of(context);
  const bool binds = use == NameUse::Bind;
  if (names == nullptr) {
    return binds ? -EACCES : -ECONNREFUSED;
  }
  const AbstractNames::Name name = name_in(address, size);
  const auto host = binds ? names->make(name) : names->at_host(name);
  if (!host) {
    return binds ? -ENOMEM : -ECONNREFUSED;
  }
  size = put_name(address, *host);
  return 0;
}

std::int64_t choose_name(const CallContext& context, int fd, std::byte* address, std::uint32_t& size) {
  AbstractNames* names = names_of(context);
  sockaddr_un now{};
  socklen_t length = sizeof now;
  // SAFETY: the sockets interface
  const bool is_bound = ::getsockname(fd, reinterpret_cast<sockaddr*>(&now), &length) == 0 && length > path_begin;
  if (names == nullptr || is_bound) {
    return 0;
  }
  const auto host = names->make(names->choose());
  if (!host) {
    return -ENOMEM;
  }
  size = put_name(address, *host);
  return 0;
}

std::uint32_t name_of_family(const CallContext& context, std::byte* address, std::uint32_t size) {
  AbstractNames* names = names_of(context);
  if (names == nullptr || size > sizeof(sockaddr_un) || !is_abstract_address(address, size)) {
    return size;
  }
  const auto name = names->of_family(name_in(address, size));
  return name ? put_name(address, *name) : size;
}

}  // namespace kx::hv
