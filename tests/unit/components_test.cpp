#include <gtest/gtest.h>

#include <kx/abi/components.hpp>
#include <kx/abi/syscall_shapes.hpp>
#include <set>
#include <string>

namespace kx::abi {
namespace {

TEST(Components, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const ComponentText& each : component_texts) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_EQ(std::string(each.name).find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string::npos);
  }
}

TEST(Components, CallsOfTheCoreAreInEverySet) {
  for (const std::uint32_t number : {SYS_read, SYS_write, SYS_mmap, SYS_clone, SYS_execve, SYS_futex, SYS_exit_group}) {
    EXPECT_TRUE(may_call(needed_components, number)) << number;
  }
  for (const HostCall number : {HostCall::Exit, HostCall::Read, HostCall::Fork, HostCall::FutexWait, HostCall::Trace}) {
    EXPECT_TRUE(may_call(needed_components, static_cast<std::uint32_t>(number)));
  }
}

// Whatever is passed through or asked of the hypervisor is refused without its component, and only then.
TEST(Components, EachKeepsItsCalls) {
  std::uint32_t of_components = 0;
  for (std::uint32_t number = 0; number < syscall_shapes.size(); ++number) {
    const Component component = component_of_syscall(number);
    EXPECT_TRUE(may_call(all_components, number));
    EXPECT_TRUE(may_call(component_bit(component), number));
    EXPECT_FALSE(may_call(all_components & ~component_bit(component), number));
    of_components += syscall_shapes[number].known && component != Component::Core ? 1 : 0;
  }
  EXPECT_GT(of_components, 20u);
  for (std::uint32_t number = first_host_call; number < static_cast<std::uint32_t>(HostCall::Last); ++number) {
    EXPECT_TRUE(may_call(all_components, number));
  }
  EXPECT_FALSE(
      may_call(all_components & ~component_bit(Component::Net), static_cast<std::uint32_t>(HostCall::SendMessage)));
  EXPECT_FALSE(
      may_call(all_components & ~component_bit(Component::SystemV), static_cast<std::uint32_t>(HostCall::Ipc)));
  constexpr auto ask = static_cast<std::uint32_t>(HostCall::Ask);
  EXPECT_TRUE(may_call(needed_components | component_bit(Component::Proc), ask));
  EXPECT_TRUE(may_call(needed_components | component_bit(Component::Relatives), ask));
  EXPECT_FALSE(may_call(needed_components, ask));
}

}  // namespace
}  // namespace kx::abi
