#include "hypervisor/process/syscall_names.hpp"

namespace kx::hv {

namespace {

struct Name {
  std::size_t number;
  const char* text;
};
constexpr Name names[] = {
#include "syscall_names.inc"
};

}  // namespace

const char* syscall_name(std::size_t number) {
  for (const Name& name : names) {
    if (name.number == number) {
      return name.text;
    }
  }
  return "unknown";
}

}  // namespace kx::hv
