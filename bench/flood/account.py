# SPDX-License-Identifier: Apache-2.0
"""What the floods came to: a table for people, and what must not have happened."""
import statistics

MOST = 3.0  # times the quiet p99


def ratio(report, row, part):
    return row[part]["p99_us"] / report["quiet"][part]["p99_us"]


def ratios(report, part):
    """{flood: median of its rounds}"""
    names = dict.fromkeys(row["name"] for row in report["rows"] if row["name"] != "quiet")
    return {name: statistics.median(ratio(report, row, part) for row in report["rows"]
                                    if row["name"] == name) for name in names}


def lines(report):
    yield (f"  {'':9}{'attempts/s':>11}{'calls p50':>11}{'p99 us':>9}{'ratio':>7}"
           f"{'visits p50':>12}{'p99 us':>9}{'ratio':>7}{'CPU':>6}{'most MiB':>10}")
    for row in report["rows"]:
        rate = sum(flood["rate"] for flood in row.get("floods", []))
        text = f"  {row['name']:9}" + (f"{rate:>11,.0f}" if rate else f"{'':11}")
        for part, width in (("calls", 11), ("visits", 12)):
            text += (f"{row[part]['p50_us']:>{width},.0f}{row[part]['p99_us']:>9,.0f}"
                     f"{ratio(report, row, part):>7.1f}")
        yield text + f"{row['server_cpu']:>5.0%}{row['peak'] / 2**20:>10.1f}"


def said(flood):
    """What one flood saw."""
    text = (f"    {flood['mode']:8} {flood['attempts']:,} attempts from {flood['sources']:,} "
            f"addresses: {flood['connected']:,} connected")
    for name, words in (("failed", "failed"), ("bound", "bound"), ("most_open", "open at once"),
                        ("closed_silent", "closed on us without a word"),
                        ("closed_later", "closed on us later"),
                        ("closed_refused", "closed on us after a fault"), ("calls", "calls"),
                        ("answers", "answers")):
        if flood[name]:
            text += f", {flood[name]:,} {words}"
    for name in ("naks", "faults", "errors"):
        for code, n in flood[name].items():
            text += f", {name[:-1]} {int(code):#x} {n:,} times"
    return text


def refusals(row):
    """{limit: how often it was met}, as the server counts."""
    return {name: limit["refused"] for name, limit in row.get("limits", {}).items()
            if limit["refused"]}


def unseen(row):
    """Refusals that nobody may have seen: of connections that were closed here at once; and one that
    has no memory may meet that limit again while it is being told so."""
    return (sum(flood["closed_here"] for flood in row["floods"] if flood["mode"] == "close")
            + refusals(row).get("total-memory", 0) // 2)


def seen(row):
    """What of that the floods saw: connections that ended, calls that got a fault instead."""
    return sum(flood["closed_silent"] + flood["closed_later"] + sum(flood["faults"].values())
               for flood in row["floods"])


def show(report, memory):
    print(f"System load {report['load_before']:.1f} before, {report['load_after']:.1f} after. Server "
          f"{report['start'] / 2**20:.1f} MiB before, {(report['end'] or 0) / 2**20:.1f} after; "
          f"its limit {memory / 2**20:.0f}.")
    for line in lines(report):
        print(line)
    for row in report["rows"]:
        if "floods" not in row:
            continue
        print(f"  {row['name']}:")
        for flood in row["floods"]:
            print(said(flood))
        for name, n in refusals(row).items():
            print(f"    refused by {name}: {n:,}")
        print(f"    refused: {sum(refusals(row).values()):,} counted, {seen(row):,} seen")
        if "total-memory" in row.get("limits", {}):
            print(f"    memory counted: {row['limits']['total-memory']['now'] / 2**20:.1f} MiB, "
                  f"at most {row['limits']['total-memory']['most'] / 2**20:.1f}")
        for part in ("calls", "visits"):
            print(f"    {part}: {row[part]['calls']:,}, {row[part]['failed']:,} failed, "
                  f"{row[part]['lost']:,} connections lost, longest {row[part]['max_us']:,.0f} us")
    for part in ("calls", "visits"):
        over = {name: value for name, value in ratios(report, part).items() if value > MOST}
        print(f"{'FAIL' if over else 'PASS'}: p99 of {part} under each flood at most {MOST:.0f} times "
              f"the quiet one" + "".join(f"; {name}: {v:.1f}" for name, v in over.items()))
    most = max(row["peak"] for row in report["rows"])
    print(f"{'PASS' if most <= memory else 'FAIL'}: resident memory, the program's own included, at most "
          f"{most / 2**20:.1f} MiB of {memory / 2**20:.0f}")


def wrongs(report):
    """Everything that must not have happened, as sentences."""
    found = []
    if report["status"] != 0:
        found.append(f"the server ended with {report['status']}")
    for row in report["rows"]:
        found += [f"{row['name']}: {word}" for word in wrongs_of(row)]
    return found


def wrongs_of(row):
    if row["calls"]["failed"]:
        yield f"{row['calls']['failed']} calls of the ordinary client were not answered"
    if row["visits"]["failed"] > refusals(row).get("total-memory", 0):  # strangers stay outside then
        yield f"{row['visits']['failed']} visits of the ordinary client were not answered"
    if row.get("limits") and not 0 <= sum(refusals(row).values()) - seen(row) <= unseen(row):
        yield f"refused: {sum(refusals(row).values())} counted, {seen(row)} seen"
    limit = row.get("limits", {}).get("total-memory")
    if limit and limit["most"] > limit["limit"]:
        yield f"memory: {limit['most']:,} with a limit of {limit['limit']:,}"
    for flood in row.get("floods", []):
        ends = sum(flood[name] for name in ("failed", "closed_silent", "closed_later", "closed_refused",
                                            "closed_here", "open"))
        if ends != flood["attempts"]:
            yield f"{flood['mode']}: {flood['attempts']} attempts, {ends} accounted for"
