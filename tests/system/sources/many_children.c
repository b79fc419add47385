// A parent with MEMORY MiB and CHILDREN children alive at once: each writes a few pages of its own, waits to be asked,
// answers with a value of its own, and is reaped.
//
//     many_children MEMORY CHILDREN    prints the sum of the answers; on stderr what /proc/meminfo says a child costs
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define WRITTEN_PAGES 4

static long available_kib(void) {
  char text[512] = {0};
  int fd = open("/proc/meminfo", O_RDONLY);
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  char* line = length > 0 ? strstr(text, "MemAvailable:") : NULL;
  return line ? atol(line + 13) : 0;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void child(unsigned char* memory, uint64_t pages, uint32_t number, int question, int answer) {
  for (uint32_t i = 0; i < WRITTEN_PAGES; i++) memory[(number * 7 + i * 1009) % pages * PAGE] = (unsigned char)(number + i);
  uint32_t value = 0, factor = 0;
  if (write(answer, &value, sizeof value) != sizeof value) _exit(90);  // ready
  if (read(question, &factor, sizeof factor) != sizeof factor) _exit(91);
  for (uint32_t i = 0; i < WRITTEN_PAGES; i++)
    if (memory[(number * 7 + i * 1009) % pages * PAGE] != (unsigned char)(number + i)) _exit(92);
  for (uint64_t page = WRITTEN_PAGES * 1009; page < WRITTEN_PAGES * 1009 + 16; page++)
    if (memory[page * PAGE + 8] != (unsigned char)page) _exit(93);
  value = number * factor;
  if (write(answer, &value, sizeof value) != sizeof value) _exit(94);
  _exit((int)(number % 100));
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  uint64_t size = strtoull(argv[1], NULL, 10) << 20;
  uint32_t count = (uint32_t)atoi(argv[2]), value = 0;
  unsigned char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (uint64_t page = 0; page < size / PAGE; page++) memset(memory + page * PAGE, (int)(unsigned char)page, PAGE);
  int question[2], answer[2];
  pid_t* children = calloc(count, sizeof *children);
  if (memory == MAP_FAILED || !children || pipe(question) || pipe(answer)) return 3;
  long before = available_kib();
  double start = seconds();
  for (uint32_t i = 0; i < count; i++) {
    children[i] = fork();
    if (children[i] == 0) child(memory, size / PAGE, i + 1, question[0], answer[1]);
    if (children[i] < 0) {
      printf("fork %u: %s\n", i, strerror(errno));
      return 4;
    }
    if (read(answer[0], &value, sizeof value) != sizeof value || value != 0) return 5;
  }
  fprintf(stderr, "%.2f ms to fork a child, ", (seconds() - start) * 1000 / count);
  fprintf(stderr, "%ld KiB for an idle one\n", (before - available_kib()) / (long)count);
  uint64_t sum = 0, statuses = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t factor = 3;
    if (write(question[1], &factor, sizeof factor) != sizeof factor) return 6;
    if (read(answer[0], &value, sizeof value) != sizeof value) return 7;
    sum += value;
  }
  for (uint32_t i = 0; i < count; i++) {
    int status = 0;
    if (waitpid(children[i], &status, 0) != children[i] || !WIFEXITED(status)) return 8;
    statuses += (uint64_t)WEXITSTATUS(status);
  }
  printf("%llu %llu\n", (unsigned long long)sum, (unsigned long long)statuses);
  return 0;
}
