# SPDX-License-Identifier: Apache-2.0
"""Calls per second: all subjects in each round, in another order each time."""
import statistics

SHAPES = (
    ("64 connections, one call in flight on each", ["--connections", "64"]),
    ("one connection, 16 calls in flight", ["--depth", "16"]),
    ("one connection, one call at a time", []),
)


def sample(bench, subject, arguments, seconds):
    before = subject.cpu_ns()
    figures = bench.load(subject, *arguments, "--seconds", str(seconds))
    after = subject.cpu_ns()
    if before is not None:
        figures["cpu_us"] = (after - before) / figures["all_calls"] / 1e3
    return figures


def play(bench, subjects, rounds, seconds):
    """{shape: {subject: [figures of each round]}}; subjects: {key: Subject}"""
    results = {shape: {key: [] for key in subjects} for shape, _ in SHAPES}
    keys = list(subjects)
    for number in range(rounds):
        at = number % len(keys)
        for shape, arguments in SHAPES:
            for key in keys[at:] + keys[:at]:
                results[shape][key].append(sample(bench, subjects[key], arguments, seconds))
    return results


def middle(rows, field):
    values = [row[field] for row in rows if field in row]
    return statistics.median(values) if values else None


def ratios(above, below):
    """Rates of one over the other, round by round."""
    return [a["rate"] / b["rate"] for a, b in zip(above, below)]


def cost_ratios(above, below):
    """The same by CPU time of the server: what the rates would be if nobody else used its CPU."""
    return [b["cpu_us"] / a["cpu_us"] for a, b in zip(above, below)
            if "cpu_us" in a and "cpu_us" in b]


def spread(values):
    if not values:
        return None
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def compare(rows, pairs):
    """pairs: (key, key of what it is compared with)"""
    return [{"subject": a, "of": b, "rate": spread(ratios(rows[a], rows[b])),
             "cpu": spread(cost_ratios(rows[a], rows[b]))}
            for a, b in pairs if a in rows and b in rows]


def summary(results, pairs):
    return {shape: {
        "subjects": {key: {field: middle(found, field) for field in
                           ("rate", "p50_us", "p99_us", "max_us", "cpu_us")}
                     for key, found in rows.items()},
        "ratios": compare(rows, pairs),
    } for shape, rows in results.items()}


def number(value, places=1):
    return "-" if value is None else f"{value:,.{places}f}"


def table(shape, part, names):
    print(f"\n{shape}")
    print(f"  {'':28}{'calls/s':>10}{'p50 us':>9}{'p99 us':>10}{'CPU us/call':>13}")
    for key, row in part["subjects"].items():
        print(f"  {names[key]:28}{number(row['rate'], 0):>10}{number(row['p50_us']):>9}"
              f"{number(row['p99_us']):>10}{number(row['cpu_us'], 2):>13}")
    for row in part["ratios"]:
        text = f"  {names[row['subject']]} / {names[row['of']]}: "
        text += "{median:.2f} ({low:.2f} to {high:.2f})".format(**row["rate"])
        if row["cpu"]:
            text += ", by CPU time {median:.2f}".format(**row["cpu"])
        print(text)
