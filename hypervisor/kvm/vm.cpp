#include "hypervisor/kvm/vm.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace kx::hv::kvm {

namespace {

struct RequiredCapability {
  int number;
  const char* name;
};

constexpr RequiredCapability required_capabilities[] = {
    {KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},       {KVM_CAP_SYNC_REGS, "KVM_CAP_SYNC_REGS"},
    {KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM"},     {KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD"},
    {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"}, {KVM_CAP_XCRS, "KVM_CAP_XCRS"},
};

}  // namespace

Result<System> System::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) {
    Error error = system_error("open ", path);
    const bool forbidden = error.errno_value == EACCES || error.errno_value == EPERM;
    return Unexpected{std::move(error).with_cure(forbidden
                                                     ? "join its group: usermod -aG kvm USER, then log in again"
                                                     : "kx check says what is missing; --lane software needs no KVM")};
  }
  if (const int version = ::ioctl(fd.get(), KVM_GET_API_VERSION, 0); version != KVM_API_VERSION) {
    return Unexpected{
        make_error(ErrorKind::Unsupported, path, ": KVM API version ", version, " instead of ", KVM_API_VERSION)};
  }
  for (const auto& capability : required_capabilities) {
    if (::ioctl(fd.get(), KVM_CHECK_EXTENSION, capability.number) <= 0) {
      return Unexpected{make_error(ErrorKind::Unsupported, path, ": this KVM lacks ", capability.name)};
    }
  }
  const int run_size = ::ioctl(fd.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
  if (run_size < 0) {
    return Unexpected{system_error("KVM_GET_VCPU_MMAP_SIZE")};
  }
  return System(std::move(fd), static_cast<std::size_t>(run_size));
}

Result<Vm> System::create_vm() {
  // KVM_CREATE_VM fails with EINTR when a signal arrives while it allocates.
  int fd = -1;
  do {
    fd = ::ioctl(fd_.get(), KVM_CREATE_VM, 0);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    return Unexpected{system_error("KVM_CREATE_VM")};
  }
  return Vm(UniqueFd(fd), run_size_);
}

Result<CpuidList> System::supported_cpuid() {
  CpuidList list;
  list.count = max_cpuid_entries;
  if (::ioctl(fd_.get(), get_supported_cpuid, &list) != 0) {
    return Unexpected{system_error("KVM_GET_SUPPORTED_CPUID")};
  }
  return list;
}

Result<void> Vm::set_slot(std::uint32_t slot, std::uint64_t gpa, std::uint64_t size, void* hva, SlotAccess access) {
  kvm_userspace_memory_region region{};
  region.slot = slot;
  region.flags = access == SlotAccess::ReadOnly ? KVM_MEM_READONLY : 0;
  region.guest_phys_addr = gpa;
  region.memory_size = size;
  region.userspace_addr = reinterpret_cast<std::uint64_t>(hva);
  if (::ioctl(fd_.get(), KVM_SET_USER_MEMORY_REGION, &region) != 0) {
    return Unexpected{system_error("KVM_SET_USER_MEMORY_REGION")};
  }
  return {};
}

Result<void> Vm::delete_slot(std::uint32_t slot) {
  return set_slot(slot, 0, 0, nullptr, SlotAccess::ReadWrite);
}

Result<Vcpu> Vm::create_vcpu(std::uint32_t index) {
  UniqueFd fd(::ioctl(fd_.get(), KVM_CREATE_VCPU, index));
  if (!fd) {
    return Unexpected{system_error("KVM_CREATE_VCPU")};
  }
  void* run = ::mmap(nullptr, run_size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (run == MAP_FAILED) {
    return Unexpected{system_error("mmap of the vCPU's run page")};
  }
  Vcpu vcpu(std::move(fd), static_cast<kvm_run*>(run), run_size_);
  vcpu.state().kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_EVENTS;
  return vcpu;
}

Result<void> Vm::set_ioeventfd(std::uint16_t port, int eventfd) {
  kvm_ioeventfd request{};
  request.addr = port;
  request.len = 1;
  request.fd = eventfd;
  request.flags = KVM_IOEVENTFD_FLAG_PIO;
  if (::ioctl(fd_.get(), KVM_IOEVENTFD, &request) != 0) {
    return Unexpected{system_error("KVM_IOEVENTFD")};
  }
  return {};
}

Vcpu::Vcpu(Vcpu&& other) noexcept
    : fd_(std::move(other.fd_)),
      run_(std::exchange(other.run_, nullptr)),
      run_size_(other.run_size_),
      is_told_(other.is_told_) {}

Vcpu::~Vcpu() {
  if (run_ != nullptr) {
    ::munmap(run_, run_size_);
  }
}

Result<int> Vcpu::run() {
  const int result = ::ioctl(fd_.get(), KVM_RUN, 0);
  is_told_ = true;
  if (result == 0) {
    return 0;
  }
  if (errno == EINTR || errno == EAGAIN) {
    return EINTR;
  }
  return Unexpected{system_error("KVM_RUN")};
}

Result<void> Vcpu::set_cpuid(const CpuidList& list) {
  if (::ioctl(fd_.get(), set_cpuid2, &list) != 0) {
    return Unexpected{system_error("KVM_SET_CPUID2")};
  }
  return {};
}

Result<CpuidList> Vcpu::cpuid() {
  CpuidList list;
  list.count = max_cpuid_entries;
  if (::ioctl(fd_.get(), get_cpuid2, &list) != 0) {
    return Unexpected{system_error("KVM_GET_CPUID2")};
  }
  return list;
}

Result<void> Vcpu::set_msrs(const MsrList& list) {
  const int written = ::ioctl(fd_.get(), kvm::set_msrs, &list);
  if (written < 0) {
    return Unexpected{system_error("KVM_SET_MSRS")};
  }
  if (static_cast<std::uint32_t>(written) != list.count) {
    return Unexpected{
        make_error(ErrorKind::Unsupported, "KVM_SET_MSRS: MSR ", list.entries[written].index, " refused")};
  }
  return {};
}

Result<void> Vcpu::set_xcr0(std::uint64_t value) {
  kvm_xcrs xcrs{};
  xcrs.nr_xcrs = 1;
  xcrs.xcrs[0].value = value;
  if (::ioctl(fd_.get(), KVM_SET_XCRS, &xcrs) != 0) {
    return Unexpected{system_error("KVM_SET_XCRS")};
  }
  return {};
}

Result<void> Vcpu::use_host_tsc() {
  std::uint64_t offset = 0;
  kvm_device_attr attribute{};
  attribute.group = KVM_VCPU_TSC_CTRL;
  attribute.attr = KVM_VCPU_TSC_OFFSET;
  attribute.addr = reinterpret_cast<std::uint64_t>(&offset);
  if (::ioctl(fd_.get(), KVM_SET_DEVICE_ATTR, &attribute) != 0) {
    return Unexpected{system_error("KVM_SET_DEVICE_ATTR(KVM_VCPU_TSC_OFFSET)").with_cure("Linux 5.16 or later has it")};
  }
  return {};
}

Result<void> Vcpu::clear_events() {
  const kvm_vcpu_events events{};
  if (::ioctl(fd_.get(), KVM_SET_VCPU_EVENTS, &events) != 0) {
    return Unexpected{system_error("KVM_SET_VCPU_EVENTS")};
  }
  const kvm_debugregs debug{};
  if (::ioctl(fd_.get(), KVM_SET_DEBUGREGS, &debug) != 0) {
    return Unexpected{system_error("KVM_SET_DEBUGREGS")};
  }
  return {};
}

Result<bool> Vcpu::has_exception() {
  kvm_vcpu_events events = run_->s.regs.events;
  if (!is_told_ && ::ioctl(fd_.get(), KVM_GET_VCPU_EVENTS, &events) != 0) {
    return Unexpected{system_error("KVM_GET_VCPU_EVENTS")};
  }
  return events.exception.injected != 0 || events.exception.pending != 0;
}

Result<kvm_sregs> Vcpu::special_registers() {
  kvm_sregs registers{};
  if (::ioctl(fd_.get(), KVM_GET_SREGS, &registers) != 0) {
    return Unexpected{system_error("KVM_GET_SREGS")};
  }
  return registers;
}

Result<void> Vcpu::set_special_registers(const kvm_sregs& registers) {
  if (::ioctl(fd_.get(), KVM_SET_SREGS, &registers) != 0) {
    return Unexpected{system_error("KVM_SET_SREGS")};
  }
  return {};
}

Result<kvm_regs> Vcpu::registers() {
  kvm_regs registers = run_->s.regs.regs;
  if (!is_told_ && ::ioctl(fd_.get(), KVM_GET_REGS, &registers) != 0) {
    return Unexpected{system_error("KVM_GET_REGS")};
  }
  return registers;
}

Result<void> Vcpu::set_registers(const kvm_regs& registers) {
  if (is_told_) {
    run_->s.regs.regs = registers;
    run_->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
    return {};
  }
  if (::ioctl(fd_.get(), KVM_SET_REGS, &registers) != 0) {
    return Unexpected{system_error("KVM_SET_REGS")};
  }
  return {};
}

Result<std::uint64_t> Vm::tsc_khz() {
  const int khz = ::ioctl(fd_.get(), KVM_GET_TSC_KHZ, 0);
  if (khz <= 0) {
    return Unexpected{system_error("KVM_GET_TSC_KHZ")};
  }
  return static_cast<std::uint64_t>(khz);
}

}  // namespace kx::hv::kvm
