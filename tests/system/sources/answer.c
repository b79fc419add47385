// The library of the tests of library policies.
int answer(void) { return 42; }
