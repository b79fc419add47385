// RunOptions: what `kx run` was asked for on its command line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <kx/abi/components.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/family_config.hpp"

namespace kx::toolstack {

// Where the pVMs run: Auto takes this machine's /dev/kvm if it is usable, and the software lane if not.
enum class Lane : std::uint8_t { Auto, Kvm, Software };

struct RunOptions {
  std::string root = "/";
  std::vector<hv::Volume> volumes;
  std::vector<std::string> rw_paths;
  std::vector<std::string> environment;  // "K=V" over the caller's environment; a bare "K" removes it
  std::string workdir;
  std::uint64_t memory_limit = 0;  // bytes; 0: default
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::string hostname;
  hv::NetworkConfig network;
  std::optional<std::string> strace_path;  // "" means stderr
  std::size_t process_limit = 0;           // 0: default
  std::uint32_t processors = 0;            // 0: all
  std::optional<hv::libraries::LibraryPolicy> library_policy;
  std::string audit_log;                               // a file; empty: none
  std::uint32_t components = kx::abi::all_components;  // of the library OS
  bool trust_family = false;
  bool stats = false;
  Lane lane = Lane::Auto;
  std::string program;
  std::vector<std::string> arguments;  // after the program
};

// "512M" as bytes: a number with an optional suffix K, M, G or T (powers of 1024; "iB" and "B" may follow).
hv::Result<std::uint64_t> parse_size(std::string_view text);

// "SRC:DST[:ro|:rw]"; SRC is made absolute against the working directory.
hv::Result<hv::Volume> parse_volume(std::string_view text);

struct UserAndGroup {
  uid_t uid;
  gid_t gid;
};

// "UID:GID" or "UID", numbers only; GID is UID if it is left out.
hv::Result<UserAndGroup> parse_user(std::string_view text);

// The number of processors: a whole one, at least 1.
hv::Result<std::uint32_t> parse_processors(std::string_view text);

// `callers` (environ(7)) with the changes: "K=V", or "K" to remove a variable.
std::vector<std::string> merged_environment(const char* const* callers, const std::vector<std::string>& changes);

// "host", "none", or the name or path of a network namespace.
hv::Result<hv::NetworkConfig> parse_network(std::string_view text);

// "[ADDRESS:]HOST:GUEST[/tcp]"; an IPv6 address in brackets.
hv::Result<hv::PublishedPort> parse_published(std::string_view text);

// An address of a name server, in numbers; gives it as it is.
hv::Result<std::string> parse_name_server(std::string_view text);

// "net,poll": a set of abi::component_bit; what every set has is added. "core" alone is the least.
hv::Result<std::uint32_t> parse_components(std::string_view text);

// What the hypervisor needs of it. `caller_environment` is environ(7).
hv::FamilyConfig to_family_config(const RunOptions& options, const char* const* caller_environment);

}  // namespace kx::toolstack
