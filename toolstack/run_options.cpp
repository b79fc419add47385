#include "toolstack/run_options.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <limits>

namespace kx::toolstack {
namespace {

using hv::ErrorKind;
using hv::make_error;

std::string absolute_path(std::string_view path) {
  std::error_code ignored;  // without a working directory the path stays as it is, and opening it reports the cause
  const auto absolute = std::filesystem::absolute(path, ignored);
  return ignored ? std::string(path) : absolute.string();
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  // The largest value means "no change" to setresuid(2).
  if (error != std::errc{} || end != text.data() + text.size() || id == std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return id;
}

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

}  // namespace

hv::Result<std::uint64_t> parse_size(std::string_view text) {
  const auto refuse = [&] {
    return Unexpected{make_error(ErrorKind::Usage, "--memory: '", text, "' is not a size")
                          .with_cure("a number of bytes, or with K, M, G or T: 512M")};
  };
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0) {
    return refuse();
  }
  std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  unsigned shift = 0;
  if (!suffix.empty()) {
    constexpr std::string_view letters = "KMGT";
    const char letter = suffix[0] >= 'a' && suffix[0] <= 'z' ? static_cast<char>(suffix[0] - 'a' + 'A') : suffix[0];
    const std::size_t index = letters.find(letter);
    if (index != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(index) + 1);
      suffix.remove_prefix(1);
      if (suffix == "iB") {
        suffix = {};
      }
    }
    if (!suffix.empty() && suffix != "B") {
      return refuse();
    }
  }
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) {
    return refuse();
  }
  return number << shift;
}

hv::Result<hv::Volume> parse_volume(std::string_view text) {
  hv::Volume volume;
  std::string_view rest = text;
  if (rest.ends_with(":ro") || rest.ends_with(":rw")) {
    volume.read_only = rest.ends_with(":ro");
    rest.remove_suffix(3);
  }
  const std::size_t colon = rest.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 >= rest.size() || rest[colon + 1] != '/' ||
      rest.find(':', colon + 1) != std::string_view::npos) {
    return Unexpected{make_error(ErrorKind::Usage, "--volume: '", text, "' is not SRC:DST or SRC:DST:ro")
                          .with_cure("DST is an absolute path: --volume ./data:/data")};
  }
  volume.source = absolute_path(rest.substr(0, colon));
  volume.destination = rest.substr(colon + 1);
  return volume;
}

hv::Result<UserAndGroup> parse_user(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto uid = parse_id(text.substr(0, colon));
  const auto gid = colon == std::string_view::npos ? uid : parse_id(text.substr(colon + 1));
  if (!uid || !gid) {
    return Unexpected{
        make_error(ErrorKind::Usage, "--user: '", text, "' is not UID:GID").with_cure("numbers, as in 1000:1000")};
  }
  return UserAndGroup{*uid, *gid};
}

std::vector<std::string> merged_environment(const char* const* callers, const std::vector<std::string>& changes) {
  std::vector<std::string> merged;
  for (; callers != nullptr && *callers != nullptr; ++callers) {
    merged.emplace_back(*callers);
  }
  for (const std::string& change : changes) {
    const auto same_name = [&](const std::string& variable) { return name_of(variable) == name_of(change); };
    const bool is_assignment = change.find('=') != std::string::npos;
    const auto found = std::ranges::find_if(merged, same_name);
    if (!is_assignment) {
      std::erase_if(merged, same_name);
    } else if (found != merged.end()) {
      *found = change;
    } else {
      merged.push_back(change);
    }
  }
  return merged;
}

hv::Result<std::uint32_t> parse_processors(std::string_view text) {
  const auto count = parse_id(text);
  if (!count || *count == 0) {
    return Unexpected{make_error(ErrorKind::Usage, "--cpus: '", text, "' is not a number of whole processors")
                          .with_cure("1 or more; for a fraction put kx into a control group: systemd-run --user -p "
                                     "CPUQuota=50% --scope kx run ...")};
  }
  return *count;
}

hv::Result<hv::NetworkConfig> parse_network(std::string_view text) {
  hv::NetworkConfig network;
  if (text.empty()) {
    return Unexpected{
        make_error(ErrorKind::Usage, "--network: the name is empty").with_cure("host, none, or a network namespace")};
  }
  if (text == "none") {
    network.kind = hv::NetworkConfig::Kind::None;
  } else if (text != "host") {
    network.kind = hv::NetworkConfig::Kind::Named;
    network.name = text;
  }
  return network;
}

hv::Result<hv::PublishedPort> parse_published(std::string_view text) {
  const auto refuse = [&] {
    return Unexpected{make_error(ErrorKind::Usage, "--publish: '", text, "' is not HOST:GUEST/tcp")
                          .with_cure("port numbers, and an address of the host before them if it is to be one alone: "
                                     "127.0.0.1:8080:80/tcp, [::1]:8080:80/tcp; only tcp can be published")};
  };
  const auto port_of = [](std::string_view digits) {
    const auto number = parse_id(digits);
    return number && *number != 0 && *number <= 0xffff ? static_cast<std::uint16_t>(*number) : std::uint16_t{0};
  };
  hv::PublishedPort port;
  std::string_view rest = text;
  if (rest.ends_with("/tcp")) {
    rest.remove_suffix(4);
  }
  const std::size_t last = rest.rfind(':');
  if (last == std::string_view::npos) {
    return refuse();
  }
  port.family_port = port_of(rest.substr(last + 1));
  rest = rest.substr(0, last);
  if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    std::string_view address = rest.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) {
      address = address.substr(1, address.size() - 2);
    }
    std::array<char, sizeof(in6_addr)> binary;
    port.address = address;
    if (::inet_pton(AF_INET, port.address.c_str(), binary.data()) != 1 &&
        ::inet_pton(AF_INET6, port.address.c_str(), binary.data()) != 1) {
      return refuse();
    }
    rest = rest.substr(colon + 1);
  }
  port.host_port = port_of(rest);
  if (port.host_port == 0 || port.family_port == 0) {
    return refuse();
  }
  return port;
}

hv::Result<std::string> parse_name_server(std::string_view text) {
  std::string address(text);
  std::array<char, sizeof(in6_addr)> binary;
  if (::inet_pton(AF_INET, address.c_str(), binary.data()) != 1 &&
      ::inet_pton(AF_INET6, address.c_str(), binary.data()) != 1) {
    return Unexpected{make_error(ErrorKind::Usage, "--dns: '", text, "' is not an address in numbers")};
  }
  return address;
}

hv::Result<std::uint32_t> parse_components(std::string_view text) {
  std::uint32_t set = abi::needed_components;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    const auto* const found = std::ranges::find_if(
        abi::component_texts, [&](const abi::ComponentText& component) { return name == component.name; });
    if (found == std::end(abi::component_texts)) {
      std::string known;
      for (const abi::ComponentText& component : abi::component_texts) {
        known.append(known.empty() ? "" : ", ").append(component.name);
      }
      return Unexpected{make_error(ErrorKind::Usage, "--components: '", name, "' is not a component of the library OS")
                            .with_cure("a list of " + known)};
    }
    set |= 1u << (found - std::begin(abi::component_texts));
    if (comma == std::string_view::npos) {
      return set;
    }
    rest.remove_prefix(comma + 1);
  }
}

hv::FamilyConfig to_family_config(const RunOptions& options, const char* const* caller_environment) {
  hv::FamilyConfig config;
  config.sandbox.root = absolute_path(options.root);
  config.sandbox.default_root = options.root == "/";
  config.sandbox.volumes = options.volumes;
  for (const std::string& path : options.rw_paths) {
    config.sandbox.rw_paths.push_back(path.empty() ? path : absolute_path(path));
  }
  config.sandbox.workdir = options.workdir;
  config.sandbox.uid = options.uid;
  config.sandbox.gid = options.gid;
  config.sandbox.hostname = options.hostname;
  config.sandbox.network = options.network;
  config.argv.push_back(options.program);
  config.argv.insert(config.argv.end(), options.arguments.begin(), options.arguments.end());
  config.environment = merged_environment(caller_environment, options.environment);
  config.memory_limit = options.memory_limit;
  config.process_limit = options.process_limit;
  config.processors = options.processors;
  config.trust_family = options.trust_family;
  config.library_policy = options.library_policy;
  config.audit_path = options.audit_log;
  config.components = options.components;
  config.stats = options.stats;
  config.strace_path = options.strace_path;
  return config;
}

}  // namespace kx::toolstack
