// The n-th Fibonacci number, by two calls of itself.
__attribute__((noinline)) static int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

int run(int n) { return fibonacci(n); }
