// The part of `kx check` that asks KVM.
#include <cpuid.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"
#include "toolstack/check.hpp"

namespace kx::toolstack {
namespace {

struct Capability {
  int number;
  const char* name;
  const char* purpose;
};

constexpr std::array needed_capabilities{
    Capability{KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY", "guest memory"},
    Capability{KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM", "read-only slots"},
    Capability{KVM_CAP_SYNC_REGS, "KVM_CAP_SYNC_REGS", "registers without a system call"},
    Capability{KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT", "race-free kicks"},
    Capability{KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD", "doorbells"},
    Capability{KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID", "processor features"},
    Capability{KVM_CAP_XSAVE, "KVM_CAP_XSAVE", "vector state"},
    Capability{KVM_CAP_XCRS, "KVM_CAP_XCRS", "vector state"},
    Capability{KVM_CAP_GET_TSC_KHZ, "KVM_CAP_GET_TSC_KHZ", "clocks without exits"},
};

bool module_is_loaded(const char* name) {
  const std::string path = std::string("/sys/module/") + name;
  return ::access(path.c_str(), F_OK) == 0;
}

bool cpu_has_vmx() {
  constexpr unsigned vmx_bit = 1U << 5;  // Intel SDM volume 2, CPUID leaf 1, ECX
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & vmx_bit) != 0;
}

bool cpu_has_svm() {
  constexpr unsigned svm_bit = 1U << 2;  // AMD APM volume 3, CPUID Fn8000_0001_ECX
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (c & svm_bit) != 0;
}

// The modules may be built into the kernel, and then the processor's features decide.
Finding probe_kind() {
  if (module_is_loaded("kvm_pvm")) {
    return {"kind of KVM", Verdict::Slower, "PVM: software paging; exits and faults cost 20-75 us",
            "for full speed, a machine with VMX or SVM"};
  }
  if (module_is_loaded("kvm_intel") || cpu_has_vmx()) {
    return {"kind of KVM", Verdict::Good, "VMX"};
  }
  if (module_is_loaded("kvm_amd") || cpu_has_svm()) {
    return {"kind of KVM", Verdict::Good, "SVM"};
  }
  return {"kind of KVM", Verdict::Slower, "unknown: neither VMX nor SVM nor the kvm_pvm module is visible"};
}

std::string cure_for_device(int error) {
  switch (error) {
    case ENOENT:
      if (cpu_has_vmx() || cpu_has_svm()) {
        return "modprobe kvm_intel or kvm_amd; in a chroot or container, pass /dev/kvm in";
      }
      return "enable virtualisation in the firmware, or nested virtualisation at the cloud; in a chroot or container, "
             "pass "
             "/dev/kvm in";
    case EACCES:
    case EPERM:
      return "join the group of /dev/kvm (usermod -aG kvm USER, then log in again), or run kx as root";
    case ENODEV:
    case ENXIO:
      return "load KVM's module for this processor: modprobe kvm_intel or kvm_amd";
    default:
      return "see dmesg";
  }
}

void probe_capabilities(int kvm, Section& section) {
  std::string missing;
  for (const Capability& capability : needed_capabilities) {
    if (::ioctl(kvm, KVM_CHECK_EXTENSION, capability.number) <= 0) {
      missing += missing.empty() ? "" : ", ";
      missing += std::string(capability.name) + " (" + capability.purpose + ")";
    }
  }
  if (missing.empty()) {
    section.findings.push_back(
        {"capabilities", Verdict::Good, "all " + std::to_string(needed_capabilities.size()) + " that pVMs need"});
  } else {
    section.findings.push_back(
        {"capabilities", Verdict::Missing, "without " + missing, "a newer kernel on this machine"});
  }
}

void probe_virtual_machine(int kvm, Section& section) {
  const hv::UniqueFd vm(::ioctl(kvm, KVM_CREATE_VM, 0UL));
  if (!vm) {
    section.findings.push_back(
        {"create a VM", Verdict::Missing, hv::system_error("KVM_CREATE_VM").message(),
         errno == EBUSY ? "another hypervisor holds the processor's virtualisation; stop it" : "see dmesg"});
    return;
  }
  const hv::UniqueFd vcpu(::ioctl(vm.get(), KVM_CREATE_VCPU, 0UL));
  const int run_size = ::ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL);
  if (!vcpu || run_size <= 0) {
    section.findings.push_back(
        {"create a vCPU", Verdict::Missing, hv::system_error("KVM_CREATE_VCPU").message(), "see dmesg"});
    return;
  }
  void* run = ::mmap(nullptr, static_cast<std::size_t>(run_size), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu.get(), 0);
  if (run == MAP_FAILED) {
    section.findings.push_back({"map a vCPU", Verdict::Missing, hv::system_error("mmap").message(), "see dmesg"});
    return;
  }
  ::munmap(run, static_cast<std::size_t>(run_size));
  section.findings.push_back({"create a VM and a vCPU", Verdict::Good, "done"});
}

}  // namespace

Section probe_kvm() {
  Section section{"KVM lane"};
  const hv::UniqueFd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm) {
    const int error = errno;
    section.findings.push_back(
        {"/dev/kvm", Verdict::Missing, hv::system_error_from(error, "open").message(), cure_for_device(error)});
    return section;
  }
  section.findings.push_back({"/dev/kvm", Verdict::Good, "can be opened"});
  const int version = ::ioctl(kvm.get(), KVM_GET_API_VERSION, 0UL);
  if (version != KVM_API_VERSION) {
    section.findings.push_back({"API version", Verdict::Missing,
                                std::to_string(version) + " instead of " + std::to_string(KVM_API_VERSION),
                                "/dev/kvm is not Linux KVM"});
    return section;
  }
  section.findings.push_back({"API version", Verdict::Good, std::to_string(version)});
  section.findings.push_back(probe_kind());
  probe_capabilities(kvm.get(), section);
  probe_virtual_machine(kvm.get(), section);
  return section;
}

}  // namespace kx::toolstack
