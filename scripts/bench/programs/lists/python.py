import time


def total():
    numbers = []
    for n in range(1_000_000):
        numbers.append(n)
    tripled = [n * 3 for n in numbers]
    return sum([n for n in tripled if n % 2 == 0])


start = time.perf_counter()
result = sum(total() for _ in range(5))
print(f"BENCH:lists:chain-5m:{result}:{int((time.perf_counter() - start) * 1000)}")
