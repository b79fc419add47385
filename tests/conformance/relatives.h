// What cases with several processes share: children, gates that put their steps in order, statuses in words.
//
// A step of one process that has to come before a step of another is put there by a gate or by the end of a child,
// never by time: the output is the same however the processes are scheduled.
#ifndef KX_RELATIVES_H
#define KX_RELATIVES_H

#include <sys/wait.h>
#include <time.h>

#include "case.h"

static KX_UNUSED pid_t must_fork(void) {
  pid_t pid = fork();
  NEED(pid >= 0);
  return pid;
}

// START(pid) { ... } runs the block in a child, which ends with status 0 after it.
#define START(pid)                \
  if (((pid) = must_fork()) == 0) \
    for (;; _exit(0))

static KX_UNUSED void say_status(const char* who, int status) {
  if (WIFEXITED(status))
    say("%s: exit %d\n", who, WEXITSTATUS(status));
  else if (WIFSIGNALED(status))
    say("%s: killed by %s\n", who, signal_name(WTERMSIG(status)));
  else if (WIFSTOPPED(status))
    say("%s: stopped by %s\n", who, signal_name(WSTOPSIG(status)));
  else
    say("%s: %s\n", who, WIFCONTINUED(status) ? "continued" : "unknown status");
}

// Waits for the end of this child and gives its wait status.
static KX_UNUSED int ended(pid_t pid) {
  int status;
  pid_t got;
  do got = waitpid(pid, &status, 0);
  while (got == -1 && errno == EINTR);
  NEED(got == pid);
  return status;
}

// Waits for the end of this child and says how it ended.
static KX_UNUSED void reap(const char* who, pid_t pid) {
  say_status(who, ended(pid));
}

// Waits until this child has ended, and leaves it a zombie.
static KX_UNUSED void await_zombie(pid_t pid) {
  siginfo_t info;
  NEED(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
}

// Waits until this child is stopped.
static KX_UNUSED void await_stop(pid_t pid) {
  int status;
  NEED(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
}

// One process waits at a gate until another opens it. Each opening lets one process pass, once.
struct gate {
  int reader, writer;
};

static KX_UNUSED struct gate make_gate(void) {
  int ends[2];
  NEED(pipe2(ends, O_CLOEXEC) == 0);
  return (struct gate){ends[0], ends[1]};
}

static KX_UNUSED void open_gate(struct gate gate) {
  NEED(write(gate.writer, "g", 1) == 1);
}

static KX_UNUSED void pass_gate(struct gate gate) {
  char byte;
  ssize_t got;
  do got = read(gate.reader, &byte, 1);
  while (got == -1 && errno == EINTR);
  NEED(got == 1);
}

// Memory that this process and its children have in common.
static KX_UNUSED void* shared_memory(size_t size) {
  void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  return memory;
}

static KX_UNUSED sigset_t set_of(int number) {
  sigset_t set;
  sigemptyset(&set);
  NEED(sigaddset(&set, number) == 0);
  return set;
}

static KX_UNUSED void block_signal(int number) {
  sigset_t set = set_of(number);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}

static KX_UNUSED void unblock_signal(int number) {
  sigset_t set = set_of(number);
  NEED(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}

// Gives others a chance to come to where they block; no result may depend on it.
static KX_UNUSED void nap(void) {
  struct timespec time = {0, 20000000};
  while (nanosleep(&time, &time) != 0) continue;
}

// A checksum of memory (FNV-1a over words of eight bytes).
static KX_UNUSED uint64_t checksum(const void* memory, size_t size) {
  uint64_t sum = 14695981039346656037u;
  for (size_t i = 0; i + 8 <= size; i += 8) {
    uint64_t word;
    memcpy(&word, (const char*)memory + i, 8);
    sum = (sum ^ word) * 1099511628211u;
  }
  return sum;
}

#endif
