// Capabilities follow the user, stay with PR_SET_KEEPCAPS, are given up by capset, and end at an exec: capabilities(7).
#include <linux/capability.h>
#include <sys/prctl.h>

#include "identity.h"

#define LOOKED_AT (1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_SETUID)

static void say_sets(const char* when) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  NEED(syscall(SYS_capget, &header, data) == 0);
  say("%s: %x %x %x\n", when, data[0].effective & LOOKED_AT, data[0].permitted & LOOKED_AT,
      data[0].inheritable & LOOKED_AT);
}

static int set(unsigned effective, unsigned permitted) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{effective, permitted, 0}, {0, 0, 0}};
  return (int)syscall(SYS_capset, &header, data);
}

CASE {
  make_file("secret", 0600);
  if (!is_root()) return;
  pid_t pid;
  say_sets("root");
  START(pid) {
    NEED(seteuid(5) == 0);
    say_sets("effective gone");
    NEED(seteuid(0) == 0);
    say_sets("and back");
    NEED(setuid(5) == 0);
    say_sets("all gone");
  }
  reap("plain", pid);
  START(pid) {
    SHOW(prctl(PR_SET_KEEPCAPS, 1));
    SHOW(prctl(PR_GET_KEEPCAPS));
    SHOW(prctl(PR_SET_KEEPCAPS, 2));
    NEED(setuid(5) == 0);
    say_sets("kept");
    SHOW(prctl(PR_GET_KEEPCAPS));
    say_open("secret", O_RDONLY);
    SHOW(set(1u << CAP_DAC_OVERRIDE, 1u << CAP_DAC_OVERRIDE | 1u << CAP_SETUID));
    say_sets("two left");
    say_open("secret", O_RDONLY);
    SHOW(set(1u << CAP_CHOWN, 1u << CAP_CHOWN));
    SHOW(set(1u << CAP_SETUID, 1u << CAP_DAC_OVERRIDE));
    SHOW(set(0, 0));
    say_open("secret", O_RDONLY);
    SHOW(setuid(6));
    pid_t child;
    START(child) {
      say_sets("child");
    }
    reap("child", child);
  }
  reap("keeps", pid);
  START(pid) {
    NEED(prctl(PR_SET_KEEPCAPS, 1) == 0 && setuid(5) == 0 && set(LOOKED_AT, LOOKED_AT) == 0);
    say_sets("before exec");
    execl("/bin/sh", "sh", "-c", "grep -E '^(Uid|CapInh|CapPrm|CapEff)' /proc/self/status; cat secret", NULL);
    _exit(127);
  }
  reap("exec", pid);
  say_sets("root still");
}
