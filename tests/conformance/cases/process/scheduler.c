// sched_yield, affinity, policy and priorities: sched(7).
#include <sched.h>
#include <sys/resource.h>

#include "case.h"

CASE {
  cpu_set_t set;
  SHOW(sched_yield());
  SHOW(sched_getaffinity(0, sizeof set, &set));
  CHECK(CPU_COUNT(&set) >= 1);
  CHECK(CPU_COUNT(&set) <= sysconf(_SC_NPROCESSORS_CONF));
  SHOW(sched_setaffinity(0, sizeof set, &set));
  SHOW(sched_getaffinity(999999999, sizeof set, &set));
  SHOW(sched_getaffinity(0, 3, &set));
  CPU_ZERO(&set);
  SHOW(sched_setaffinity(0, sizeof set, &set));
  CHECK(sched_getcpu() >= 0);
  unsigned cpu = 99999, node = 99999;
  SHOW(syscall(SYS_getcpu, &cpu, &node, NULL));
  CHECK(cpu < 99999 && node < 99999);
  SHOW(sched_getscheduler(0));
  struct sched_param parameter = {77};
  SHOW(sched_getparam(0, &parameter));
  SHOW(parameter.sched_priority);
  SHOW(sched_get_priority_max(SCHED_FIFO));
  SHOW(sched_get_priority_min(SCHED_OTHER));
  SHOW(sched_get_priority_max(99));
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(setpriority(PRIO_PROCESS, 0, 5));
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(getpriority(99, 0));
}
