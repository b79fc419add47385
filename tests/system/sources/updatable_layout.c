// A library whose variables have another layout in each version (-DVERSION=N), and with -DHOOK a kx_lib_update that
// converts them; with -DTHREAD and -DSHOWN further ones that cannot be converted.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef HOOK
#include <kx/lib_update.h>
#endif

enum { table_size = 4 * VERSION, node_count = 3 };

static int steady = 10;
static int step(int x) { return x + 1; }

#if VERSION == 1
struct state {
  int count;
  int *where;
  int (*call)(int);
};
static struct state state = {1, &steady, step};
struct node {
  int value;
  struct node *next;
};
static int obsolete = 5;
#else
struct state {
  char name[64];
  long count;
  int (*call)(int);
  int *where;
};
static struct state state = {"new", 0, step, &steady};
struct node {
  struct node *next;
  struct node *before;
  long value;
};
static int kept_obsolete = 0;
#endif
static int table[table_size] = {1, 2, 3, 4};
static struct node nodes[node_count];
static struct node *head, *newest;  // of nodes; of memory of its own
static struct node *mapped;
int layout_mood;
#ifdef SHOWN
int layout_shown[VERSION];
#else
int layout_shown[1];
#endif
#ifdef THREAD
__thread int layout_thread[VERSION];
#else
__thread int layout_thread[1];
#endif

void *layout_handle(void) { return &state; }
int layout_is_handle(const void *handle) { return handle == &state; }

static long counted(void) {
#if VERSION == 1
  static int counter[1];
#else
  static int counter[3];
#endif
  return ++counter[0];
}

void layout_begin(void) {
  for (int i = 0; i < node_count; ++i) {
    nodes[i].value = 100 + i;
    nodes[i].next = i + 1 < node_count ? &nodes[i + 1] : NULL;
  }
  head = &nodes[0];
  table[3] = 4;
  newest = calloc(1, sizeof *newest);
  newest->value = 7;
}

int layout_step(void) {
  ++layout_thread[0];
  return ++steady;
}

void layout_show(const void *handle) {
  ++state.count;
  printf("%d | state %ld %d %d | table", VERSION, (long)state.count, state.where == &steady, state.call == step);
  for (int i = 0; i < table_size; ++i) {
    printf(" %d", table[i]);
  }
  printf(" | list");
  for (const struct node *node = head; node != NULL; node = node->next) {
    printf(" %ld%s", (long)node->value, node >= nodes && node < nodes + node_count ? "" : " outside");
  }
  printf(" | newest %ld | counted %ld | handle %d | obsolete ", (long)newest->value, counted(), layout_is_handle(handle));
#if VERSION == 1
  printf("%d\n", obsolete++);
#else
  printf("%d\n", kept_obsolete++);
#endif
}

#ifdef HOOK
static int overflow(volatile char *above) {
  volatile char room[8192];
  room[0] = above[0];
  return overflow(room) + room[0];
}

static int misbehave(const struct kx_lib_update_info *info) {
  const struct kx_lib_variable *old = kx_lib_find(info, "table");
  switch (layout_mood) {
    case 1:
      return EPERM;
    case 2:
      return *(volatile int *)8;
    case 3:
      for (;;) {
      }
    case 4:
      return write(2, "from the hook\n", 14) < 0;
    case 5:
      *(volatile int *)old->old_address = 99;
      return 0;
    case 6:
      return overflow((volatile char *)info);
    case 7:
      __asm__ volatile("ud2");
    case 8:
      __asm__ volatile("movabs $0x8000000000000000, %%rax\n\tjmp *%%rax" : : : "rax");
    case 9:
      _exit(3);
    case 10:
      return kill(getpid(), 9);
    case 11:
      return syscall(SYS_fork) < 0;
    case 12:
      return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == NULL;
    case 13:
      for (;;) {
        getppid();
      }
    case 14:
      for (;;) {
        getpid();
      }
    case 15:
      // The direction flag is nobody's but its own.
      __asm__ volatile("pushfq\n\torq $0x400, (%%rsp)\n\tpopfq" : : : "memory", "cc");
      return EBUSY;
    default:
      return 0;
  }
}

// Where what was in the list of the old version is now.
static struct node *converted(const struct node *now, const char *old_nodes, size_t old_size, const void *old) {
  const size_t distance = (size_t)((const char *)old - old_nodes);
  return old != NULL ? (struct node *)now + distance / old_size : NULL;
}

#if VERSION == 1
struct other_state {
  char name[64];
  long count;
  int (*call)(int);
  int *where;
};
struct other_node {
  struct other_node *next;
  struct other_node *before;
  long value;
};
#else
struct other_state {
  int count;
  int *where;
  int (*call)(int);
};
struct other_node {
  int value;
  struct other_node *next;
};
#endif

int kx_lib_update(const struct kx_lib_update_info *info) {
  const int wrong = misbehave(info);
  if (wrong != 0 || info->variable_count == 0) {
    return wrong;
  }
  const struct kx_lib_variable *old_state = kx_lib_find(info, "state"), *old_table = kx_lib_find(info, "table");
  const struct kx_lib_variable *old_nodes = kx_lib_find(info, "nodes"), *counter = kx_lib_find(info, "counter");
  if (info->version != KX_LIB_UPDATE_VERSION || info->size < sizeof *info || strlen(info->old_build_id) != 40 ||
      old_state == NULL || old_state->old_size != sizeof(struct other_state) || old_state->new_address != &state ||
      old_state->new_size != sizeof state || old_table == NULL || old_table->new_address != table || old_nodes == NULL ||
      counter == NULL || kx_lib_find(info, "steady") != NULL) {
    return EINVAL;
  }
  for (size_t i = 1; i < info->variable_count; ++i) {
    if (strcmp(info->variables[i - 1].name, info->variables[i].name) > 0) {
      return ERANGE;
    }
  }
  const struct other_state *from = old_state->old_address;
  state.count = from->count;
  state.where = from->where;
  state.call = from->call;
  const size_t smaller = old_table->old_size < sizeof table ? old_table->old_size : sizeof table;
  memcpy(table, old_table->old_address, smaller);
  memcpy(counter->new_address, counter->old_address, sizeof(int));
  const struct other_node *list = old_nodes->old_address;
  for (int i = 0; i < node_count; ++i) {
    nodes[i].value = list[i].value;
    nodes[i].next = converted(nodes, (const char *)list, sizeof *list, list[i].next);
  }
  head = nodes;
  // The one outside has its place in memory that the hook maps.
  const struct other_node *outside = (const struct other_node *)newest;
  mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    return errno;
  }
  memset(mapped, 0, sizeof *mapped);
  mapped->value = outside->value;
  newest = mapped;
#if VERSION == 2
  const struct kx_lib_variable *gone = kx_lib_find(info, "obsolete");
  if (gone == NULL || gone->new_address != NULL || gone->new_size != 0) {
    return ENOENT;
  }
  kept_obsolete = *(const int *)gone->old_address;
#else
  obsolete = *(const int *)kx_lib_find(info, "kept_obsolete")->old_address;
#endif
  // Registers that the thread may need, which the hook does not.
  __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm1, %%xmm1\n\tpcmpeqd %%xmm15, %%xmm15" : : : "xmm0", "xmm1", "xmm15");
  return 0;
}
#endif
