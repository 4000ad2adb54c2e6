# SPDX-License-Identifier: Apache-2.0
"""The floods, one after another and all together, each after a quiet while; what came of them."""
import time

from parties import Flood

SETTLE = 0.3  # seconds that the server gets to see the last connections end


def floods(size):
    """{phase: [(mode, options)]}; size: 1 is the whole of it."""
    def many(n):
        return max(1, int(n * size))

    one = {
        "close": ("close", {"attempts": many(50000), "rate": 5000}),
        "burst": ("close", {"attempts": many(50000), "open": 4000}),
        "hold": ("hold", {"attempts": many(10000), "hold": many(10000), "rate": 4000,
                          "stay": True}),
        "few": ("hold", {"attempts": many(10000), "hold": many(10000), "rate": 4000,
                         "sources": 100, "stay": True}),
        "half": ("half", {"attempts": many(10000), "hold": many(10000), "rate": 4000,
                          "stay": True}),
        "garbage": ("garbage", {"attempts": many(20000), "rate": 4000}),
        "endless": ("endless", {"attempts": many(200), "hold": many(200), "rate": 50,
                                "stay": True}),
        "huge": ("huge", {"attempts": many(200), "open": 16, "rate": 50}),
        "lookup": ("lookup", {"attempts": many(160), "open": 16, "rate": 100, "calls": 50,
                              "call_rate": 1600}),
        "handles": ("handles", {"attempts": many(50), "hold": 50, "rate": 50, "calls": 400,
                                "call_rate": 4000}),
        "slow": ("slow", {"attempts": many(500), "hold": many(500), "rate": 200, "stay": True}),
    }

    def together(part):
        return [(mode, dict(options, rate=max(1, options["rate"] // part)))
                for name, (mode, options) in one.items() if name not in ("burst", "few")]

    return {**{name: [flood] for name, flood in one.items()}, "gone": [one["hold"]],
            "all": together(16), "storm": together(4)}


class Play:
    def __init__(self, bench, target, calls, visits, seconds):
        self.bench, self.target, self.seconds = bench, target, seconds
        self.callers = {"calls": calls, "visits": visits}

    def begin(self):
        self.target.forget_peak()
        self.start, self.cpu = time.monotonic(), self.target.cpu()
        for caller in self.callers.values():
            caller.begin()

    def end(self):
        figures = {name: caller.end() for name, caller in self.callers.items()}
        rss, peak = self.target.memory()
        passed = time.monotonic() - self.start
        return dict(figures, rss=rss, peak=peak, seconds=passed,
                    server_cpu=(self.target.cpu() - self.cpu) / passed)

    def quiet(self):
        self.begin()
        time.sleep(self.seconds)
        return self.end()

    def start_all(self, floods, seconds):
        return [Flood(self.bench, self.target.port, mode, seconds=seconds, **options)
                for mode, options in floods]

    def gone(self, floods):
        """All that is held ends at the same moment, and only what comes after it is measured."""
        before = self.target.limits()
        running = self.start_all(floods, 120)
        time.sleep(max(options["attempts"] / options["rate"] for _, options in floods) + SETTLE)
        during = self.target.limits()
        self.begin()
        results = [flood.stop() for flood in running]
        time.sleep(self.seconds / 4)
        result = dict(self.end(), floods=results)
        result["limits"] = changes(before, self.target.limits(), during)
        return result

    def play(self, name, floods):
        return self.gone(floods) if name == "gone" else self.flooded(floods)

    def flooded(self, floods):
        """A flood lasts as long as it takes to make all attempts, and then as long as it stays."""
        before = self.target.limits()
        self.begin()
        running = self.start_all(floods, int(self.seconds) + 60)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and any(f.child.poll() is None for f in running):
            time.sleep(0.05)
        during = self.target.limits()
        result = self.end()
        result["floods"] = [flood.stop() for flood in running]
        time.sleep(SETTLE)
        result["limits"] = changes(before, self.target.limits(), during)
        return result


def changes(before, after, during):
    """{name: {limit, now (during the flood), most, refused (in this phase)}}"""
    return {name: dict(row, now=during[name]["now"],
                       refused=row["refused"] - before[name]["refused"])
            for name, row in after.items()}
