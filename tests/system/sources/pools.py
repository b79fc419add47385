"""Pools of processes and threads, queues, locks and shared values: prints results that do not depend on who was first."""
import concurrent.futures
import hashlib
import multiprocessing
import multiprocessing.shared_memory
import os
import signal
import sys
import threading


def digest(number):
    return hashlib.sha256(b"%d" % number * 1000).hexdigest()[:8]


def fails(number):
    if number == 3:
        raise ValueError(f"not {number}")
    return number


def dies(_):
    os.kill(os.getpid(), signal.SIGKILL)


def add(total, lock, count):
    for _ in range(count):
        with lock:
            total.value += 1


def consume(tasks, results):
    for task in iter(tasks.get, None):
        results.put(task * task)


def pools(method, size):
    context = multiprocessing.get_context(method)
    with context.Pool(size) as pool:
        print(method, pool.map(digest, range(4)), sum(pool.imap_unordered(abs, range(500), chunksize=10)))
        try:
            pool.map(fails, range(5))
        except ValueError as problem:
            print("raised", problem)
    with concurrent.futures.ProcessPoolExecutor(size, mp_context=context) as pool:
        print(list(pool.map(digest, range(4))))
        try:
            pool.submit(dies, 0).result()
        except concurrent.futures.process.BrokenProcessPool:
            print("a worker died")
    tasks, results = context.Queue(), context.Queue()
    workers = [context.Process(target=consume, args=(tasks, results)) for _ in range(size)]
    for worker in workers:
        worker.start()
    for i in range(100):
        tasks.put(i)
    for _ in workers:
        tasks.put(None)
    print("squares", sum(results.get() for _ in range(100)))
    for worker in workers:
        worker.join()
    total, lock = context.Value("q", 0, lock=False), context.Lock()
    workers = [context.Process(target=add, args=(total, lock, 300)) for _ in range(size)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("added", total.value, [worker.exitcode for worker in workers])


def threads():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print(list(pool.map(digest, range(4))), sum(pool.map(abs, range(500))))
    barrier, seen = threading.Barrier(10), []

    def meet(number):
        for turn in range(20):
            seen.append((turn, number))
            barrier.wait(60)

    crowd = [threading.Thread(target=meet, args=(number,)) for number in range(10)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    print("turns in order", [turn for turn, _ in seen] == sorted(turn for turn, _ in seen), len(seen))


def manager():
    with multiprocessing.Manager() as server:
        shared = server.dict()
        workers = [multiprocessing.Process(target=shared.__setitem__, args=(number, number * 2)) for number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print("dictionary", sorted(shared.items()))
    block = multiprocessing.shared_memory.SharedMemory(create=True, size=8192)
    worker = multiprocessing.Process(target=block.buf.__setitem__, args=(4096, 77))
    worker.start()
    worker.join()
    print("shared", block.buf[4096])
    block.close()
    block.unlink()


if __name__ == "__main__":
    if "threads" in sys.argv:
        threads()
    else:
        pools("fork", 4)
        pools("spawn", 2)
        manager()
