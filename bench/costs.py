# SPDX-License-Identifier: Apache-2.0
"""What a server uses: allocations for calls, memory for idle connections, time to come back."""
import json
import mmap
import os
import signal
import statistics
import struct
import time

from process import Failed, run
from subjects import ADDRESS, MAPPER_PORT, NULL

COUNTED = 2.0  # seconds of calls under the counter


class Counter:
    """The number of allocations of a program that count_alloc is preloaded into."""

    def __init__(self, bench, name):
        self.path = bench.lab.path(f"{name}.count")
        with open(self.path, "wb") as f:
            f.write(bytes(8))
        self.env = {"LD_PRELOAD": bench.lab.program("bench/count_alloc.so"),
                    "BENCH_COUNT": self.path}
        with open(self.path, "rb") as f:
            self.page = mmap.mmap(f.fileno(), 8, prot=mmap.PROT_READ)

    def value(self):
        return struct.unpack("Q", self.page[:8])[0]


def allocations_of(bench, subject, counter, arguments):
    """Counts while calls run: their connections are there before and after."""
    if counter.value() == 0:
        raise Failed("nothing is counted: the program allocates at its start")
    child = bench.load_in_background(subject, "--json", "--seconds", str(COUNTED), *arguments)
    time.sleep(COUNTED * 0.3)
    before, start = counter.value(), time.monotonic()
    time.sleep(COUNTED * 0.6)
    after, end = counter.value(), time.monotonic()
    figures = json.loads(child.communicate(timeout=60)[0])
    return {"subject": subject.name, "calls": int(figures["rate"] * (end - start)),
            "allocations": after - before, "since_start": after}


def allocations(bench):
    counters = [Counter(bench, "null"), Counter(bench, "mapper")]
    subjects = [bench.null_server(counters[0].env),
                bench.mapper(10, MAPPER_PORT + 10, counters[1].env)]
    return [dict(allocations_of(bench, subject, counter, arguments), shape=" ".join(arguments))
            for subject, counter in zip(subjects, counters)
            for arguments in (["--connections", "64"], ["--depth", "16"])]


def allocates(row):
    """Does a call allocate? A buffer that grows once in a while is none of a call's doing."""
    return row["calls"] == 0 or row["allocations"] > row["calls"] / 1000


def print_allocations(rows):
    print("\nallocations in steady state")
    for row in rows:
        print(f"  {row['subject']}, {row['shape'][2:]}: {row['allocations']} in "
              f"about {row['calls']:,} calls ({row['since_start']:,} since the start)")


def idle_of(bench, subject, count):
    bench.load(subject, "--connections", "4", "--calls", "1000")
    before = subject.rss()
    child = bench.load_in_background(subject, "--hold", str(count))
    if child.stdout.readline().decode().strip() != f"bound {count}":
        raise Failed(f"{count} connections could not be held")
    after = subject.rss()
    child.stdin.close()
    child.wait(timeout=60)
    return {"subject": subject.name, "connections": count, "before": before, "after": after,
            "bytes_each": (after - before) / count}


def idle(bench, count):
    return [idle_of(bench, subject, count)
            for subject in (bench.null_server(), bench.mapper(10, MAPPER_PORT + 20))]


def print_idle(rows):
    print("\nresident memory for idle connections, each bound and called once")
    for row in rows:
        print(f"  {row['subject']}: {row['bytes_each']:,.0f} bytes for each of "
              f"{row['connections']:,} ({row['before'] // 1024:,} to {row['after'] // 1024:,} KiB)")


def find(bench, port):
    result = run([bench.lab.program("bench/find"), ADDRESS, str(port), NULL, "20"], 30, status=None)
    if result.status:
        raise Failed("the service did not come back")
    return int(result.out)


def restart_once(bench, daemon, port, socket):
    """Kills the mapper and starts another: ms until the service is found through that one."""
    start = time.monotonic_ns()
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.child.wait()
    successor = bench.mapper_process(port, socket, ready=lambda: True)
    return successor, (find(bench, port) - start) / 1e6


def restart(bench, times):
    port, socket, found = MAPPER_PORT + 30, bench.lab.path("restart.sock"), []
    daemon = bench.mapper_process(port, socket)
    bench.null_server({"PORTERO_SOCKET": socket}, ["--register"])
    find(bench, port)
    for _ in range(times):
        daemon, ms = restart_once(bench, daemon, port, socket)
        found.append(ms)
    return {"times": times, "median_ms": statistics.median(found), "longest_ms": max(found),
            "shortest_ms": min(found)}


def print_restart(row):
    print(f"\nfrom kill -9 of the mapper until its successor finds the service: "
          f"{row['median_ms']:.1f} ms\n  (median of {row['times']}, "
          f"{row['shortest_ms']:.1f} to {row['longest_ms']:.1f})")
