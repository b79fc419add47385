// A pVM's services without a virtual machine: guest memory, handles, a call buffer, and a temporary directory.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <kx/abi/memory_map.hpp>
#include <string>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/services/host_calls.hpp"
#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv {

class CallFixture : public ::testing::Test {
 protected:
  static constexpr std::uint64_t ram = abi::memory_gpa;
  static constexpr std::uint64_t buffer_gpa = abi::vcpu0_gpa + abi::vcpu_call_buffer_offset;

  void SetUp() override {
    ASSERT_TRUE(memory.attach(nullptr, 4 << 20));
    install_kick_handler();
    services.ipc = &ipc;
    char name[] = "/tmp/kx-services-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    path = name;
    directory = open_host(path, O_RDONLY | O_DIRECTORY);
  }
  void TearDown() override { std::filesystem::remove_all(path); }

  std::byte* buffer() { return memory.translate_ram(Gpa{buffer_gpa}, abi::vcpu_call_buffer_size); }
  std::byte* guest(std::uint64_t gpa, std::uint64_t size = 1) { return memory.translate_ram(Gpa{gpa}, size); }

  std::uint64_t open_host(const std::string& file, int flags) {
    return static_cast<std::uint64_t>(handles.add(UniqueFd(::open(file.c_str(), flags | O_CLOEXEC, 0600))));
  }

  // A call by an exit, or by the service thread when `on_service`.
  std::int64_t call(std::uint32_t number, std::initializer_list<std::uint64_t> args, std::uint64_t extra0 = 0) {
    slot = {};
    slot.number = number;
    std::size_t i = 0;
    for (const std::uint64_t arg : args) {
      slot.args[i++] = arg;
    }
    slot.extra[0] = extra0;
    CallContext context{services, 0, {buffer(), abi::vcpu_call_buffer_size}, on_service ? nullptr : &kicked};
    serve(context, slot);
    return slot.result;
  }
  std::int64_t call(abi::HostCall number, std::initializer_list<std::uint64_t> args, std::uint64_t extra0 = 0) {
    return call(static_cast<std::uint32_t>(number), args, extra0);
  }

  template <class T>
  void put(std::uint64_t offset, const T& value) {
    std::memcpy(buffer() + offset, &value, sizeof(T));
  }
  void put_text(std::uint64_t offset, const std::string& text) {
    std::memcpy(buffer() + offset, text.c_str(), text.size() + 1);
  }
  template <class T>
  T get(std::uint64_t offset) {
    T value;
    std::memcpy(&value, buffer() + offset, sizeof(T));
    return value;
  }

  GuestMemory memory = std::move(*GuestMemory::create(64 << 20));
  HandleTable handles;
  Clock clock;
  FamilyIpc ipc{64 << 20, memory.family()};
  Services services{memory, handles, clock};
  abi::CallSlot slot{};
  std::uint32_t kicked = 0;
  bool on_service = false;
  std::string path;
  std::uint64_t directory = 0;  // handle of `path`
};

}  // namespace kx::hv
