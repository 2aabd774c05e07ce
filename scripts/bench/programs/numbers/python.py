import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def squares(n):
    total = 0
    while n != 0:
        total += (n & 1023) * (n & 1023)
        n -= 1
    return total


def report(name, run, n):
    start = time.perf_counter()
    result = run(n)
    print(f"BENCH:numbers:{name}:{result}:{int((time.perf_counter() - start) * 1000)}")


report("fib-35", fib, 35)
report("squares-100m", squares, 100_000_000)
