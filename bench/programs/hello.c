// The smallest dynamic program that prints: what start-up costs.
#include <stdio.h>

int main(void) {
  puts("hello");
  return 0;
}
