// Addresses of UNIX sockets on their way: abstract names are the family's own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

// Of a socket address of `size` bytes, whether it is one of UNIX sockets that begins like a name; whether that is
// abstract.
bool is_unix_address(const std::byte* address, std::uint64_t size);
bool is_abstract_address(const std::byte* address, std::uint64_t size);

enum class NameUse : std::uint8_t {
  Reach,  // connect(2), sendmsg(2)
  Bind,   // bind(2): a name of the family's from then on
};

// Puts the host's abstract name in the place of the family's. `address` is private memory for a sockaddr_storage.
// ECONNREFUSED: nobody ever had that name, or the family has none at all. ENOMEM: too many names. EACCES: to bind one
// is not possible here.
std::int64_t name_at_host(const CallContext& context, std::byte* address, std::uint32_t& size, NameUse use);

// What bind(2) without a name binds `fd` to, in the family's names; `size` stays if it has a name already.
std::int64_t choose_name(const CallContext& context, int fd, std::byte* address, std::uint32_t& size);

// The other way, for an address that the host has told. Its size then.
std::uint32_t name_of_family(const CallContext& context, std::byte* address, std::uint32_t size);

}  // namespace kx::hv
