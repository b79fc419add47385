// SIGKILL at random moments of whatever a process does: its relatives see the end of files, broken pipes, SIGCHLD and the
// right status, and nothing else happens to them.
//
//     kill_storm rounds SEED COUNT    kills its own children; prints "ok", or what was wrong
//     kill_storm workers COUNT        keeps workers until COUNT were killed by somebody else
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 4

extern char** environ;
static uint32_t state;
static volatile sig_atomic_t victim_pid, told_code, told_status;

static uint32_t below(uint32_t limit) {
  state = state * 1664525 + 1013904223;
  return (state >> 8) % limit;
}

static void wrong(const char* what, long value) {
  printf("%s: %lx, errno %d\n", what, value, errno);
  fflush(stdout);
  exit(1);
}

static void on_child(int signal, siginfo_t* info, void* context) {
  (void)signal, (void)context;
  if (info->si_pid != victim_pid) return;
  told_code = info->si_code;
  told_status = info->si_status;
}

static void sleep_us(long us) { nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL); }

static void* thread(void* done) {
  if (done) *(int*)done = 1;
  for (int i = 0; !done && i < 1000; i++) sleep_us(1000);
  return NULL;
}

static void fork_often(void) {
  pid_t pid = fork();
  if (pid == 0) _exit(0);
  if (pid > 0) waitpid(pid, NULL, 0);
}

static void spawn_often(void) {
  char* words[] = {"kill_storm", "nothing", NULL};
  pid_t pid;
  if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, words, environ) == 0) waitpid(pid, NULL, 0);
}

static void map_often(void) {
  char* at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 1 << 20; i += 4096) at[i] = 1;
  munmap(at, 1 << 20);
}

static void thread_often(void) {
  pthread_t id;
  int done = 0;
  if (pthread_create(&id, NULL, thread, &done) == 0) pthread_join(id, NULL);
}

static void signal_self(void) {
  signal(SIGUSR1, SIG_IGN);
  kill(getpid(), SIGUSR1);
}

// What a victim is in the middle of. Never returns.
static void act(uint32_t kind) {
  pthread_t id;
  int pipes[2];
  char byte;
  for (uint32_t i = 0; kind == 0 && i < 3; i++) pthread_create(&id, NULL, thread, NULL);
  for (uint64_t i = 0;; i++) {
    switch (kind) {
      case 0: pause(); break;
      case 1: break;  // computes
      case 2: if (pipe(pipes) || read(pipes[0], &byte, 1) < 0) _exit(70); break;
      case 3: fork_often(); break;
      case 4: spawn_often(); break;
      case 5: map_often(); break;
      case 6: thread_often(); break;
      case 7: signal_self(); break;
      default: sleep_us(100);
    }
  }
}

static pid_t make(void) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid < 0) wrong("fork", pid);
  if (pid == 0) signal(SIGCHLD, SIG_DFL);
  return pid;
}

static void finish(pid_t pid, int wanted, const char* what) {
  int status = 0;
  pid_t got;
  while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR) continue;
  if (got != pid || status != wanted) wrong(what, got == pid ? status : -1);
}

// By this process, or by a sibling of the victim's. `alone`: no other child may end because of it, even before it, whose
// SIGCHLD would stand for both.
static void kill_it(pid_t victim, int alone) {
  victim_pid = victim;
  told_code = told_status = 0;
  sleep_us(below(below(4) == 0 ? 20000 : 2000));
  if (below(3) != 0) {
    if (kill(victim, SIGKILL)) wrong("kill", victim);
    finish(victim, SIGKILL, "the victim's status");
    if (alone && (told_code != CLD_KILLED || told_status != SIGKILL)) wrong("SIGCHLD", told_code);
    return;
  }
  pid_t killer = make();
  if (killer == 0) _exit(kill(victim, SIGKILL) ? 71 : 0);
  finish(killer, 0, "the killer's status");
  finish(victim, SIGKILL, "the victim's status");
}

static void expect_end(int fd) {
  char byte;
  ssize_t got;
  while ((got = read(fd, &byte, 1)) < 0 && errno == EINTR) continue;
  if (got != 0) wrong("the end of the victim's pipe", got);
  close(fd);
}

static void kill_busy(void) {
  int end[2];
  uint32_t kind = below(9);
  if (pipe(end)) wrong("pipe", 0);
  pid_t victim = make();
  if (victim == 0) act(kind);
  close(end[1]);
  kill_it(victim, 1);
  expect_end(end[0]);
}

// The reader goes: the writer gets SIGPIPE, or EPIPE.
static void kill_reader(void) {
  int data[2], ignores = (int)below(2);
  static char block[3000];
  if (pipe(data)) wrong("pipe", 0);
  pid_t writer = make();
  if (writer == 0) {
    close(data[0]);
    signal(SIGPIPE, ignores ? SIG_IGN : SIG_DFL);
    while (write(data[1], block, sizeof block) > 0) continue;
    _exit(errno == EPIPE ? 41 : 72);
  }
  pid_t reader = make();
  if (reader == 0) {
    close(data[1]);
    while (read(data[0], block, sizeof block) > 0) continue;
    _exit(73);
  }
  close(data[0]);
  close(data[1]);
  kill_it(reader, 0);
  finish(writer, ignores ? 41 << 8 : SIGPIPE, "the writer's status");
}

// The writer goes: the reader gets all that was written, then the end.
static void kill_writer(void) {
  int data[2];
  if (pipe(data)) wrong("pipe", 0);
  pid_t reader = make();
  if (reader == 0) {
    close(data[1]);
    uint64_t value, expected = 0;
    ssize_t got;
    while ((got = read(data[0], &value, sizeof value)) == sizeof value)
      if (value != expected++) _exit(74);
    _exit(got == 0 ? 42 : 75);
  }
  pid_t writer = make();
  for (uint64_t value = 0; writer == 0; value++)
    if (write(data[1], &value, sizeof value) != sizeof value) _exit(76);
  close(data[0]);
  close(data[1]);
  kill_it(writer, 0);
  finish(reader, 42 << 8, "the reader's status");
}

// The process in the middle goes: its child becomes somebody else's.
static void kill_middle(void) {
  int end[2], up[2];
  if (pipe(end) || pipe(up)) wrong("pipe", 0);
  pid_t middle = make();
  if (middle == 0) {
    close(up[0]);
    pid_t self = getpid(), below_it = fork();
    if (below_it != 0) act(below(3));
    char byte;
    close(end[1]);
    if (read(end[0], &byte, 1) != 0) _exit(77);
    for (int i = 0; i < 5000 && getppid() == self; i++) sleep_us(1000);
    if (getppid() != self && write(up[1], "o", 1) == 1) _exit(0);
    _exit(78);
  }
  close(end[0]);
  close(end[1]);
  close(up[1]);
  char byte;
  sleep_us(3000);
  kill_it(middle, 1);
  ssize_t got;
  while ((got = read(up[0], &byte, 1)) < 0 && errno == EINTR) continue;
  if (got > 0) expect_end(up[0]);  // otherwise it was killed before it had a child
  else close(up[0]);
}

static int rounds(int count) {
  struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO};
  sigaction(SIGCHLD, &action, NULL);
  for (int i = 0; i < count; i++) {
    switch (below(6)) {
      case 0: kill_reader(); break;
      case 1: kill_writer(); break;
      case 2: kill_middle(); break;
      default: kill_busy();
    }
  }
  if (waitpid(-1, NULL, 0) != -1 || errno != ECHILD) wrong("a child too many", 0);
  puts("ok");
  return 0;
}

static int workers(int count) {
  for (int i = 0, killed = 0;; i++) {
    if (i >= WORKERS) {
      int status = 0;
      pid_t pid;
      while ((pid = wait(&status)) < 0 && errno == EINTR) continue;
      if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) wrong("a worker's status", status);
      if (++killed == count) break;
    }
    pid_t pid = make();
    if (pid == 0) act((uint32_t)i % 9);
  }
  puts("ok");
  fflush(stdout);
  kill(0, SIGKILL);
  return 1;
}

int main(int argc, char** argv) {
  if (argc == 2) return 0;  // what spawn_often() starts
  if (argc == 4 && strcmp(argv[1], "rounds") == 0) {
    state = (uint32_t)atoi(argv[2]);
    return rounds(atoi(argv[3]));
  }
  return argc == 3 && strcmp(argv[1], "workers") == 0 ? workers(atoi(argv[2])) : 2;
}
