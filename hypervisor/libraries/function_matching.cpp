#include "hypervisor/libraries/function_matching.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "hypervisor/libraries/library_pointers.hpp"

namespace kx::hv::libraries {

namespace {

constexpr int most_rounds = 32;

// Addresses of one version by those of another, as evidence comes in.
class Counterparts {
 public:
  explicit Counterparts(std::map<std::uint64_t, std::uint64_t>& known) : known_(known) {
    for (const auto& [from, to] : known) {
      given_.insert(to);
    }
  }

  [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& known() const { return known_; }
  [[nodiscard]] bool contains(std::uint64_t from) const { return known_.contains(from); }
  [[nodiscard]] bool is_given(std::uint64_t to) const { return given_.contains(to); }
  // That `to` is somebody's counterpart already speaks against it.
  void propose(std::uint64_t from, std::uint64_t to);
  void refuse(std::uint64_t from) {
    if (!known_.contains(from)) {
      doubtful_.insert(from);
    }
  }
  // Takes over what was not contradicted; what was is not asked again. True if there was any.
  bool accept();

 private:
  std::map<std::uint64_t, std::uint64_t>& known_;
  std::unordered_set<std::uint64_t> given_, doubtful_;
  std::unordered_map<std::uint64_t, std::uint64_t> proposals_;
};

void Counterparts::propose(std::uint64_t from, std::uint64_t to) {
  if (known_.contains(from) || doubtful_.contains(from)) {
    return;
  }
  const auto [place, is_new] = proposals_.emplace(from, to);
  if (place->second != to || given_.contains(to)) {
    doubtful_.insert(from);
  }
}

bool Counterparts::accept() {
  std::unordered_map<std::uint64_t, int> wanted;
  for (const auto& [from, to] : proposals_) {
    ++wanted[to];
  }
  bool accepted = false;
  for (const auto& [from, to] : proposals_) {
    if (wanted[to] == 1 && !doubtful_.contains(from)) {
      known_.emplace(from, to);
      given_.insert(to);
      accepted = true;
    } else {
      doubtful_.insert(from);
    }
  }
  proposals_.clear();
  return accepted;
}

class Matcher {
 public:
  Matcher(const LibraryPointers& before, const LibraryPointers& now, KnownFunctions& known)
      : old_(before), new_(now), functions_(known), data_(known_data_) {}

  void run() {
    match_code();
    match_sections();
    for (int round = 0; round < most_rounds; ++round) {
      propose_by_references();
      propose_by_tables();
      if (!accept() && !(propose_by_place(), accept())) {
        return;
      }
    }
  }

 private:
  // Two places of data that are each other's counterparts.
  struct Anchor {
    std::uint64_t before = 0;
    std::uint64_t now = 0;
  };

  void match_code();
  void match_sections();
  void propose_by_references();
  void propose_by_changed_code(std::span<const Reference> before, std::span<const Reference> now);
  void propose_by_tables();
  void propose_by_place();
  void propose_alike(const AddressRange& old_range, const AddressRange& new_range);
  [[nodiscard]] std::vector<Anchor> find_anchors() const;
  [[nodiscard]] bool may_be_same(const Slot& before, const Slot& now) const;
  void propose(std::uint64_t from, std::uint64_t to);
  bool accept() {
    const bool functions = functions_.accept(), data = data_.accept();
    return functions || data;
  }

  const LibraryPointers& old_;
  const LibraryPointers& new_;
  std::map<std::uint64_t, std::uint64_t> known_data_;
  Counterparts functions_, data_;
  std::unordered_set<std::uint64_t> followed_;  // functions whose code is the same, and names nothing more that is new
};

// What lies in neither text nor data (constants) is not followed.
void Matcher::propose(std::uint64_t from, std::uint64_t to) {
  if (old_.is_function(from)) {
    new_.is_function(to) ? functions_.propose(from, to) : functions_.refuse(from);
  } else if (old_.is_data(from) && new_.is_data(to)) {
    data_.propose(from, to);
  }
}

void Matcher::match_code() {
  using ByCode = std::map<std::string_view, std::vector<std::uint64_t>>;
  const auto collect = [](const std::map<std::uint64_t, Code>& all) {
    ByCode by_code;
    for (const auto& [start, code] : all) {
      by_code[code.plain].push_back(start);
    }
    return by_code;
  };
  const ByCode old_code = collect(old_.code()), new_code = collect(new_.code());
  for (const auto& [code, functions] : old_code) {
    const auto same = new_code.find(code);
    if (!code.empty() && functions.size() == 1 && same != new_code.end() && same->second.size() == 1) {
      propose(functions.front(), same->second.front());
    }
  }
  accept();
}

// Sections begin with the same.
void Matcher::match_sections() {
  for (const auto& [name, range] : old_.data_sections()) {
    if (const auto other = new_.data_sections().find(name); other != new_.data_sections().end()) {
      data_.propose(range.start, other->second.start);
    }
  }
  data_.accept();
}

void Matcher::propose_by_references() {
  for (const auto& [from, to] : functions_.known()) {
    const auto before = old_.code().find(from), now = new_.code().find(to);
    if (before == old_.code().end() || now == new_.code().end() || before->second.plain.empty() ||
        followed_.contains(from)) {
      continue;
    }
    if (before->second.plain != now->second.plain) {
      propose_by_changed_code(before->second.references, now->second.references);
      continue;
    }
    followed_.insert(from);
    for (std::size_t i = 0; i < std::min(before->second.references.size(), now->second.references.size()); ++i) {
      propose(before->second.references[i].target, now->second.references[i].target);
    }
  }
}

// What changed code names between two things that it named in this order before: if that is one function that is not
// known yet, then it is the one of the new version there that is nobody's counterpart.
void Matcher::propose_by_changed_code(std::span<const Reference> before, std::span<const Reference> now) {
  constexpr std::size_t most_references = 4096;
  if (std::max(before.size(), now.size()) > most_references) {
    return;
  }
  const auto names_once = [](std::span<const Reference> all, std::uint64_t target) {
    return std::ranges::count(all, target, &Reference::target) == 1;
  };
  std::size_t old_start = 0, new_start = 0;
  const auto propose_segment = [&](std::size_t old_end, std::size_t new_end) {
    const auto only = [](std::span<const Reference> all, auto&& is_unknown) {
      const Reference* found = nullptr;
      int count = 0;
      for (const Reference& each : all) {
        if (is_unknown(each.target) && (found == nullptr || found->target != each.target)) {
          found = &each;
          ++count;
        }
      }
      return count == 1 ? found : nullptr;
    };
    const Reference* const unknown = only(before.subspan(old_start, old_end - old_start), [&](std::uint64_t target) {
      return old_.is_function(target) && !functions_.contains(target);
    });
    const Reference* const left = only(now.subspan(new_start, new_end - new_start), [&](std::uint64_t target) {
      return new_.is_function(target) && !functions_.is_given(target);
    });
    if (unknown != nullptr && left != nullptr && unknown->is_branch == left->is_branch) {
      propose(unknown->target, left->target);
    }
  };
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto found = functions_.known().find(before[i].target);
    if (found == functions_.known().end() || !names_once(before, before[i].target)) {
      continue;
    }
    const auto same = std::ranges::find(now.subspan(new_start), found->second, &Reference::target);
    if (same == now.end() || !names_once(now, found->second)) {
      continue;
    }
    const auto at = static_cast<std::size_t>(same - now.begin());
    propose_segment(i, at);
    old_start = i + 1;
    new_start = at + 1;
  }
  propose_segment(before.size(), now.size());
}

bool Matcher::may_be_same(const Slot& before, const Slot& now) const {
  const auto fits = [&](const Counterparts& counterparts) {
    const auto found = counterparts.known().find(before.target);
    return found == counterparts.known().end() || found->second == now.target;
  };
  return old_.is_function(before.target) == new_.is_function(now.target) && fits(functions_) && fits(data_);
}

// Places before and after which tables go on alike: what is known of data, pointers that are there only once, to a
// function or a text, and where sections end.
std::vector<Matcher::Anchor> Matcher::find_anchors() const {
  std::vector<Anchor> anchors;
  for (const auto& [from, to] : data_.known()) {
    anchors.push_back({from, to});
  }
  for (const auto& [name, range] : old_.data_sections()) {
    if (const auto other = new_.data_sections().find(name); other != new_.data_sections().end()) {
      anchors.push_back({range.end, other->second.end});
    }
  }
  using Places = std::unordered_map<std::string, std::uint64_t>;
  const auto index = [](const LibraryPointers& library, auto&& name_function) {
    Places places;
    for (const Slot& slot : library.slots()) {
      std::string name = name_function(slot.target);
      if (name.empty()) {
        name = library.text_at(slot.target);
      }
      const auto [place, is_new] = places.emplace(std::move(name), slot.offset);
      place->second = is_new ? slot.offset : 0;
    }
    return places;
  };
  // A function is called by where it is now.
  const auto number = [](std::uint64_t address) { return "\n" + std::to_string(address); };
  const Places before = index(old_, [&](std::uint64_t target) {
    const auto found = functions_.known().find(target);
    return found != functions_.known().end() ? number(found->second) : std::string();
  });
  const Places now =
      index(new_, [&](std::uint64_t target) { return new_.is_function(target) ? number(target) : std::string(); });
  for (const auto& [name, offset] : before) {
    const auto found = name.empty() || offset == 0 ? now.end() : now.find(name);
    if (found != now.end() && found->second != 0) {
      anchors.push_back({offset, found->second});
    }
  }
  std::ranges::sort(anchors, {}, &Anchor::before);
  return anchors;
}

// Believes what lies in two ranges if nothing there differs.
void Matcher::propose_alike(const AddressRange& old_range, const AddressRange& new_range) {
  const auto before = old_.slots_in(old_range), now = new_.slots_in(new_range);
  if (before.size() != now.size()) {
    return;
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].offset - old_range.start != now[i].offset - new_range.start || !may_be_same(before[i], now[i])) {
      return;
    }
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    propose(before[i].target, now[i].target);
  }
}

void Matcher::propose_by_tables() {
  const std::vector<Anchor> anchors = find_anchors();
  Anchor last;  // of objects, by their starts
  for (const Anchor& each : anchors) {
    const AddressRange before = old_.object_at(each.before), now = new_.object_at(each.now);
    const bool is_next = before.start != last.before || now.start != last.now;
    if (is_next && each.before - before.start == each.now - now.start) {
      propose_alike(before, now);
      last = {before.start, now.start};
    }
  }
  for (std::size_t i = 1; i < anchors.size(); ++i) {
    const AddressRange before = {anchors[i - 1].before, anchors[i].before}, now = {anchors[i - 1].now, anchors[i].now};
    if (before.end - before.start == now.end - now.start) {
      propose_alike(before, now);
    }
  }
}

void Matcher::propose_by_place() {
  const auto index = [](const std::vector<std::uint64_t>& starts, std::uint64_t start) {
    return std::ranges::lower_bound(starts, start) - starts.begin();
  };
  const auto& old_starts = old_.function_starts();
  const auto& new_starts = new_.function_starts();
  const auto& known = functions_.known();
  for (const std::uint64_t function : old_starts) {
    const auto after = known.upper_bound(function);
    if (known.contains(function) || after == known.begin() || after == known.end()) {
      continue;
    }
    const auto before = std::prev(after);
    const auto old_first = index(old_starts, before->first), new_first = index(new_starts, before->second);
    const auto old_last = index(old_starts, after->first), new_last = index(new_starts, after->second);
    if (after->second > before->second && new_last - new_first == old_last - old_first) {
      propose(function, new_starts[static_cast<std::size_t>(new_first + index(old_starts, function) - old_first)]);
    }
  }
}

}  // namespace

void match_functions(const LibraryPointers& before, const LibraryPointers& now, KnownFunctions& known) {
  Matcher(before, now, known).run();
}

}  // namespace kx::hv::libraries
