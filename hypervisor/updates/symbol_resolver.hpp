// What the symbols and words of a library's new version are in a program that has the old one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "hypervisor/error.hpp"
#include "hypervisor/updates/update_plan.hpp"

namespace kx::hv::libraries {

Error obstacle(std::string_view text);
// Of a function that was chosen at load time (IFUNC).
Error no_counterpart(std::string_view function);

// With its version.
std::string quoted(const Symbol& symbol);
bool is_thread_local(std::uint32_t relocation_type);
bool names_a_symbol(std::uint32_t relocation_type);

// What the words of the program say that its dynamic linker has resolved, and what it would resolve. Nothing runs for
// it: which implementation of an IFUNC is meant the choice tells that was made for the old version, on the same
// processor.
class SymbolResolver {
 public:
  explicit SymbolResolver(const Replacement& replacement) : what_(replacement) { read_old_words(); }

  // The value for a symbol that the new version refers to; nothing: it is to be resolved when it is first called.
  Result<std::optional<std::uint64_t>> resolve(const Symbol& symbol, bool may_be_lazy);
  // What the resolver function at this link-time address of the new version would choose.
  Result<std::uint64_t> chosen_by(std::uint64_t resolver);
  // The same word of the old version for a thread-local symbol of another library.
  Result<std::uint64_t> foreign(std::uint32_t type, const Symbol& symbol);
  Result<std::uint64_t> module_id();
  Result<std::uint64_t> thread_offset();  // what is taken off the value of a thread-local symbol

 private:
  void read_old_words();
  void note_choice(const Relocation& relocation, const Symbol& symbol, std::uint64_t value);
  Result<std::optional<std::uint64_t>> look_up(const Symbol& symbol, bool may_be_lazy);
  std::optional<std::uint64_t> resolved_elsewhere(const Symbol& symbol);
  std::optional<std::uint64_t> chosen_in(const LoadedImage& image, const DynamicImage& dynamic,
                                         std::uint64_t resolver) const;
  Result<std::optional<std::uint64_t>> chosen_for(const Symbol& symbol, bool may_be_lazy);
  Result<std::uint64_t> counterpart(std::uint64_t chosen, std::string_view function) const;

  const Replacement& what_;
  std::unordered_map<std::string, std::uint64_t> resolved_;  // by name and version, of the old version's own words
  std::optional<std::uint64_t> module_id_, thread_offset_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> foreign_;
  std::map<std::uint64_t, std::uint64_t> choices_;  // of the old version, by its resolver's link-time address
};

}  // namespace kx::hv::libraries
