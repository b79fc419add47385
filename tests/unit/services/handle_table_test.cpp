// The handle table: handles are reused, descriptors live as long as somebody uses them.
#include "hypervisor/process/handle_table.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace kx::hv {
namespace {

UniqueFd open_null() {
  return UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

TEST(HandleTable, AddsFindsAndRemoves) {
  HandleTable table;
  const std::int32_t first = table.add(open_null());
  const std::int32_t second = table.add(open_null());
  EXPECT_NE(first, second);
  EXPECT_EQ(table.count(), 2u);
  EXPECT_NE(table.get(static_cast<std::uint64_t>(first)), nullptr);
  EXPECT_EQ(table.get(~0ull), nullptr);
  EXPECT_EQ(table.get(1ull << 32), nullptr) << "the upper half counts";
  EXPECT_TRUE(table.remove(static_cast<std::uint64_t>(first)));
  EXPECT_FALSE(table.remove(static_cast<std::uint64_t>(first)));
  EXPECT_EQ(table.add(open_null()), first) << "reused";
}

TEST(HandleTable, ADescriptorOutlivesItsHandleWhileUsed) {
  HandleTable table;
  const auto handle = static_cast<std::uint64_t>(table.add(open_null()));
  HandleTable::File file = table.get(handle);
  const int fd = file->get();
  table.remove(handle);
  EXPECT_GE(::fcntl(fd, F_GETFD), 0);
  file.reset();
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

TEST(HandleTable, AHandleOfAProcessIsForWaitingOnly) {
  HandleTable table;
  const auto handle = static_cast<std::uint64_t>(table.add(open_null(), ProcessReference{7, 70}));
  EXPECT_EQ(table.get(handle), nullptr);
  EXPECT_NE(table.get_to_wait(handle), nullptr);
  EXPECT_EQ(table.process_of(handle), (ProcessReference{7, 70}));
  HandleTable child;
  child.copy_from(table);
  EXPECT_EQ(child.get(handle), nullptr) << "inherited as what it is";
  EXPECT_EQ(child.process_of(handle), (ProcessReference{7, 70}));
  EXPECT_TRUE(table.remove(handle));
  EXPECT_EQ(static_cast<std::uint64_t>(table.add(open_null())), handle);
  EXPECT_NE(table.get(handle), nullptr) << "the next file is an ordinary one";
  EXPECT_EQ(table.process_of(handle), std::nullopt);
}

TEST(HandleTable, ACopyIsAnotherDescriptorOfTheSameKind) {
  HandleTable table;
  const auto file = static_cast<std::uint64_t>(table.add(open_null()));
  const auto copy = static_cast<std::uint64_t>(table.add_copy(file));
  ASSERT_NE(table.get(copy), nullptr);
  EXPECT_NE(table.get(copy)->get(), table.get(file)->get());
  const auto process = static_cast<std::uint64_t>(table.add(open_null(), ProcessReference{7, 70}));
  const auto other = static_cast<std::uint64_t>(table.add_copy(process));
  EXPECT_EQ(table.get(other), nullptr);
  EXPECT_EQ(table.process_of(other), (ProcessReference{7, 70}));
  EXPECT_EQ(table.add_copy(99), -EBADF);
}

}  // namespace
}  // namespace kx::hv
