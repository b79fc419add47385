// Measures what two related processes do with each other; both stay awake. Prints nanoseconds, one number.
// usage: exchange pipe|queue|kill|exit|shared|stream ROUNDS
//   pipe     the parent creates a pipe and forks; each round: write by one, read by the other, and back; half of it
//   queue    the same through a System V message queue
//   kill     from kill to the first instruction of the other's handler
//   exit     from the child's exit to the parent's return from wait
//   shared   a word of shared memory handed over, and back; half of it
//   stream   64 KiB through a pipe, in a stream of ROUNDS writes
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct page {
  _Atomic uint64_t stamp;
  _Atomic uint32_t turn;
};
static struct page* page;
static int rounds;

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static pid_t make_child(void) {
  const pid_t child = fork();
  if (child < 0) fail("fork");
  return child;
}

static int compare(const void* a, const void* b) {
  const uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t* values) {
  qsort(values, (size_t)rounds, sizeof *values, compare);
  return values[rounds / 2];
}

// Creation of the pipe included, as in KylinX's table.
static void pipes(uint64_t* times) {
  int to[2], from[2];
  const pid_t child = (pipe(to) == 0 && pipe(from) == 0) ? make_child() : (fail("pipe"), 0);
  char byte = 1;
  for (int i = 0; i < rounds; ++i) {
    if (child == 0) {
      if (read(to[0], &byte, 1) != 1 || write(from[1], &byte, 1) != 1) _exit(1);
      continue;
    }
    const uint64_t start = now_ns();
    int made[2];
    if (pipe(made) != 0) fail("pipe");
    if (write(to[1], &byte, 1) != 1 || read(from[0], &byte, 1) != 1) fail("pipe");
    times[i] = (now_ns() - start) / 2;
    close(made[0]);
    close(made[1]);
  }
  if (child == 0) _exit(0);
}

static void queues(uint64_t* times) {
  struct { long type; char text[64]; } message = {1, "x"};
  const int queue = msgget(IPC_PRIVATE, 0600);
  if (queue < 0) fail("msgget");
  const pid_t child = make_child();
  for (int i = 0; i < rounds; ++i) {
    const uint64_t start = now_ns();
    const long mine = child == 0 ? 1 : 2, theirs = child == 0 ? 2 : 1;
    if (child != 0) {
      message.type = theirs;
      if (msgsnd(queue, &message, sizeof message.text, 0) != 0) fail("msgsnd");
    }
    if (msgrcv(queue, &message, sizeof message.text, mine, 0) < 0) fail("msgrcv");
    if (child == 0) {
      message.type = theirs;
      if (msgsnd(queue, &message, sizeof message.text, 0) != 0) fail("msgsnd");
    } else {
      times[i] = (now_ns() - start) / 2;
    }
  }
  if (child == 0) _exit(0);
  msgctl(queue, IPC_RMID, NULL);
}

static void on_signal(int signal) {
  (void)signal;
  atomic_store(&page->stamp, now_ns());
  atomic_store(&page->turn, 1);
}

static void signals(uint64_t* times) {
  signal(SIGUSR1, on_signal);
  const pid_t child = make_child();
  if (child == 0) {
    atomic_store(&page->turn, 1);
    for (;;) {
    }
  }
  while (atomic_load(&page->turn) == 0) {
  }
  for (int i = 0; i < rounds; ++i) {
    atomic_store(&page->turn, 0);
    const uint64_t start = now_ns();
    if (kill(child, SIGUSR1) != 0) fail("kill");
    while (atomic_load(&page->turn) == 0) {
    }
    times[i] = atomic_load(&page->stamp) - start;
  }
  kill(child, SIGKILL);
}

static void exits(uint64_t* times) {
  for (int i = 0; i < rounds; ++i) {
    atomic_store(&page->turn, 0);
    const pid_t child = make_child();
    if (child == 0) {
      while (atomic_load(&page->turn) == 0) {
      }
      atomic_store(&page->stamp, now_ns());
      _exit(0);
    }
    atomic_store(&page->turn, 1);
    if (waitpid(child, NULL, 0) != child) fail("waitpid");
    times[i] = now_ns() - atomic_load(&page->stamp);
  }
}

static void shared(uint64_t* times) {
  const int id = shmget(IPC_PRIVATE, 4096, 0600);
  struct page* segment = id < 0 ? (void*)-1 : shmat(id, NULL, 0);
  if (segment == (void*)-1) fail("shared memory");
  shmctl(id, IPC_RMID, NULL);
  const pid_t child = make_child();
  const uint32_t mine = child == 0;
  for (int i = 0; i < rounds; ++i) {
    const uint64_t start = now_ns();
    if (!mine) atomic_store(&segment->turn, 1);
    while (atomic_load(&segment->turn) != mine) {
    }
    if (mine) {
      atomic_store(&segment->turn, 0);
    } else {
      times[i] = (now_ns() - start) / 2;
    }
  }
  if (child == 0) _exit(0);
}

static void stream(uint64_t* times) {
  static char block[64 << 10];
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  const pid_t child = make_child();
  if (child == 0) {
    close(ends[0]);
    memset(block, 1, sizeof block);
    for (int i = 0; i < rounds; ++i) {
      if (write(ends[1], block, sizeof block) != (ssize_t)sizeof block) _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  size_t left = (size_t)rounds * sizeof block;
  const uint64_t start = now_ns();
  while (left > 0) {
    const ssize_t got = read(ends[0], block, sizeof block);
    if (got <= 0) fail("read");
    left -= (size_t)got;
  }
  const uint64_t each = (now_ns() - start) / (uint64_t)rounds;
  for (int i = 0; i < rounds; ++i) times[i] = each;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  rounds = atoi(argv[2]);
  page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  uint64_t* times = calloc((size_t)rounds, sizeof *times);
  if (page == MAP_FAILED || times == NULL || rounds < 1) return 2;
  static const struct { const char* name; void (*run)(uint64_t*); } kinds[] = {
      {"pipe", pipes}, {"queue", queues}, {"kill", signals}, {"exit", exits}, {"shared", shared}, {"stream", stream}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    if (strcmp(argv[1], kinds[i].name) == 0) {
      kinds[i].run(times);
      while (wait(NULL) > 0) {
      }
      printf("%llu\n", (unsigned long long)median(times));
      return 0;
    }
  }
  return 2;
}
