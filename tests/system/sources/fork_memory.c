// Random trees of processes that change their memory in every way between forks, and verify all of it after each: what
// a page holds follows from its stamp, and each process knows the stamps of its pages.
//
//     fork_memory SEED FORKS SECONDS    until that many forks or seconds; prints "ok", or what was wrong
//
// A process ends with a status that its parent computes too.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define WORDS (PAGE / 8)
#define MOST_REGIONS 24
#define MOST_PAGES 1600 // more than 2 MiB
#define FILE_PAGES 96
#define STACK_PAGES 12
#define MOST_DEPTH 5
#define WIDTH 4
#define BROKEN 99
#define SLOTS 4096

enum kind { ANONYMOUS, HEAP, STACK, FILE_PRIVATE };

struct region {
  enum kind kind;
  int protection;
  unsigned char* at;
  unsigned pages;
  uint64_t* stamps; // 0: zero page
  unsigned file_page;
};

// Shared by all processes of a run, also across execve.
struct common {
  _Atomic uint32_t forks, slots_used, broken;
  int64_t end_ns;
  uint32_t most_forks;
  uint64_t answers[SLOTS]; // written by a child, verified by its parent
};

struct process {
  uint64_t random;
  uint64_t seed;
  int depth;
  struct region regions[MOST_REGIONS];
};

static struct common* common;
static int common_fd, file_fd;
static sigjmp_buf on_fault;

static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

static uint64_t next(struct process* p) { return mix(p->random += 0x9e3779b97f4a7c15ull); }
static unsigned below(struct process* p, unsigned limit) { return (unsigned)(next(p) % limit); }
static int status_of(uint64_t seed) { return 1 + (int)(mix(seed) % 90); }
static uint64_t file_stamp(unsigned page) { return mix(page + 1); }

static void broken(const struct process* p, const char* what, const struct region* r, unsigned page, uint64_t seen) {
  char text[300];
  int length = snprintf(text, sizeof text, "seed %llx depth %d: %s, kind %d page %u of %u at %p: %llx, errno %d\n",
                        (unsigned long long)p->seed, p->depth, what, r ? (int)r->kind : -1, page, r ? r->pages : 0,
                        r ? (void*)r->at : NULL, (unsigned long long)seen, errno);
  if (write(2, text, (size_t)length) < 0) abort();
  common->broken = 1;
  _exit(BROKEN);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void fill(unsigned char* at, uint64_t stamp) {
  uint64_t* words = (uint64_t*)at;
  for (unsigned i = 0; i < WORDS; i++) words[i] = stamp ? stamp * (2 * i + 1) : 0;
}

static void verify_page(const struct process* p, const struct region* r, unsigned page, const char* when) {
  const uint64_t* words = (const uint64_t*)(r->at + page * PAGE);
  for (unsigned i = 0; i < WORDS; i++)
    if (words[i] != (r->stamps[page] ? r->stamps[page] * (2 * i + 1) : 0)) broken(p, when, r, page, words[i]);
}

static void verify(const struct process* p, const char* when) {
  for (int i = 0; i < MOST_REGIONS; i++) {
    const struct region* r = &p->regions[i];
    for (unsigned page = 0; r->at && (r->protection & PROT_READ) && page < r->pages; page++)
      verify_page(p, r, page, when);
  }
}

static void faulted(int signal) {
  (void)signal;
  siglongjmp(on_fault, 1);
}

// Writes to a page without the right to must fault, before and after forks.
static void verify_protection(const struct process* p, const struct region* r, unsigned page) {
  volatile unsigned char* byte = r->at + page * PAGE;
  if (sigsetjmp(on_fault, 1) == 0) {
    *byte = 1;
    broken(p, "a write that was to fault", r, page, *byte);
  }
}

static void write_pages(struct process* p, struct region* r) {
  unsigned start = below(p, r->pages), count = 1 + below(p, 1u << below(p, 8));
  for (unsigned page = start; page < r->pages && page < start + count; page++) {
    if ((r->protection & PROT_WRITE) == 0) {
      verify_protection(p, r, page);
      return;
    }
    r->stamps[page] = next(p) | 1;
    fill(r->at + page * PAGE, r->stamps[page]);
  }
}

static void new_region(struct process* p, struct region* r) {
  unsigned small = 1 + below(p, 1u << below(p, 8)), kind = below(p, 8);
  *r = (struct region){.kind = kind < 5 ? ANONYMOUS : kind < 6 ? HEAP : FILE_PRIVATE, .protection = PROT_READ | PROT_WRITE};
  r->pages = r->kind == ANONYMOUS && below(p, 12) == 0 ? MOST_PAGES : small < FILE_PAGES ? small : FILE_PAGES;
  r->stamps = calloc(MOST_PAGES, sizeof *r->stamps);
  if (!r->stamps) broken(p, "calloc", NULL, 0, 0);
  if (r->kind == HEAP) {
    void* place = NULL;
    if (posix_memalign(&place, PAGE, r->pages * PAGE)) broken(p, "posix_memalign", NULL, 0, 0);
    memset(place, 0, r->pages * PAGE);
    r->at = place;
    return;
  }
  int flags = MAP_PRIVATE | (r->kind == ANONYMOUS ? MAP_ANONYMOUS : 0);
  r->file_page = r->kind == FILE_PRIVATE ? below(p, FILE_PAGES - r->pages + 1) : 0;
  r->at = mmap(NULL, r->pages * PAGE, r->protection, flags, r->kind == FILE_PRIVATE ? file_fd : -1, (off_t)(r->file_page * PAGE));
  if (r->at == MAP_FAILED) broken(p, "mmap", r, 0, 0);
  for (unsigned page = 0; r->kind == FILE_PRIVATE && page < r->pages; page++)
    r->stamps[page] = file_stamp(r->file_page + page);
}

static void drop_region(struct process* p, struct region* r) {
  if (r->kind == HEAP)
    free(r->at);
  else if (munmap(r->at, r->pages * PAGE))
    broken(p, "munmap", r, 0, 0);
  free(r->stamps);
  r->at = NULL;
}

static void protect(struct process* p, struct region* r) {
  static const int choices[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE | PROT_EXEC};
  int protection = choices[r->protection == PROT_NONE ? 2 : below(p, 4)];
  if (mprotect(r->at, r->pages * PAGE, protection)) broken(p, "mprotect", r, 0, 0);
  r->protection = protection;
}

static void resize(struct process* p, struct region* r) {
  unsigned limit = r->kind == ANONYMOUS ? MOST_PAGES : FILE_PAGES - r->file_page;
  unsigned pages = 1 + below(p, r->pages * 2);
  pages = pages < limit ? pages : limit;
  void* place = mremap(r->at, r->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE);
  if (place == MAP_FAILED) broken(p, "mremap", r, 0, 0);
  for (unsigned page = r->pages; page < pages; page++)
    r->stamps[page] = r->kind == ANONYMOUS ? 0 : file_stamp(r->file_page + page);
  r->at = place;
  r->pages = pages;
}

static void discard(struct process* p, struct region* r) {
  unsigned start = below(p, r->pages), count = 1 + below(p, r->pages - start);
  if (madvise(r->at + start * PAGE, count * PAGE, MADV_DONTNEED)) broken(p, "madvise", r, start, 0);
  for (unsigned page = start; page < start + count; page++)
    r->stamps[page] = r->kind == ANONYMOUS ? 0 : file_stamp(r->file_page + page);
}

// The kernel writes into the program's memory, too.
static void read_into(struct process* p, struct region* r) {
  unsigned from = below(p, FILE_PAGES), to = below(p, r->pages);
  ssize_t got = pread(file_fd, r->at + to * PAGE, PAGE, (off_t)(from * PAGE));
  if (r->protection & PROT_WRITE ? got != (ssize_t)PAGE : got != -1 || errno != EFAULT)
    broken(p, "pread", r, to, (uint64_t)got);
  if (r->protection & PROT_WRITE) r->stamps[to] = file_stamp(from);
}

static void change(struct process* p) {
  struct region* r = &p->regions[below(p, MOST_REGIONS)];
  if (!r->at) {
    new_region(p, r);
    return;
  }
  unsigned what = below(p, 16);
  if (what < 7 || r->kind == STACK)
    write_pages(p, r);
  else if (what < 8)
    read_into(p, r);
  else if (r->kind == HEAP) {
    if (what < 10) drop_region(p, r);
  } else if (what < 10)
    drop_region(p, r);
  else if (what < 12)
    protect(p, r);
  else if (what < 14)
    resize(p, r);
  else
    discard(p, r);
}

static void node(uint64_t seed, int depth, struct process* inherited) __attribute__((noreturn));

// The state crosses execve in the arguments and in a file without a name, mapped on the other side.
static void execute_self(const struct process* p, uint64_t child_seed) {
  int fd = memfd_create("state", 0);
  unsigned char page[PAGE];
  for (unsigned i = 0; i < 8; i++) {
    fill(page, mix(child_seed + i) | 1);
    if (write(fd, page, PAGE) != (ssize_t)PAGE) broken(p, "write", NULL, i, 0);
  }
  char words[5][24];
  snprintf(words[0], sizeof *words, "%llu", (unsigned long long)child_seed);
  snprintf(words[1], sizeof *words, "%d", p->depth + 1);
  snprintf(words[2], sizeof *words, "%d", common_fd);
  snprintf(words[3], sizeof *words, "%d", file_fd);
  snprintf(words[4], sizeof *words, "%d", fd);
  execl("/proc/self/exe", "fork_memory", "again", words[0], words[1], words[2], words[3], words[4], NULL);
  broken(p, "execl", NULL, 0, 0);
}

struct child {
  pid_t pid;
  uint64_t seed;
  uint32_t slot;
};

static struct child make_child(struct process* p) {
  struct child child = {.seed = next(p), .slot = common->slots_used++ % SLOTS};
  int kind = (int)below(p, 8);
  common->forks++;
  common->answers[child.slot] = 0;
  child.pid = kind == 0 ? vfork() : fork();
  if (child.pid == 0) {
    common->answers[child.slot] = mix(child.seed);
    if (kind <= 1) execute_self(p, child.seed);
    verify(p, "in the child");
    node(child.seed, p->depth + 1, p);
  }
  if (child.pid < 0) broken(p, "fork", NULL, 0, 0);
  verify(p, "in the parent");
  return child;
}

static void take_child(struct process* p, struct child child) {
  int status = 0;
  if (waitpid(child.pid, &status, 0) != child.pid) broken(p, "waitpid", NULL, 0, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != status_of(child.seed)) broken(p, "a child's status", NULL, 0, (uint64_t)status);
  if (common->answers[child.slot] != mix(child.seed)) broken(p, "a child's answer", NULL, child.slot, common->answers[child.slot]);
}

static int may_fork(const struct process* p) {
  return p->depth < MOST_DEPTH && common->forks < common->most_forks && now_ns() < common->end_ns && !common->broken;
}

// A round: changes, then some children, with changes while they run.
static void round_of(struct process* p) {
  struct child children[WIDTH];
  unsigned wanted = p->depth == 0 ? WIDTH : below(p, WIDTH), count = 0;
  for (unsigned i = below(p, 24); i > 0; i--) change(p);
  while (count < wanted && may_fork(p)) {
    children[count++] = make_child(p);
    for (unsigned i = below(p, 8); i > 0; i--) change(p);
  }
  verify(p, "after forks");
  for (unsigned i = 0; i < count; i++) take_child(p, children[i]);
  verify(p, "after waits");
}

static void node(uint64_t seed, int depth, struct process* inherited) {
  struct process p = {0};
  if (inherited) p = *inherited;
  p.seed = p.random = seed;
  p.depth = depth;
  unsigned char stack[(STACK_PAGES + 1) * PAGE];
  struct region* r = &p.regions[below(&p, MOST_REGIONS)];
  if (!r->at) {
    *r = (struct region){.kind = STACK, .protection = PROT_READ | PROT_WRITE, .pages = STACK_PAGES};
    r->at = (unsigned char*)(((uintptr_t)stack + PAGE - 1) & ~(PAGE - 1));
    r->stamps = calloc(MOST_PAGES, sizeof *r->stamps);
    memset(r->at, 0, STACK_PAGES * PAGE);
  }
  do
    round_of(&p);
  while (depth == 0 && may_fork(&p));
  if (depth == 0) {
    puts(common->broken ? "broken" : "ok");
    if (common->most_forks >= 1000000) fprintf(stderr, "%u forks\n", common->forks);
    fflush(NULL);
    _exit((int)common->broken);
  }
  _exit(status_of(seed));
}

static void map_common(void) {
  common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED, common_fd, 0);
  if (common == MAP_FAILED) abort();
  signal(SIGSEGV, faulted);
}

static void again(char** argv) {
  common_fd = atoi(argv[4]);
  file_fd = atoi(argv[5]);
  map_common();
  uint64_t seed = strtoull(argv[2], NULL, 10);
  struct process p = {.seed = seed, .random = seed, .depth = atoi(argv[3])};
  struct region* r = &p.regions[0];
  *r = (struct region){.kind = FILE_PRIVATE, .protection = PROT_READ | PROT_WRITE, .pages = 8};
  r->at = mmap(NULL, 8 * PAGE, r->protection, MAP_PRIVATE, atoi(argv[6]), 0);
  r->stamps = calloc(MOST_PAGES, sizeof *r->stamps);
  for (unsigned i = 0; i < 8; i++) r->stamps[i] = mix(seed + i) | 1;
  close(atoi(argv[6]));
  verify(&p, "after execve");
  drop_region(&p, r);
  node(seed, p.depth, &p);
}

int main(int argc, char** argv) {
  if (argc == 7) again(argv);
  if (argc != 4) return 2;
  common_fd = memfd_create("common", 0);
  file_fd = memfd_create("file", 0);
  if (ftruncate(common_fd, sizeof *common)) return 3;
  unsigned char page[PAGE];
  for (unsigned i = 0; i < FILE_PAGES; i++) {
    fill(page, file_stamp(i));
    if (write(file_fd, page, PAGE) != (ssize_t)PAGE) return 4;
  }
  map_common();
  common->most_forks = (uint32_t)atoi(argv[2]);
  common->end_ns = now_ns() + atoll(argv[3]) * 1000000000ll;
  node(strtoull(argv[1], NULL, 10), 0, NULL);
}
