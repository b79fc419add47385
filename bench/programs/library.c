// A library to be opened, whose function entry() gives how many of its parts were called:
//   -DLARGE    alone, of one megabyte: text, constants, and data of which a third has to be relocated
//   -DHUGE     the same of five: text
//   -DPART=N   one of those that another needs
//   otherwise  the one that needs them all, 20
#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)

#if defined LARGE || defined HUGE
#define EIGHT(x) x, x, x, x, x, x, x, x
#define SIXTY_FOUR(x) EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x)
#define FIVE_HUNDRED(x) \
  SIXTY_FOUR(x), SIXTY_FOUR(x), SIXTY_FOUR(x), SIXTY_FOUR(x), SIXTY_FOUR(x), SIXTY_FOUR(x), SIXTY_FOUR(x), SIXTY_FOUR(x)

// Visible, so that the compiler has to keep them.
const unsigned char constants[128 << 10] = {[1] = 1};
unsigned char data[128 << 10] = {1};
static int number = 1;
int* relocated[8192] = {
    FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number),
    FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number),
    FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number),
    FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number), FIVE_HUNDRED(&number),
};

// Half a megabyte of instructions, or 4.5, that nobody executes.
#if defined HUGE
#define INSTRUCTIONS "589824"
#else
#define INSTRUCTIONS "65536"
#endif
__asm__(".text\n.rept " INSTRUCTIONS "\n lea 0x12345678(%rdi,%rsi,4), %rax\n.endr\n ret\n");

int entry(int index) {
  return *relocated[index & 15] * constants[1] * data[0];
}
#elif defined PART
int JOIN(part, PART)(void) {
  return 1;
}
#else
#define EACH(X) \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19)
#define DECLARE(number) int part##number(void);
#define CALL(number) +part##number()
EACH(DECLARE)

int entry(int index) {
  return index - index EACH(CALL);
}
#endif
