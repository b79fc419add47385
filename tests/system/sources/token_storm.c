// Processes in a ring pass tokens over pipes and send each other signals all the while. Queued signals (real-time, with
// values) must all arrive, each once and those of one number in order of sending by one sender; standard ones may
// coalesce, but the last one sent must still be seen.
//
//     token_storm PROCESSES ROUNDS    prints sums that depend on nothing else
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 64
#define REAL_TIME_SIGNALS 4

struct shared {
  _Atomic uint64_t sent_sum, received_sum, sent, received, standard_sent[MOST], standard_received[MOST];
  _Atomic int ready, over;
  _Atomic uint64_t disorder;
  pid_t pids[MOST];
};

static struct shared* shared;
static int self, count;
static int last_value[MOST][REAL_TIME_SIGNALS];

static void queued(int signal, siginfo_t* info, void* context) {
  (void)context;
  int value = info->si_value.sival_int, sender = value >> 20, number = signal - SIGRTMIN;
  if (info->si_code != SI_QUEUE || info->si_pid != shared->pids[sender] || (value & 0xfffff) <= last_value[sender][number])
    shared->disorder++;
  last_value[sender][number] = value & 0xfffff;
  shared->received_sum += (uint64_t)value;
  shared->received++;
}

static void standard(int signal) {
  (void)signal;
  shared->standard_received[self]++;
}

static uint32_t next_random(uint32_t* state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 8;
}

static void send_signals(uint32_t* random, int* sequence) {
  int target = (int)(next_random(random) % (uint32_t)count);
  union sigval value = {.sival_int = self << 20 | ++*sequence};
  while (sigqueue(shared->pids[target], SIGRTMIN + (int)(next_random(random) % REAL_TIME_SIGNALS), value) != 0) {
    if (errno != EAGAIN) _exit(80);  // the limit of queued signals: the receiver has to come first
    usleep(1000);
  }
  shared->sent_sum += (uint64_t)value.sival_int;
  shared->sent++;
  target = (int)(next_random(random) % (uint32_t)count);
  shared->standard_sent[target]++;
  if (kill(shared->pids[target], next_random(random) & 1 ? SIGUSR1 : SIGUSR2) != 0) _exit(81);
}

static ssize_t whole(ssize_t (*call)(int, void*, size_t), int fd, void* data, size_t size) {
  ssize_t done;
  while ((done = call(fd, data, size)) < 0 && errno == EINTR) continue;
  return done;
}

static ssize_t write_it(int fd, void* data, size_t size) { return write(fd, data, size); }

static void member(int in, int out, int rounds) {
  uint32_t random = (uint32_t)self * 7919 + 1;
  int sequence = 0;
  shared->ready++;
  while (shared->ready < count) usleep(1000);
  for (int round = 0; round < rounds; round++) {
    uint64_t token;
    if (whole(read, in, &token, sizeof token) != sizeof token) _exit(82);
    token += (uint64_t)self + 1;
    send_signals(&random, &sequence);
    if (whole(write_it, out, &token, sizeof token) != sizeof token) _exit(83);
  }
  shared->over++;
  // All have sent: what is still on its way arrives now.
  while (shared->over < count || shared->received < shared->sent) usleep(1000);
  _exit(10 + self % 100);
}

int main(int argc, char** argv) {
  if (argc != 3 || (count = atoi(argv[1])) > MOST) return 2;
  int rounds = atoi(argv[2]), pipes[MOST][2], good = 1;
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_sigaction = queued, .sa_flags = SA_SIGINFO};
  for (int i = 0; i < REAL_TIME_SIGNALS; i++) sigaddset(&action.sa_mask, SIGRTMIN + i);
  for (int i = 0; i < REAL_TIME_SIGNALS; i++) sigaction(SIGRTMIN + i, &action, NULL);
  signal(SIGUSR1, standard);
  signal(SIGUSR2, standard);
  for (int i = 0; i < count; i++)
    if (pipe(pipes[i])) return 3;
  for (self = 0; self < count; self++) {
    pid_t pid = fork();
    if (pid < 0) return 4;
    if (pid == 0) {
      shared->pids[self] = getpid();
      member(pipes[self][0], pipes[(self + 1) % count][1], rounds);
    }
  }
  // Two tokens, each around the ring rounds / 2 times: each member reads `rounds` of them.
  uint64_t token = 0;
  for (int i = 0; i < 2; i++)
    if (write(pipes[i * count / 2][1], &token, sizeof token) != sizeof token) return 5;
  for (int i = 0; i < count; i++) {
    int status = 0;
    pid_t pid = wait(&status);
    int member_number = 0;
    while (member_number < count && shared->pids[member_number] != pid) member_number++;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 10 + member_number % 100) {
      printf("member %d: status %x\n", member_number, status);
      good = 0;
    }
  }
  uint64_t sum = 0;
  for (int i = 0; i < 2; i++) {
    if (read(pipes[i * count / 2][0], &token, sizeof token) != sizeof token) good = 0;
    sum += token;
  }
  printf("tokens %llu\n", (unsigned long long)sum);
  printf("queued %llu of %llu, %s, %llu out of order\n", (unsigned long long)shared->received, (unsigned long long)shared->sent,
         shared->received_sum == shared->sent_sum ? "values right" : "values WRONG", (unsigned long long)shared->disorder);
  for (int i = 0; i < count; i++)
    if (shared->standard_received[i] > shared->standard_sent[i] || (shared->standard_sent[i] && !shared->standard_received[i])) {
      printf("member %d: %llu standard signals of %llu\n", i, (unsigned long long)shared->standard_received[i],
             (unsigned long long)shared->standard_sent[i]);
      good = 0;
    }
  return !good;
}
