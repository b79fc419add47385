// The files of /proc that describe the machine and the system.
#include <sys/utsname.h>

#include <cstring>
#include <kx/abi/host_call.hpp>
#include <kx/abi/syscall_shapes.hpp>

#include "files/fd_table.hpp"
#include "files/proc_tables.hpp"
#include "host/host_call.hpp"
#include "process/process.hpp"

namespace kx::libos {

namespace {

// Text the hypervisor has, in parts that fit the call buffer.
template <abi::HostInfoKind kind>
void from_host(TextBuilder& out, u32) {
  constexpr u64 part = 8192;
  for (;;) {
    const i64 size = host_call(abi::HostCall::HostInfo, CallKind::Quick, static_cast<u64>(kind), 0, part, out.size());
    if (size <= 0) {
      return;
    }
    u8* to = out.room(static_cast<u64>(size));
    if (to == nullptr) {
      return;
    }
    std::memcpy(to, call_buffer(), static_cast<u64>(size));
    out.append(static_cast<u64>(size));
  }
}

template <u64 offset>
void from_uname(TextBuilder& out, u32) {
  utsname names{};
  if (host_call_raw(SYS_uname, {{0}, 0}, CallKind::Quick).result == 0) {
    std::memcpy(&names, call_buffer(), sizeof names);
  }
  out.text(reinterpret_cast<const char*>(&names) + offset).text("\n");
}

void hostname(TextBuilder& out, u32 subject) {
  const char* name = Process::instance().hostname;
  if (name[0] != 0) {
    out.text(name).text("\n");
  } else {
    from_uname<offsetof(utsname, nodename)>(out, subject);
  }
}

void uuid_of(TextBuilder& out, const u8 (&bytes)[16]) {
  for (u32 i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      out.text("-");
    }
    out.hex(bytes[i], 2);
  }
  out.text("\n");
}

void fresh_uuid(TextBuilder& out, u32) {
  u8 bytes[16];
  random_bytes(bytes, sizeof bytes);
  bytes[6] = static_cast<u8>((bytes[6] & 0x0f) | 0x40);  // RFC 4122, version 4
  bytes[8] = static_cast<u8>((bytes[8] & 0x3f) | 0x80);
  uuid_of(out, bytes);
}

void boot_id(TextBuilder& out, u32) {
  static u8 bytes[16];
  if (bytes[8] == 0) {
    random_bytes(bytes, sizeof bytes);
    bytes[6] = static_cast<u8>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<u8>((bytes[8] & 0x3f) | 0x80);
  }
  uuid_of(out, bytes);
}

template <u64 value>
void constant(TextBuilder& out, u32) {
  out.number(value).text("\n");
}

void max_files(TextBuilder& out, u32) {
  out.number(Process::instance().limits[7][1]).text("\n");
}
void printk(TextBuilder& out, u32) {
  out.text("4\t4\t1\t7\n");
}
void last_capability(TextBuilder& out, u32) {
  out.text("40\n");
}
void port_range(TextBuilder& out, u32) {
  out.text("32768\t60999\n");
}
void semaphores(TextBuilder& out, u32) {
  out.text("32000\t1024000000\t500\t32000\n");
}
void command_line(TextBuilder& out, u32) {
  out.text("\n");
}

void swaps(TextBuilder& out, u32) {
  out.text("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

using abi::HostInfoKind;

constexpr ProcName names[] = {
    {"self", ProcType::Link, 0777},
    {"thread-self", ProcType::Link, 0777},
    {"mounts", ProcType::Link, 0777},
    {"cmdline", ProcType::File, 0444, command_line},
    {"cpuinfo", ProcType::File, 0444, from_host<HostInfoKind::CpuInfo>},
    {"meminfo", ProcType::File, 0444, from_host<HostInfoKind::MemInfo>},
    {"stat", ProcType::File, 0444, from_host<HostInfoKind::Stat>},
    {"uptime", ProcType::File, 0444, from_host<HostInfoKind::Uptime>},
    {"loadavg", ProcType::File, 0444, from_host<HostInfoKind::LoadAvg>},
    {"version", ProcType::File, 0444, from_host<HostInfoKind::Version>},
    {"filesystems", ProcType::File, 0444, from_host<HostInfoKind::Filesystems>},
    {"swaps", ProcType::File, 0444, swaps},
    {"sys", ProcType::Directory, 0555},
    {"sys/fs", ProcType::Directory, 0555},
    {"sys/fs/file-max", ProcType::File, 0444, max_files},
    {"sys/fs/nr_open", ProcType::File, 0444, constant<1048576>},
    {"sys/fs/pipe-max-size", ProcType::File, 0444, constant<1048576>},
    {"sys/kernel", ProcType::Directory, 0555},
    {"sys/kernel/cap_last_cap", ProcType::File, 0444, last_capability},
    {"sys/kernel/hostname", ProcType::File, 0444, hostname},
    {"sys/kernel/ngroups_max", ProcType::File, 0444, constant<65536>},
    {"sys/kernel/osrelease", ProcType::File, 0444, from_uname<offsetof(utsname, release)>},
    {"sys/kernel/ostype", ProcType::File, 0444, from_uname<offsetof(utsname, sysname)>},
    {"sys/kernel/pid_max", ProcType::File, 0444, constant<4194304>},
    {"sys/kernel/printk", ProcType::File, 0444, printk},
    {"sys/kernel/random", ProcType::Directory, 0555},
    {"sys/kernel/random/boot_id", ProcType::File, 0444, boot_id},
    {"sys/kernel/random/entropy_avail", ProcType::File, 0444, constant<256>},
    {"sys/kernel/random/poolsize", ProcType::File, 0444, constant<256>},
    {"sys/kernel/random/uuid", ProcType::File, 0444, fresh_uuid},
    {"sys/kernel/randomize_va_space", ProcType::File, 0444, constant<2>},
    {"sys/kernel/sem", ProcType::File, 0444, semaphores},
    {"sys/kernel/threads-max", ProcType::File, 0444, constant<32768>},
    {"sys/kernel/version", ProcType::File, 0444, from_uname<offsetof(utsname, version)>},
    {"sys/net", ProcType::Directory, 0555},
    {"sys/net/core", ProcType::Directory, 0555},
    {"sys/net/core/somaxconn", ProcType::File, 0444, constant<4096>},
    {"sys/net/ipv4", ProcType::Directory, 0555},
    {"sys/net/ipv4/ip_local_port_range", ProcType::File, 0444, port_range},
    {"sys/vm", ProcType::Directory, 0555},
    {"sys/vm/max_map_count", ProcType::File, 0444, constant<65530>},
    {"sys/vm/mmap_min_addr", ProcType::File, 0444, constant<abi::user_min>},
    {"sys/vm/overcommit_memory", ProcType::File, 0444, constant<0>},
};

}  // namespace

ProcTable proc_system_names() {
  return {names, static_cast<u32>(sizeof names / sizeof *names)};
}

}  // namespace kx::libos
