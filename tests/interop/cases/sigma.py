# SPDX-License-Identifier: Apache-2.0
"""The public Sigma rules for RPC Firewall on what the book tells of our own client's calls."""
import csv
import json

import callers as c
from calls import call
from case import collector, expect, expect_equal
from doorman import DOOR, NAMES, Doorman

CASES, case = collector()
RULES = 17
ORDINARY = (("rpcecho", ("AddOne", {"in_data": 1})), ("epmapper", ("ept_inq_object", {})),
            ("samr", ("SamrConnect2", {"desired_access": 1})),
            ("lsarpc", ("LsarOpenPolicy2", {"desired_access": 1})))


def rules(lab):
    with open(lab.source("tests", "data", "sigma_rpc_firewall.tsv"), encoding="utf-8") as f:
        found = list(csv.DictReader(f, delimiter="\t"))
    for rule in found:
        rule["uuids"] = rule["interface_uuids"].split(";")
        rule["numbers"] = [int(n) for n in (rule["opnums"] or "").split(",") if n]
    expect_equal(len(found), RULES, "rules in the table")
    return found


def selects(rule, record):
    """As Sigma compares: text, in any case."""
    if record.get("EventLog") != "RPCFW" or record.get("EventID") != 3:
        return False
    if str(record["InterfaceUuid"]).lower() not in rule["uuids"]:
        return False
    listed = str(record["OpNum"]) in map(str, rule["numbers"])
    return {"in": listed, "not in": not listed, "any": True}[rule["opnum_op"]]


def tried(rule):
    """(operations that the rule is about, others)"""
    numbers = rule["numbers"]
    other = [max(numbers) + 1] if numbers else []
    return {"in": (numbers, other), "not in": (other, numbers), "any": ([0, 42], [])}[rule["opnum_op"]]


@case("sigma")
def table(lab):
    """Each of the 17 rules selects the calls that it is about, made by portero call, and no others"""
    all_rules = rules(lab)
    blanks = sorted({uuid for rule in all_rules for uuid in rule["uuids"]})
    wanted = {}  # (rule, uuid, opnum): whether the rule selects it
    for rule in all_rules:
        for uuid in rule["uuids"]:
            for numbers, selected in zip(tried(rule), (True, False)):
                wanted.update({(rule["rule"], uuid, n): selected for n in numbers})
    made = sorted({(uuid, n) for _, uuid, n in wanted})
    options = [word for uuid in blanks for word in ("--blank", f"{uuid}:1.0")]
    with Doorman(lab, "sigma", None, options, forms=("rpcfw",)) as door:
        for uuid, number in made:
            expect_equal(c.ours(lab, DOOR, c.Operation(uuid, "1.0", number, b"\0", None)),
                         c.ANSWERED, f"{uuid} {number}")
        records = [json.loads(line) for line in door.text("rpcfw").split("\n")[:-1]]
    found = {(str(r["InterfaceUuid"]).lower(), int(r["OpNum"])): r for r in records}
    expect_equal(set(made) - set(found), frozenset(), "calls that the book does not tell")
    for rule in all_rules:
        for (name, uuid, number), selected in wanted.items():
            if name == rule["rule"]:
                expect_equal(selects(rule, found[uuid, number]), selected,
                             f"{name} on {found[uuid, number]}")
    return f"{RULES} rules, {len(made)} calls"


@case("sigma.not")
def ordinary(lab):
    """None of them selects ordinary calls"""
    with Doorman(lab, "sigma-not", None, ["--controller"], forms=("rpcfw",)) as door:
        for interface, step in ORDINARY:
            call(lab, f"ncacn_ip_tcp:{NAMES[DOOR]}[135]", interface, step)
        out = c.rpcclient_run(lab, DOOR, ["enumdomusers", "lookupnames carol"]).out
        expect("carol" in out, out)
        records = [json.loads(line) for line in door.text("rpcfw").split("\n")[:-1]]
    expect(len(records) > 10, f"only {len(records)} records")
    for rule in rules(lab):
        selected = [r for r in records if selects(rule, r)]
        expect(not selected, f"{rule['rule']} selects {selected[:2]}")
    return f"{len(records)} calls"
