// /proc/self/status, stat and statm (proc(5)).
#include <algorithm>
#include <kx/abi/memory_map.hpp>

#include "files/path.hpp"
#include "files/proc_process.hpp"
#include "files/status_lines.hpp"
#include "host/stats.hpp"
#include "mm/address_space.hpp"
#include "process/clock.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"

namespace kx::libos {

namespace {

constexpr u64 ticks_ns = 10'000'000;  // sysconf(_SC_CLK_TCK) is 100

u64 resident_size() {
  return std::min(stats().memory_in_use, AddressSpace::instance().total_size());
}

struct Dispositions {
  u64 ignored = 0;
  u64 caught = 0;
};

Dispositions dispositions() {
  Dispositions result;
  for (u32 signo = 1; signo <= signal_count; ++signo) {
    SignalAction action;
    Signals::instance().set_action(signo, nullptr, action);
    if (action.handler == 1) {
      result.ignored |= signal_bit(signo);
    } else if (action.handler != 0) {
      result.caught |= signal_bit(signo);
    }
  }
  return result;
}

u64 mask_of(u32 tid) {
  const Thread* thread = ThreadList::instance().find(tid);
  return thread != nullptr ? thread->signals.mask : 0;
}

void put_mask(TextBuilder& out, const char* name, u64 mask) {
  out.text(name).text(":\t").hex(mask, 16).text("\n");
}

void put_cpus(TextBuilder& out, u32 count) {
  out.text("Cpus_allowed:\t").hex(count >= 64 ? ~0ull : (1ull << count) - 1).text("\nCpus_allowed_list:\t0");
  if (count > 1) {
    out.text("-").number(count - 1);
  }
  out.text("\n");
}

}  // namespace

void generate_status(TextBuilder& out, u32 tid) {
  const Process& process = Process::instance();
  const Credentials& who = Thread::current().credentials;
  const AddressSpace& space = AddressSpace::instance();
  out.text("Name:\t").text(proc_thread_name(tid)).text("\nUmask:\t0").octal(file_creation_mask(), 3);
  out.text("\nState:\tR (running)\nTgid:\t").number(process.pid).text("\nNgid:\t0\nPid:\t").number(tid);
  out.text("\nPPid:\t").number(parent_pid()).text("\nTracerPid:\t0\n");
  put_ids(out, "Uid", who.user);
  put_ids(out, "Gid", who.group);
  out.text("FDSize:\t64\nGroups:\t");
  for (u32 i = 0; i < who.group_count; ++i) {
    out.number(who.groups[i]).text(" ");
  }
  out.text("\nNStgid:\t")
      .number(process.pid)
      .text("\nNSpid:\t")
      .number(tid)
      .text("\nNSpgid:\t")
      .number(static_cast<u64>(process_group(0)));
  out.text("\nNSsid:\t").number(static_cast<u64>(process_session(0))).text("\n");
  const u64 resident = resident_size();
  put_size(out, "VmPeak", space.total_size());
  put_size(out, "VmSize", space.total_size());
  put_size(out, "VmLck", 0);
  put_size(out, "VmPin", 0);
  put_size(out, "VmHWM", std::max(resident, std::min(stats().memory_peak, space.total_size())));
  put_size(out, "VmRSS", resident);
  put_size(out, "RssAnon", resident);
  put_size(out, "RssFile", 0);
  put_size(out, "RssShmem", 0);
  put_size(out, "VmData", space.break_end() - space.break_start());
  put_size(out, "VmStk", space.stack_top() - std::min(space.stack_start, space.stack_top()));
  put_size(out, "VmExe", space.code_end - space.code_start);
  put_size(out, "VmLib", 0);
  put_size(out, "VmPTE", 64 << 10);
  put_size(out, "VmSwap", 0);
  out.text("HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t1\nThreads:\t");
  out.number(ThreadList::instance().count())
      .text("\nSigQ:\t0/")
      .number(std::min(resource_limit(11), u64{1} << 31))
      .text("\n");
  const Dispositions signals = dispositions();
  const Thread* thread = ThreadList::instance().find(tid);
  const PendingSignals pending = thread != nullptr ? Signals::instance().pending_sets(*thread) : PendingSignals{};
  put_mask(out, "SigPnd", pending.of_thread);
  put_mask(out, "ShdPnd", pending.of_process);
  put_mask(out, "SigBlk", mask_of(tid));
  put_mask(out, "SigIgn", signals.ignored);
  put_mask(out, "SigCgt", signals.caught);
  put_mask(out, "CapInh", who.inheritable);
  put_mask(out, "CapPrm", who.permitted);
  put_mask(out, "CapEff", who.effective);
  put_mask(out, "CapBnd", process.bounding_capabilities);
  put_mask(out, "CapAmb", 0);
  out.text("NoNewPrivs:\t").number(process.no_new_privileges).text("\nSeccomp:\t0\nSeccomp_filters:\t0\n");
  put_cpus(out, process.cpu_count);
  out.text("Mems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
}

void generate_stat(TextBuilder& out, u32 tid) {
  const Process& process = Process::instance();
  const AddressSpace& space = AddressSpace::instance();
  const CpuTimes times = process_cpu_times();
  const ProcessTerminal terminal = process_terminal(0);
  const Dispositions signals = dispositions();
  out.number(tid).text(" (").text(proc_thread_name(tid)).text(") R ").number(parent_pid());
  const u64 threads = ThreadList::instance().count();
  const u64 fields[] = {
      static_cast<u64>(process_group(0)),
      static_cast<u64>(process_session(0)),
      terminal.number,
      static_cast<u64>(terminal.foreground_group),
      0x400000 /* flags */,
      stats().page_faults,
      0,
      0,
      0,
      times.user_ns / ticks_ns,
      times.system_ns / ticks_ns,
      0,
      0,
      20 /* priority */,
      0 /* nice */,
      threads,
      0,
      process.start_time_ns / ticks_ns,
      space.total_size(),
      resident_size() / abi::page_size,
      resource_limit(5),
      space.code_start,
      space.code_end,
      space.stack_start,
      0,
      0,
      0,
      mask_of(tid) & 0x7fffffff,
      signals.ignored & 0x7fffffff,
      signals.caught & 0x7fffffff,
      0,
      0,
      0,
      17 /* SIGCHLD */,
      0,
      0,
      0,
      0,
      0,
      0,
      space.data_start,
      space.data_end,
      space.break_start(),
      space.arguments_start,
      space.arguments_end,
      space.environment_start,
      space.environment_end,
      0,
  };
  for (u32 i = 0; i < sizeof fields / sizeof *fields; ++i) {
    out.text(" ");
    if (i == 3) {
      out.number(static_cast<i64>(fields[i]));
    } else {
      out.number(fields[i]);
    }
  }
  out.text("\n");
}

void generate_statm(TextBuilder& out, u32) {
  const AddressSpace& space = AddressSpace::instance();
  out.number(space.total_size() / abi::page_size).text(" ").number(resident_size() / abi::page_size).text(" 0 ");
  out.number((space.code_end - space.code_start) / abi::page_size).text(" 0 ");
  out.number((space.break_end() - space.break_start()) / abi::page_size).text(" 0\n");
}

}  // namespace kx::libos
