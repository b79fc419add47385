// Uses the library `updatable` in a loop and says what it sees of it, a line each time it reads one: a command.
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern int updatable_numbers[];
extern __thread int updatable_thread[];
int updatable_version(void), updatable_count(void), updatable_again(void), updatable_hidden(void), updatable_one(void),
    updatable_in_thread(void), updatable_call(unsigned, int), updatable_apply(int (*)(void *), void *);
int *updatable_place(void);
int (*updatable_pointer(void))(int);
void updatable_sleep(long);
char *updatable_text(int);

static int (*volatile held_pointer)(int);
static int *volatile held_place;
static int (*volatile held_version)(void);
static volatile sig_atomic_t alarms;

static void on_alarm(int signal) {
  (void)signal;
  alarms += updatable_version() > 0;
}

static void *sleep_in_library(void *ms) {
  updatable_sleep((long)ms);
  return NULL;
}

static void *short_life(void *unused) {
  updatable_in_thread();
  return unused;
}

static int from_below(void *unused) {
  (void)unused;
  char line[64];
  puts("inside");
  return fgets(line, sizeof line, stdin) == NULL;
}

static void show(void) {
  char *text = updatable_text(7);
  Dl_info info = {0};
  void *added = dlsym(RTLD_DEFAULT, "updatable_added");
  void *version = dlsym(RTLD_DEFAULT, "updatable_version");
  const int found = dladdr(version, &info);
  ++updatable_numbers[0];
  printf("%d | count %d %d | hidden %d | thread %d | numbers %d | %s | call %d %d | one %d | held %d %d | dlsym %d %d %s | added %d\n",
         updatable_version(), updatable_count(), updatable_again(), updatable_hidden(), updatable_in_thread(),
         updatable_numbers[0], text, updatable_call(0, 100), updatable_call(1, 100), updatable_one(), held_pointer(0),
         held_place == updatable_place() && *held_place > 0, ((int (*)(void))version)() == updatable_version(),
         held_version(), found ? info.dli_sname : "?", added != NULL);
  free(text);
}

// Threads, forks, signals and other libraries for as long as the next command does not come.
static void *churn(void *stop) {
  while (!*(volatile int *)stop) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, short_life, NULL) == 0) {
      pthread_join(thread, NULL);
    }
    void *other = dlopen("libutil.so.1", RTLD_NOW);
    if (other != NULL) {
      dlclose(other);
    }
    const pid_t child = fork();
    if (child == 0) {
      _exit(updatable_count() > 0 ? 0 : 1);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
      puts("churn failed");
    }
  }
  return NULL;
}

// Writes another build-id over the one in the library's own headers in memory.
static int deceive(struct dl_phdr_info *info, size_t size, void *text) {
  (void)size;
  if (strstr(info->dlpi_name, "libupdatable.so") == NULL) {
    return 0;
  }
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    char *note = (char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    for (size_t at = 0; info->dlpi_phdr[i].p_type == PT_NOTE && at + 36 <= info->dlpi_phdr[i].p_memsz; at += 4) {
      if (memcmp(note + at, "\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU", 16) == 0) {
        char *page = (char *)((unsigned long)(note + at) & ~4095ul);
        if (mprotect(page, 8192, PROT_READ | PROT_WRITE) != 0) {
          return 2;
        }
        for (int byte = 0; byte < 20; ++byte) {
          char digits[3] = {((char *)text)[2 * byte], ((char *)text)[2 * byte + 1], 0};
          note[at + 16 + byte] = (char)strtol(digits, NULL, 16);
        }
        return 1;
      }
    }
  }
  return 3;
}

int main(void) {
  static int stop;
  pthread_t churner;
  char line[64];
  setvbuf(stdout, NULL, _IOLBF, 0);
  held_pointer = updatable_pointer();
  held_place = updatable_place();
  held_version = (int (*)(void))dlsym(RTLD_DEFAULT, "updatable_version");
  puts("ready");
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strncmp(line, "show", 4) == 0) {
      show();
    } else if (strncmp(line, "sleep", 5) == 0) {
      pthread_t thread;
      pthread_create(&thread, NULL, sleep_in_library, (void *)atol(line + 5));
      pthread_detach(thread);
      puts("asleep");
    } else if (strncmp(line, "inside", 6) == 0) {
      printf("left %d\n", updatable_apply(from_below, NULL));
    } else if (strncmp(line, "fork", 4) == 0) {
      // The child reads its commands from the same pipe later; until then it waits for the parent's end.
      int ends[2];
      if (pipe(ends) != 0) {
        return 1;
      }
      if (fork() == 0) {
        close(ends[1]);
        while (read(ends[0], line, 1) == 1) {
        }
        show();
        _exit(0);
      }
      close(ends[0]);
      puts("forked");
    } else if (strncmp(line, "deceive ", 8) == 0) {
      printf("deceived %d\n", dl_iterate_phdr(deceive, line + 8));
    } else if (strncmp(line, "churn", 5) == 0) {
      struct itimerval often = {{0, 20000}, {0, 20000}};
      signal(SIGALRM, on_alarm);
      setitimer(ITIMER_REAL, &often, NULL);
      pthread_create(&churner, NULL, churn, &stop);
      puts("churning");
    } else if (strncmp(line, "calm", 4) == 0) {
      struct itimerval never = {{0, 0}, {0, 0}};
      setitimer(ITIMER_REAL, &never, NULL);
      stop = 1;
      pthread_join(churner, NULL);
      printf("calm, alarms %d\n", alarms > 0);
    }
  }
  return 0;
}
