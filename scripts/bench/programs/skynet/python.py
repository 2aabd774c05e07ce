import asyncio
import time


async def skynet(answer, number, size):
    if size == 1:
        await answer.put(number)
        return
    children = asyncio.Queue()
    tasks = [asyncio.create_task(skynet(children, number + i * (size // 10), size // 10)) for i in range(10)]
    await answer.put(sum([await children.get() for _ in tasks]))


async def main():
    start = time.perf_counter()
    answer = asyncio.Queue()
    task = asyncio.create_task(skynet(answer, 0, 100_000))
    result = await answer.get()
    await task
    print(f"BENCH:skynet:strands-100k:{result}:{int((time.perf_counter() - start) * 1000)}")


asyncio.run(main())
