# SPDX-License-Identifier: Apache-2.0
"""What it costs a call to be judged and told: the same server with a visitors' book and policies."""
import json
import re

import rates
from process import Failed
from subjects import ADDRESS, Subject

RULES, ADDRESSES = 10000, 100000
MANY = 60000  # calls whose records a stopped sink has no memory for
FEW = 20000  # and those that it has
PAIRS = (("file", "none"), ("stopped", "none"), ("controller", "none"), ("both", "none"),
         ("rules", "none"), ("both", "file"))


def write_rules(path):
    """Each rule with addresses of its own, and none of them ours: all are asked, none decides."""
    each = ADDRESSES // RULES
    with open(path, "w", encoding="utf-8") as f:
        f.write("default: {calls: allow, register: allow}\ncalls:\n")
        for rule in range(RULES):
            numbers = range(rule * each, (rule + 1) * each)
            text = ", ".join(f"10.{n >> 14 & 255}.{n >> 6 & 255}.{n << 2 & 255}" for n in numbers)
            f.write(f"- {{name: rule-{rule}, source: [{text}], action: deny}}\n")


class Told:
    """A told_server, its subject, and how its count comes out."""

    def __init__(self, bench, key, name, arguments):
        self.key = key
        self.daemon = bench.start("bench/book/told_server",
                                  [*arguments, f"ncacn_ip_tcp:{ADDRESS}[]"])
        port = int(re.search(r"\[(\d+)\]", self.daemon.text()).group(1))
        self.subject = Subject(name, ADDRESS, port, [], self.daemon.pid)

    def stop(self):
        """{told, written, lost, waiting}; None without a book."""
        if self.daemon.stop(20) != 0:
            raise Failed(f"{self.key}: {self.daemon.text()}")
        lines = self.daemon.text().splitlines()
        return json.loads(lines[-1]) if lines[-1].startswith("{") else None


def servers(bench):
    lab = bench.lab
    rules, controller = lab.path("rules.yaml"), lab.source("packaging/policy/domain-controller.yaml")
    write_rules(rules)
    given = (
        ("none", "neither", []),
        ("file", "book to a JSON file", ["--book", lab.path("file.json")]),
        ("stopped", "book, stopped sink", ["--stopped"]),
        ("controller", "controller's policy", ["--policy", controller]),
        ("both", "that policy and a file", ["--policy", controller, "--book", lab.path("both.json")]),
        ("rules", "10,000 rules", ["--policy", rules]),
    )
    return [Told(bench, *one) for one in given]


def counts(bench, calls, arguments):
    """So many calls, and what became of their records."""
    server = Told(bench, "counted", "counted", ["--calls", *arguments])
    bench.load(server.subject, "--calls", str(calls), "--connections", "4")
    return dict(server.stop(), calls=calls + 1)  # one is made before, to look at the answer


def stop_sinks(bench, found):
    """From here on the stopped one stands still: its memory is full."""
    bench.load(found["stopped"], "--calls", str(MANY), "--connections", "4")


def measure(bench, rounds, seconds):
    told = servers(bench)
    found = {server.key: server.subject for server in told}
    stop_sinks(bench, found)
    results = rates.play(bench, found, rounds, seconds)
    path = bench.lab.path("counted.json")
    exact = {"stopped": counts(bench, MANY, ["--stopped"]),
             "file": counts(bench, FEW, ["--book", path])}
    with open(path, encoding="utf-8") as f:
        exact["file"]["lines"] = sum(1 for _ in f)
    return {"rounds": rounds, "seconds": seconds,
            "names": {key: subject.name for key, subject in found.items()}, "results": results,
            "summary": rates.summary(results, PAIRS), "exact": exact,
            "records": {server.key: server.stop() for server in told}}


def wrongs(part):
    """What must not be, as sentences: records that nobody accounts for."""
    for key, row in [*part["records"].items(), *part["exact"].items()]:
        if row and row["told"] != row["written"] + row["lost"] + row["waiting"]:
            yield f"{key}: {row}"
    for key, row in part["exact"].items():
        if row["told"] != row["calls"]:
            yield f"{key}: {row['calls']} calls, {row['told']} told"
    row = part["exact"]["file"]
    if row["lost"] or row["lines"] != row["calls"]:
        yield f"file: {row}"
    if part["exact"]["stopped"]["lost"] == 0:
        yield "the stopped sink was not stopped"


def show(part):
    print(f"\njudged and told: {part['rounds']} rounds of {part['seconds']} s each")
    for shape, row in part["summary"].items():
        rates.table(shape, row, part["names"])
    for key, row in part["records"].items():
        if row:
            print(f"  {part['names'][key]}: {row['told']:,} records told, {row['written']:,} written, "
                  f"{row['lost']:,} lost, {row['waiting']:,} waiting")
    for key, row in part["exact"].items():
        print(f"  {key}: of {row['calls']:,} calls {row['told']:,} told, {row['written']:,} written, "
              f"{row['lost']:,} lost, {row['waiting']:,} waiting")
