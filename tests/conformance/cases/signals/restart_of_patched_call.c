// A system call that restarts again and again goes on behind it every time: sigaction(2), SA_RESTART. Its number stands
// right before it, and what stands behind it can be moved: a call that is rewritten at once, and in another way when it
// is reached past the number.
// variants: static, musl
#include <sys/time.h>
#include <sys/uio.h>

#include "case.h"

static int pipe_ends[2], ticks;

static void on_alarm(int signal) {
  (void)signal;
  if (++ticks % 5 == 0) NEED(write(pipe_ends[1], "xy", 2) == 2);
}

// readv(fd, to, 1), and a mark of what ran behind it.
long kx_read_one(int fd, const struct iovec* to, long* mark);
// No padding near by, where a jump would find room.
#define KX_NO_PADDING " .rept 70\n mov %rcx, %rdx\n .endr\n"
__asm__(".text\n" KX_NO_PADDING
        "kx_read_one:\n push %rbx\n mov %rdx, %r8\n mov $1, %edx\n mov $19, %eax\n syscall\n mov %rax, %rbx\n"
        " lea 7(%rbx), %rdx\n mov %rdx, (%r8)\n mov %rbx, %rax\n pop %rbx\n ret\n" KX_NO_PADDING " ret\n");

CASE {
  NEED(pipe(pipe_ends) == 0);
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  NEED(sigaction(SIGALRM, &action, NULL) == 0);
  struct itimerval often = {{0, 2000}, {0, 2000}};
  NEED(setitimer(ITIMER_REAL, &often, NULL) == 0);
  long sum = 0, marks = 0;
  for (int i = 0; i < 40; i++) {
    char byte = 0;
    struct iovec to = {&byte, 1};
    long mark = 0;
    sum += kx_read_one(pipe_ends[0], &to, &mark) + byte;
    marks += mark;
  }
  SHOW(sum);
  SHOW(marks);
}
