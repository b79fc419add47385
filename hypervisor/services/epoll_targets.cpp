#include "hypervisor/services/epoll_targets.hpp"

namespace kx::hv {

void EpollTargets::set(Handle epoll, Handle target, std::uint64_t data) {
  const std::lock_guard lock(mutex_);
  remove_locked(epoll, target);
  by_data_[{epoll, data}] = target;
  by_target_[{target, epoll}] = data;
}

void EpollTargets::remove(Handle epoll, Handle target) {
  const std::lock_guard lock(mutex_);
  remove_locked(epoll, target);
}

void EpollTargets::remove_locked(Handle epoll, Handle target) {
  const auto known = by_target_.find({target, epoll});
  if (known == by_target_.end()) {
    return;
  }
  const auto named = by_data_.find({epoll, known->second});
  if (named != by_data_.end() && named->second == target) {
    by_data_.erase(named);
  }
  by_target_.erase(known);
}

void EpollTargets::forget(Handle handle) {
  const std::lock_guard lock(mutex_);
  for (auto target = by_target_.lower_bound({handle, 0}); target != by_target_.end() && target->first.first == handle;
       target = by_target_.lower_bound({handle, 0})) {
    remove_locked(target->first.second, handle);
  }
  for (auto named = by_data_.lower_bound({handle, 0}); named != by_data_.end() && named->first.first == handle;) {
    by_target_.erase({named->second, handle});
    named = by_data_.erase(named);
  }
}

bool EpollTargets::has_any(Handle epoll) const {
  const std::lock_guard lock(mutex_);
  const auto first = by_data_.lower_bound({epoll, 0});
  return first != by_data_.end() && first->first.first == epoll;
}

std::optional<EpollTargets::Handle> EpollTargets::find(Handle epoll, std::uint64_t data) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_data_.find({epoll, data});
  return found == by_data_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace kx::hv
