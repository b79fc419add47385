// Reads a policy. Whatever it does not know is an error: a demand with a misspelt name would demand nothing.
#include <fcntl.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <utility>

#include "hypervisor/libraries/policy.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::size_t most_policy_size = 1 << 20;
constexpr std::size_t most_signatures = 4096;

bool is_hexadecimal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

class PolicyReader {
 public:
  PolicyReader(std::string source, std::string directory) : directory_(std::move(directory)) {
    policy_.source_ = std::move(source);
  }

  Result<LibraryPolicy> read(const toml::table& root) {
    KX_TRY(only(root, {"mode", "signatures", "keys", "jit", "library"}));
    KX_TRY(read_mode(root));
    KX_TRY(read_keys(root));
    KX_TRY(read_signatures(root));
    KX_TRY_ASSIGN(policy_.jit_, programs(root, "jit"));
    KX_TRY(read_rules(root));
    return std::move(policy_);
  }

 private:
  template <class... Parts>
  Unexpected<Error> refuse(const toml::node& where, const Parts&... parts) {
    return Unexpected{make_error(ErrorKind::Usage, policy_.source_, ":", where.source().begin.line, ": ", parts...)};
  }

  Result<void> only(const toml::table& table, std::initializer_list<std::string_view> names) {
    for (const auto& [key, value] : table) {
      if (std::ranges::find(names, key.str()) == names.end()) {
        return refuse(value, "'", key.str(), "' is nothing that a policy says here");
      }
    }
    return {};
  }

  // A text, or a list of texts; none of them empty.
  Result<std::vector<std::string>> texts(const toml::table& table, std::string_view name) {
    std::vector<std::string> all;
    const toml::node* const node = table.get(name);
    if (node == nullptr) {
      return all;
    }
    const auto add = [&](const toml::node& each) {
      const auto* const text = each.as_string();
      if (text != nullptr && !text->get().empty()) {
        all.push_back(text->get());
      }
      return text != nullptr && !text->get().empty();
    };
    const toml::array* const list = node->as_array();
    const bool good = list == nullptr ? add(*node) : !list->empty() && std::ranges::all_of(*list, add);
    if (!good) {
      return refuse(*node, "'", name, "' is a text or a list of texts");
    }
    return all;
  }

  Result<std::string> text(const toml::table& table, std::string_view name) {
    const toml::node* const node = table.get(name);
    if (node == nullptr) {
      return std::string();
    }
    const auto* const value = node->as_string();
    if (value == nullptr || value->get().empty()) {
      return refuse(*node, "'", name, "' is a text");
    }
    return value->get();
  }

  // Absolute paths of the family's view.
  Result<std::vector<std::string>> programs(const toml::table& table, std::string_view name) {
    KX_TRY_ASSIGN(std::vector<std::string> paths, texts(table, name));
    for (const std::string& path : paths) {
      if (path[0] != '/') {
        return refuse(*table.get(name), "'", path, "' is not the absolute path of a program");
      }
    }
    return paths;
  }

  Result<void> read_mode(const toml::table& root) {
    constexpr std::array modes{std::pair{"off", PolicyMode::Off}, std::pair{"warn", PolicyMode::Warn},
                               std::pair{"enforce", PolicyMode::Enforce}};
    KX_TRY_ASSIGN(const std::string mode, text(root, "mode"));
    const auto found = std::ranges::find_if(modes, [&](const auto& each) { return each.first == mode; });
    if (found == modes.end()) {
      return root.get("mode") == nullptr ? refuse(root, "'mode' is missing: off, warn or enforce")
                                         : refuse(*root.get("mode"), "'mode' is off, warn or enforce");
    }
    policy_.mode_ = found->second;
    return {};
  }

  [[nodiscard]] std::string in_directory(const std::string& path) const {
    return (std::filesystem::path(directory_) / path).string();
  }

  Result<void> read_keys(const toml::table& root) {
    const toml::node* const node = root.get("keys");
    if (node == nullptr) {
      return {};
    }
    const toml::table* const table = node->as_table();
    if (table == nullptr) {
      return refuse(*node, "'keys' is a table of names and files");
    }
    for (const auto& [name, value] : *table) {
      KX_TRY_ASSIGN(const std::string path, text(*table, name.str()));
      auto content = read_text(AT_FDCWD, in_directory(path), "the key " + path);
      if (!content) {
        return refuse(value, content.error().message());
      }
      const auto key = parse_public_key(*content);
      if (!key) {
        return refuse(value, path, " is not a public key of kx");
      }
      policy_.keys_.emplace(name.str(), *key);
    }
    return {};
  }

  // Kept in memory: once the family runs, there is only its view.
  Result<void> read_signatures(const toml::table& root) {
    KX_TRY_ASSIGN(const std::string path, text(root, "signatures"));
    if (path.empty()) {
      return {};
    }
    const toml::node& node = *root.get("signatures");
    std::error_code error;
    std::filesystem::directory_iterator entries(in_directory(path), error);
    for (const std::filesystem::directory_iterator end; !error && entries != end; entries.increment(error)) {
      std::string name = entries->path().filename().string();
      if (!name.ends_with(signature_suffix)) {
        continue;
      }
      auto content = read_text(AT_FDCWD, entries->path().string(), "the signature " + name);
      if (!content) {
        return refuse(node, content.error().message());
      }
      if (!parse_signature(*content) || policy_.signatures_.size() == most_signatures) {
        return refuse(node, name, " is not a signature of kx, or one too many");
      }
      name.resize(name.size() - signature_suffix.size());
      policy_.signatures_.emplace(std::move(name), std::move(content).value());
    }
    return error ? refuse(node, path, ": ", error.message()) : Result<void>();
  }

  Result<void> read_rules(const toml::table& root) {
    const toml::node* const node = root.get("library");
    if (node == nullptr) {
      return {};
    }
    const toml::array* const list = node->as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
      return refuse(*node, "rules are tables: [[library]]");
    }
    for (const toml::node& each : *list) {
      KX_TRY_ASSIGN(PolicyRule rule, read_rule(*each.as_table()));
      policy_.rules_.push_back(std::move(rule));
    }
    return {};
  }

  Result<PolicyRule> read_rule(const toml::table& table) {
    KX_TRY(only(table, {"path", "soname", "signed-by", "build-ids", "min-version", "max-version", "loaders"}));
    PolicyRule rule;
    rule.line = table.source().begin.line;
    KX_TRY_ASSIGN(rule.paths, programs(table, "path"));
    KX_TRY_ASSIGN(rule.soname, text(table, "soname"));
    if (!split_soname(rule.soname).version.empty()) {
      return refuse(*table.get("soname"), "'soname' is without the version, which is for min-version and max-version");
    }
    KX_TRY_ASSIGN(rule.signed_by, texts(table, "signed-by"));
    for (const std::string& key : rule.signed_by) {
      if (!policy_.keys_.contains(key)) {
        return refuse(*table.get("signed-by"), "there is no key '", key, "' in [keys]");
      }
    }
    KX_TRY_ASSIGN(rule.build_ids, texts(table, "build-ids"));
    if (!std::ranges::all_of(rule.build_ids, is_hexadecimal)) {
      return refuse(*table.get("build-ids"), "build ids are lower-case hexadecimal digits");
    }
    KX_TRY_ASSIGN(rule.min_version, version(table, "min-version"));
    KX_TRY_ASSIGN(rule.max_version, version(table, "max-version"));
    KX_TRY(read_loaders(table, rule));
    return rule;
  }

  Result<Version> version(const toml::table& table, std::string_view name) {
    KX_TRY_ASSIGN(const std::string value, text(table, name));
    auto parsed = value.empty() ? std::optional(Version()) : parse_version(value);
    if (!parsed) {
      return refuse(*table.get(name), "'", name, "' is a text of numbers with dots: \"1.2\"");
    }
    return std::move(*parsed);
  }

  Result<void> read_loaders(const toml::table& table, PolicyRule& rule) {
    const toml::node* const node = table.get("loaders");
    if (node == nullptr || node->value_or(std::string_view()) == "anyone") {
      return {};
    }
    if (node->value_or(std::string_view()) == "same-owner") {
      rule.loaders = LoaderKind::SameOwner;
      return {};
    }
    if (!node->is_array()) {
      return refuse(*node, "'loaders' is \"anyone\", \"same-owner\" or a list of programs");
    }
    rule.loaders = LoaderKind::Named;
    KX_TRY_ASSIGN(rule.programs, programs(table, "loaders"));
    return {};
  }

  LibraryPolicy policy_;
  std::string directory_;
};

Result<LibraryPolicy> LibraryPolicy::parse(std::string_view text, const std::string& source,
                                           const std::string& directory) {
  KX_TRY(start_cryptography());
  try {
    return PolicyReader(source, directory).read(toml::parse(text, source));
  } catch (const toml::parse_error& error) {
    return Unexpected{make_error(ErrorKind::Usage, source, ":", error.source().begin.line, ": ", error.description())};
  }
}

Result<LibraryPolicy> LibraryPolicy::load(const std::string& path) {
  KX_TRY_ASSIGN(const std::string text, read_text(AT_FDCWD, path, "the library policy " + path, most_policy_size));
  return parse(text, path, std::filesystem::path(path).parent_path().string());
}

}  // namespace kx::hv::libraries
