// Generates machine code and runs it: written in place under W^X, rewritten while it runs, with system calls of its own.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf back;

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)context;
  siglongjmp(back, number * 100 + info->si_code);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGILL, &action, NULL);
  unsigned char* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  const unsigned char add[] = {0x8d, 0x04, 0x37, 0xc3};  // lea (%rdi,%rsi),%eax; ret
  memcpy(page, add, sizeof add);
  int fault = sigsetjmp(back, 1);
  if (fault == 0) {
    printf("not executable: %d\n", ((int (*)(int, int))page)(2, 3));
  } else {
    printf("fault %d\n", fault);
  }
  mprotect(page, 8192, PROT_READ | PROT_EXEC);
  printf("sum %d\n", ((int (*)(int, int))page)(2, 3));
  fault = sigsetjmp(back, 1);
  if (fault == 0) {
    page[0] = 0xc3;
    puts("writable");
  } else {
    printf("fault %d\n", fault);
  }

  // mov $39,%eax; syscall; ret -- run often, so that it is patched, then replaced by another program.
  const unsigned char call[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
  mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy(page, call, sizeof call);
  int same = 1;
  for (int i = 0; i < 1000; ++i) {
    same &= ((int (*)(void))page)() == getpid();
  }
  printf("own system call %d\n", same);
  memcpy(page, add, sizeof add);
  printf("sum %d\n", ((int (*)(int, int))page)(40, 2));
  for (int i = 0; i < 1000; ++i) {
    const unsigned char constant[] = {0xb8, (unsigned char)i, (unsigned char)(i >> 8), 0, 0, 0xc3};
    memcpy(page + i % 7, constant, sizeof constant);
    same &= ((int (*)(void))(page + i % 7))() == i;
  }
  printf("rewritten %d\n", same);
  // getppid by way of a syscall that straddles a page boundary.
  memcpy(page + 4090, (unsigned char[]){0xb8, 102, 0, 0, 0, 0x0f, 0x05, 0xc3}, 8);
  same = 1;
  for (int i = 0; i < 100; ++i) {
    same &= ((unsigned (*)(void))(page + 4090))() == getuid();
  }
  printf("across pages %d\n", same);
  page[0] = 0x0f;
  page[1] = 0x0b;  // ud2
  fault = sigsetjmp(back, 1);
  if (fault == 0) {
    ((void (*)(void))page)();
  }
  printf("fault %d\n", fault);
  munmap(page, 8192);
  fault = sigsetjmp(back, 1);
  if (fault == 0) {
    ((void (*)(void))page)();
  }
  printf("fault %d\n", fault);
  return 0;
}
