// Uses the library `updatable_layout`, a line each time it reads one: a command.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void *layout_handle(void);
void layout_begin(void), layout_show(const void *);
int layout_step(void);
extern int layout_mood;
#ifdef NAMES_IT
extern int layout_shown[];
#endif

static void *volatile held;
static volatile int stop;
static volatile long wrong;

// In and out of the library, with sums in registers that are the thread's alone.
static void *work(void *unused) {
  (void)unused;
  while (!stop) {
    double sum = 0, product = 1;
    for (int i = 1; i <= 20000; ++i) {
      sum += i;
      product *= 1.0000001;
    }
    wrong += sum != 200010000.0 || product < 1.002 || product > 1.0021;
    layout_step();
  }
  return NULL;
}

static void *sleep_on(void *unused) {
  pause();
  return unused;
}

int main(void) {
  char line[64];
  pthread_t threads[4];
  int forked[2] = {-1, -1};
  setvbuf(stdout, NULL, _IOLBF, 0);
  layout_begin();
  held = layout_handle();
#ifdef NAMES_IT
  layout_shown[0] = 1;
#endif
  puts("ready");
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strncmp(line, "show", 4) == 0) {
      layout_show(held);
    } else if (strncmp(line, "mood", 4) == 0) {
      layout_mood = atoi(line + 4);
      puts("mood");
    } else if (strncmp(line, "threads", 7) == 0) {
      stop = 0;
      for (int i = 0; i < 4; ++i) {
        pthread_create(&threads[i], NULL, i < 2 ? work : sleep_on, NULL);
      }
      puts("threads");
    } else if (strncmp(line, "join", 4) == 0) {
      stop = 1;
      pthread_join(threads[0], NULL);
      pthread_join(threads[1], NULL);
      printf("wrong %ld\n", wrong);
    } else if (strncmp(line, "fork", 4) == 0) {
      // A child shows what it sees when the parent closes its end, and is of another mood.
      if (pipe(forked) != 0) {
        return 1;
      }
      if (fork() == 0) {
        close(forked[1]);
        layout_mood = atoi(line + 4);
        puts("forked");
        while (read(forked[0], line, 1) == 1) {
          layout_mood = line[0] - '0';
          puts("mood");
        }
        layout_show(held);
        _exit(0);
      }
      close(forked[0]);
    } else if (strncmp(line, "child", 5) == 0) {
      if (write(forked[1], line + 5, 1) != 1) {
        return 1;
      }
    } else if (strncmp(line, "wait", 4) == 0) {
      int status = 0;
      close(forked[1]);
      wait(&status);
      printf("status %d\n", status);
    }
  }
  return 0;
}
