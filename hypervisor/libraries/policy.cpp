// Judging by a policy; reading one is in policy_reader.cpp.
#include "hypervisor/libraries/policy.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

namespace kx::hv::libraries {

namespace {

bool matches(const std::string& pattern, const std::string& path) {
  return pattern.ends_with('/') ? path.starts_with(pattern)
                                : ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
}

bool is_about(const PolicyRule& rule, const LoadedFile& file) {
  const bool by_path = rule.paths.empty() || std::ranges::any_of(rule.paths, [&](const auto& pattern) {
                         return matches(pattern, file.path);
                       });
  return by_path && (rule.soname.empty() || split_soname(file.identity.soname).name == rule.soname);
}

// Whether it is one of the programs at these paths of the family's view, as they are now.
bool is_named(const std::vector<std::string>& paths, const LoadingProgram& program) {
  return program.inode != 0 && std::ranges::any_of(paths, [&](const std::string& path) {
           struct stat status {};
           return ::stat(path.c_str(), &status) == 0 && status.st_dev == program.device &&
                  status.st_ino == program.inode;
         });
}

std::string text_of(const Version& version) {
  std::string text;
  for (const std::uint64_t number : version) {
    text += (text.empty() ? "" : ".") + std::to_string(number);
  }
  return text;
}

std::optional<std::string> wrong_version(const PolicyRule& rule, const LoadedFile& file) {
  if (rule.min_version.empty() && rule.max_version.empty()) {
    return std::nullopt;
  }
  const Version version = split_soname(file.identity.soname).version;
  if (version.empty()) {
    return "its soname '" + file.identity.soname + "' has no version";
  }
  if (version < rule.min_version) {
    return "version " + text_of(version) + " is below " + text_of(rule.min_version);
  }
  // Only as many numbers count as the limit has: 1.4.2 is not above 1.4.
  const Version counted(version.begin(), version.begin() + static_cast<std::ptrdiff_t>(
                                                               std::min(version.size(), rule.max_version.size())));
  if (!rule.max_version.empty() && counted > rule.max_version) {
    return "version " + text_of(version) + " is above " + text_of(rule.max_version);
  }
  return std::nullopt;
}

std::optional<std::string> wrong_build(const PolicyRule& rule, const LoadedFile& file) {
  if (rule.build_ids.empty() || std::ranges::find(rule.build_ids, file.identity.build_id) != rule.build_ids.end()) {
    return std::nullopt;
  }
  return file.identity.build_id.empty() ? "it has no build id"
                                        : "its build id " + file.identity.build_id + " is not listed";
}

std::optional<std::string> wrong_loader(const PolicyRule& rule, const LoadedFile& file, const LoadingProgram& program) {
  switch (rule.loaders) {
    case LoaderKind::Anyone:
      return std::nullopt;
    case LoaderKind::SameOwner:
      if (!file.owner || !program.owner) {
        return "whose it is, or the program, cannot be told here";
      }
      return *file.owner == *program.owner ? std::nullopt : std::optional<std::string>("the program has another owner");
    case LoaderKind::Named:
      return is_named(rule.programs, program) ? std::nullopt
                                              : std::optional<std::string>("this program is not to load it");
  }
  return "its rule makes no sense";
}

std::optional<std::string> wrong_signature(const PolicyRule& rule, const LoadedFile& file) {
  if (rule.signed_by.empty()) {
    return std::nullopt;
  }
  const Signer signer = file.signer();
  if (signer.key.empty()) {
    return signer.problem;
  }
  return std::ranges::find(rule.signed_by, signer.key) != rule.signed_by.end()
             ? std::nullopt
             : std::optional("it is signed by " + signer.key + ", whose signature does not count for it");
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  for (const char* at = text.data();;) {
    const char* const end = text.data() + text.size();
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc{} || (stop != end && *stop != '.')) {
      return std::nullopt;
    }
    version.push_back(number);
    if (stop == end) {
      return version;
    }
    at = stop + 1;
  }
}

VersionedName split_soname(std::string_view soname) {
  constexpr std::string_view mark = ".so.";
  for (std::size_t at = soname.find(mark); at != std::string_view::npos; at = soname.find(mark, at + 1)) {
    if (auto version = parse_version(soname.substr(at + mark.size()))) {
      return {soname.substr(0, at + mark.size() - 1), std::move(*version)};
    }
  }
  return {soname, {}};
}

bool LibraryPolicy::is_jit(const LoadingProgram& program) const {
  return is_named(jit_, program);
}

std::optional<std::string> LibraryPolicy::refusal(const LoadedFile& file, const LoadingProgram& program) const {
  const auto rule = std::ranges::find_if(rules_, [&](const PolicyRule& each) { return is_about(each, file); });
  if (rule == rules_.end()) {
    return "no rule is about it";
  }
  auto reason = wrong_version(*rule, file);
  reason = reason ? reason : wrong_build(*rule, file);
  reason = reason ? reason : wrong_loader(*rule, file, program);
  reason = reason ? reason : wrong_signature(*rule, file);  // what costs most
  return reason ? std::optional(*reason + " (" + source_ + ":" + std::to_string(rule->line) + ")") : std::nullopt;
}

Signer LibraryPolicy::signer(const ContentHash& hash, const std::string& text) const {
  const auto signature = parse_signature(text);
  if (!signature) {
    return {{}, "its signature is not one of kx"};
  }
  const auto known = std::ranges::find_if(keys_, [&](const auto& each) { return each.second.id() == signature->key; });
  if (known == keys_.end()) {
    return {{}, "it is signed by the key " + to_text(signature->key) + ", which the policy does not name"};
  }
  if (!verify(hash, *signature, known->second)) {
    return {{}, "its signature by " + known->first + " is wrong: the file is not what was signed"};
  }
  return {known->first, {}};
}

const std::string* LibraryPolicy::signature_of(const std::string& name) const {
  const auto found = signatures_.find(name);
  return found != signatures_.end() ? &found->second : nullptr;
}

}  // namespace kx::hv::libraries
