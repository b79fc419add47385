#include "hypervisor/ipc/abstract_names.hpp"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <kx/base/verify.hpp>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {

AbstractNames::Name AbstractNames::host_name(std::uint64_t number) const {
  Name name(secret_size + sizeof number);
  std::memcpy(name.data(), secret_->data(), secret_size);
  std::memcpy(name.data() + secret_size, &number, sizeof number);
  return name;
}

// Whoever can bind a socket to it finds it unused. Each type has its own names.
bool AbstractNames::is_used(std::uint64_t number) const {
  const Name name = host_name(number);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return std::ranges::any_of(std::array{SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}, [&](int type) {
    const UniqueFd probe(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    // SAFETY: the sockets interface
    return !probe || ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0;
  });
}

void AbstractNames::forget_unused() {
  std::erase_if(names_, [&](const auto& each) {
    const bool unused = !is_used(each.first);
    if (unused) {
      numbers_.erase(each.second);
    }
    return unused;
  });
}

std::optional<AbstractNames::Name> AbstractNames::at_host(const Name& name) {
  const std::lock_guard lock(mutex_);
  const auto found = numbers_.find(name);
  return found != numbers_.end() ? std::optional(host_name(found->second)) : std::nullopt;
}

std::optional<AbstractNames::Name> AbstractNames::make(const Name& name) {
  const std::lock_guard lock(mutex_);
  if (!secret_) {
    secret_.emplace();
    KX_VERIFY(::getrandom(secret_->data(), secret_size, 0) == static_cast<ssize_t>(secret_size));
  }
  if (const auto found = numbers_.find(name); found != numbers_.end()) {
    return host_name(found->second);
  }
  if (numbers_.size() >= most_names) {
    forget_unused();
  }
  if (numbers_.size() >= most_names) {
    return std::nullopt;
  }
  const std::uint64_t number = ++last_number_;
  numbers_[name] = number;
  names_[number] = name;
  return host_name(number);
}

AbstractNames::Name AbstractNames::choose() {
  constexpr std::uint32_t choices = 1 << 20;
  const std::lock_guard lock(mutex_);
  Name name(5);
  do {
    char digits[6];
    std::snprintf(digits, sizeof digits, "%05x", ++last_choice_ % choices);
    std::memcpy(name.data(), digits, name.size());
  } while (numbers_.contains(name));  // there are fewer names than choices
  return name;
}

std::optional<AbstractNames::Name> AbstractNames::of_family(const Name& host) {
  const std::lock_guard lock(mutex_);
  std::uint64_t number = 0;
  if (!secret_ || host.size() != secret_size + sizeof number ||
      std::memcmp(host.data(), secret_->data(), secret_size) != 0) {
    return std::nullopt;
  }
  std::memcpy(&number, host.data() + secret_size, sizeof number);
  const auto found = names_.find(number);
  return found != names_.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace kx::hv::ipc
