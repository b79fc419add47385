// Abstract names of UNIX sockets (unix(7)), which on the host are shared by all that use its network: each of the
// family's stands for one there that nobody else knows or can guess.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace kx::hv::ipc {

// Thread-safe.
class AbstractNames {
 public:
  // What follows the NUL.
  using Name = std::vector<std::byte>;

  static constexpr std::size_t most_names = 65536;

  // The host's name for one of the family's; nothing if no socket of the family ever had it.
  [[nodiscard]] std::optional<Name> at_host(const Name& name);
  // The same for a socket that is to be bound to it; nothing if there are too many that are in use.
  [[nodiscard]] std::optional<Name> make(const Name& name);
  // A name as bind(2) chooses it, that is not known yet.
  [[nodiscard]] Name choose();
  // The family's name behind one of the host's; nothing if it is none of the family's.
  [[nodiscard]] std::optional<Name> of_family(const Name& host);

 private:
  static constexpr std::size_t secret_size = 16;

  Name host_name(std::uint64_t number) const;
  [[nodiscard]] bool is_used(std::uint64_t number) const;
  void forget_unused();

  std::mutex mutex_;  // what follows
  std::optional<std::array<std::byte, secret_size>> secret_;
  std::map<Name, std::uint64_t> numbers_;
  std::map<std::uint64_t, Name> names_;
  std::uint64_t last_number_ = 0;
  std::uint32_t last_choice_ = 0;
};

}  // namespace kx::hv::ipc
