# SPDX-License-Identifier: Apache-2.0
"""The profile for domain controllers in front of what attacks call and what everybody calls.

Attackers and ordinary clients come from THERE, an administrator's host is HERE; one address is that
of a second controller. What the book names is looked up by technique, and what was stopped is seen
from both sides: by what the client was told, and by what the service says has reached it.
"""
import re

import attackers as t
import callers as c
from case import collector, expect, expect_equal
from cases.impacket_tools import EXAMPLES
from cases.samba_clients import short
from doorman import DOOR, HERE, THERE, YONDER, Doorman
from lab import need
from peers import samba
from process import run

CASES, case = collector()
CONTROLLER, STRANGER = "127.0.26.9", "127.0.77.7"
SETS = {
    "trusted": "[local, 127.0.0.0/24, 127.0.26.0/24]",
    "admins": f"[local, {HERE}]",
    "controllers": f"[local, {CONTROLLER}]",
}


def profile(lab):
    """The profile as it is shipped, its sets filled in."""
    with open(lab.source("packaging", "policy", "domain-controller.yaml"), encoding="utf-8") as f:
        text = f.read()
    for name, value in SETS.items():
        text, count = re.subn(rf"(?s)^(    {name}: )\[.*?\]$", rf"\g<1>{value}", text,
                              flags=re.MULTILINE)
        expect(count == 1, f"the profile has the set {name} {count} times")
    return text


def controller(lab, name):
    return Doorman(lab, name, profile(lab), ["--controller"])


def named(door, rule, technique, interface, opnum, outcome):
    """How many calls were told with this rule and technique; all ended like this."""
    calls = [r for r in door.told("call", of=interface)
             if r["opnum"] == opnum and r.get("tags") == [technique]]
    expect(calls, f"no call of {interface} {opnum} is told with {technique}: "
                  f"{door.told('call', of=interface)[:3]}")
    expect_equal({r["outcome"] for r in calls}, {outcome}, f"{rule}: outcomes in the book")
    if outcome == "denied":
        expect_equal({(r["rule"], r["verdict"], r["status"]) for r in calls},
                     {(rule, "deny", c.fault_text(c.DENIED))}, f"{rule}: in the book")
    expect(rule in {r["reason"] for r in door.told("alert")}, f"{rule}: no alert")
    return len(calls)


def nobody_named(door, least):
    """No tags, no alerts, nothing refused in so many calls at least."""
    count = len(door.told("call"))
    expect(count >= least, f"{count} calls in the book")
    for record in door.told():
        expect("tags" not in record and record["event"] != "alert" and
               record.get("outcome") != "denied", f"ordinary traffic is told: {record}")


@case("attack.dcsync")
def dcsync(lab):
    """DCSync by impacket: from a workstation refused and named T1003.006, from a controller answered"""
    with controller(lab, "attack-dcsync") as door:
        expect_equal(t.dcsync(YONDER), [c.DENIED], "from a workstation")
        expect_equal(t.dcsync(DOOR), [c.DENIED], "from an administrator's host")
        expect_equal(door.reached(), [], "what reached the service")
        expect_equal(t.dcsync(DOOR, CONTROLLER), [c.ANSWERED], "from a controller")
        expect_equal(door.reached(), ["DRSGetNCChanges"], "what reached the service")
        count = named(door, "dcsync", "T1003.006", "drsuapi", 3, "denied")
        expect_equal(count, 2, "DCSync in the book")
        from_controller = [r for r in door.told("call") if r.get("source") == CONTROLLER]
        expect(len(from_controller) == 2 and not any("tags" in r for r in from_controller),
               f"replication between controllers is told: {from_controller}")


@case("attack.coercion")
def coercion(lab):
    """Coercion by impacket (EfsRpcOpenFileRaw on both interfaces, printer bug): refused, T1187"""
    with controller(lab, "attack-coercion") as door:
        for where in (YONDER, DOOR):
            for interface in (t.EFS, t.EFS_LSA):
                expect_equal(t.coerce_by_file(where, interface), [c.DENIED], str(interface))
            expect_equal(t.coerce_by_printer(where), [c.DENIED], "printer bug")
        expect_equal(door.reached(), [], "what reached the services")
        for rule, interface, opnum in (("petitpotam", t.EFS[0], 0), ("petitpotam", t.EFS_LSA[0], 0),
                                       ("printer-bug", t.SPOOLSS[0], 65)):
            expect_equal(named(door, rule, "T1187", interface, opnum, "denied"), 2, rule)
        opened = [r for r in door.told("call", of=t.SPOOLSS[0]) if r["opnum"] == 1]
        expect(len(opened) == 2 and not any("tags" in r for r in opened),
               f"opening a printer is ordinary: {opened}")
    with Doorman(lab, "attack-coercion-open", None, ["--controller"]) as door:
        expect_equal(t.coerce_by_file(YONDER, t.EFS), ["answered, 0x35"], "without a policy")
        expect_equal(t.coerce_by_printer(YONDER), ["answered, 0x6ba"], "without a policy")


@case("attack.zerologon")
def zerologon(lab):
    """ZeroLogon's calls: 19 within two minutes are let in, the others refused and named T1210"""
    attempts, allowed = 15, 19
    with controller(lab, "attack-zerologon") as door:
        outcomes = t.zerologon(YONDER, attempts)
        expect_equal(outcomes[:allowed + 1],
                     [c.ANSWERED, "answered, 0xc0000022"] * (allowed // 2) + [c.ANSWERED, c.DENIED],
                     "the first")
        expect_equal(set(outcomes[allowed:]), {c.DENIED}, "the others")
        expect_equal(len(door.reached()), allowed, "what reached the service")
        expect_equal(t.zerologon(YONDER, 2, "127.0.26.33"),
                     [c.ANSWERED, "answered, 0xc0000022"] * 2, "another member, meanwhile")
        refused = [r for r in door.told("call", of="netlogon") if r["outcome"] == "denied"]
        expect_equal(len(refused), 2 * attempts - allowed, "refused in the book")
        for opnum in (4, 26):
            named(door, "zerologon", "T1210", "netlogon", opnum, "denied")
        others = [r for r in door.told("call", of="netlogon") if r["outcome"] != "denied"]
        expect(not any("tags" in r for r in others), f"let in, and told: {others[:2]}")


def rpcdump(lab, where):
    need(f"{EXAMPLES}/rpcdump.py")
    return run(["/usr/bin/python3", f"{EXAMPLES}/rpcdump.py", where, "-port", "135"], 30,
               env=lab.env).out


@case("attack.rpcdump")
def dump(lab):
    """rpcdump.py lists the map: named T1046, from an administrator's host not"""
    with controller(lab, "attack-rpcdump") as door:
        for where in (YONDER, DOOR):
            expect("Received" in rpcdump(lab, where), "rpcdump.py lists nothing")
        looked = [(r["source"], r.get("tags")) for r in door.told("call", of="epmapper")
                  if r["operation"] == "ept_lookup" and "source" in r]
        expect_equal(dict(looked), {THERE: ["T1046"], HERE: None}, "who looked, and its name")


def rpcmap(lab, where, *options):
    need(f"{EXAMPLES}/rpcmap.py")
    return run(["/usr/bin/python3", f"{EXAMPLES}/rpcmap.py", "-auth-level", "1", *options,
                f"ncacn_ip_tcp:{where}[135]"], 60, env=lab.env, status=None).out


@case("attack.rpcmap-uuids")
def brute_uuids(lab):
    """rpcmap.py tries 354 interfaces: named T1046"""
    with controller(lab, "attack-rpcmap-uuids") as door:
        expect("UUID(s)" in rpcmap(lab, YONDER, "-brute-uuids"), "rpcmap.py did not get through")
        alerts = [r for r in door.told("alert") if r["reason"] == "scan"]
        expect(alerts and all(r["tags"] == ["T1046"] and r["source"] == THERE for r in alerts),
               f"alerts: {door.told('alert')[:3]}")
        scans = [r for kind in ("bind", "request") for r in door.told(kind)
                 if r.get("rule") == "scan"]
        expect(len(scans) > 300 and all(r["tags"] == ["T1046"] for r in scans),
               f"{len(scans)} binds and calls are named")
        expect_equal(sum(r["count"] for r in alerts), len(scans), "counts of all alerts together")
        expect(len(alerts) < 10, f"{len(alerts)} alerts: one in ten seconds, and the rest")
    return f"{len(scans)} hits in {len(alerts)} alerts"


@case("attack.rpcmap-opnums")
def brute_opnums(lab):
    """rpcmap.py tries 65 operations of each interface: named T1046, attacks' calls by their own"""
    with controller(lab, "attack-rpcmap-opnums") as door:
        out = rpcmap(lab, YONDER, "-brute-opnums")
        expect("rpc_s_access_denied" in out, f"rpcmap.py was refused nothing: {out[-500:]}")
        expect_equal(set(door.reached()) - {"NetrServerReqChallenge", "NetrServerAuthenticate2",
                                            "NetrServerAuthenticate3"}, set(), "what was reached")
        tags = {tag for r in door.told("request") for tag in r.get("tags", [])}
        expect({"T1046", "T1003.006", "T1187", "T1489"} <= tags, f"techniques: {sorted(tags)}")
        expect("scan" in {r["reason"] for r in door.told("alert")}, "no alert of a scan")


@case("attack.stranger")
def stranger(lab):
    """Who is from no trusted network may not bind"""
    with controller(lab, "attack-stranger") as door:
        for source, outcome in ((STRANGER, c.NO_BIND), (THERE, c.ANSWERED)):
            for operation in (c.ADD_ONE, c.SERVER_INFO):
                expect_equal(c.impacket(lab, DOOR, operation, c.How(source=source)), outcome,
                             f"from {source}")
        refused = [r for r in door.told("bind") if r.get("source") == STRANGER]
        expect(len(refused) == 2 and all(r["rule"] == "strangers" for r in refused),
               f"binds: {refused}")


# ---- ordinary traffic ----

RPCCLIENT = {  # command: what it prints
    "enumdomusers": "user:[carol] rid:[0x44f]",
    "enumdomains": "name:[PORTEROTEST]",
    "lookupdomain PORTEROTEST": "Domain SID: S-1-5-21-1001-1002-1003",
    "lookupnames carol": "carol S-1-5-21-1001-1002-1003-1103",
    "lsaquery": "Domain Name: PORTEROTEST",
    "srvinfo": "platform_id",
    "netshareenumall 1": "netname: netlogon",
    "epmmap samr ncacn_ip_tcp": "tower",
    "echoaddone 41": "41 + 1 = 42",
}


@case("attack.not-rpcclient")
def ordinary_rpcclient(lab):
    """What rpcclient asks a controller is answered, and nothing of it named"""
    with controller(lab, "ordinary-rpcclient") as door:
        for how in (c.PLAIN, c.How("ntlm", "integrity"), c.How("ntlm")):
            for command, printed in RPCCLIENT.items():
                if how.way and command.startswith("epmmap"):
                    continue
                out = c.rpcclient_run(lab, YONDER, [command], how).out
                expect(printed in out, f"{command}: {out}")
        nobody_named(door, 100)
        return f"{len(door.told('call'))} calls"


def smbtorture(lab, where, suite):
    need("smbtorture")
    result = run(["smbtorture", "-s", samba.client_conf(lab), "-U%",
                  "--option=torture:progress=no", f"--option=torture:basedir={lab.state}",
                  f"ncacn_ip_tcp:{where}", suite], 60, env=lab.env, cwd=lab.state, status=None)
    verdicts = dict(reversed(pair) for pair in re.findall(
        r"^(success|failure|error|skip): (\w[\w.]*)", result.out, re.MULTILINE))
    expect(verdicts, f"smbtorture ran no test:\n{result.tail()}")
    return short(verdicts)


@case("attack.not-smbtorture")
def ordinary_smbtorture(lab):
    """smbtorture's rpc.echo is answered and not named; nor is rpc.epmapper of an administrator"""
    with controller(lab, "ordinary-smbtorture") as door:
        verdicts = smbtorture(lab, YONDER, "rpc.echo")
        expect_equal(set(verdicts.values()), {"success"}, f"{verdicts}")
        nobody_named(door, 30)
    return f"{len(verdicts)} tests"


@case("attack.not-smbtorture-mapper")
def ordinary_mapper(lab):
    """smbtorture's rpc.epmapper of an administrator: asking is not named, inserting is T1557"""
    with controller(lab, "ordinary-mapper") as door:
        verdicts = smbtorture(lab, DOOR, "rpc.epmapper")
        expect_equal({n for n, v in verdicts.items() if v == "success"},
                     {"Map_simple", "Lookup_simple", "Lookup_terminate_search"}, f"{verdicts}")
        told = {(r["operation"], *r.get("tags", [])) for r in door.told("call", of="epmapper")
                if r.get("source") == HERE}
        expect_equal({row for row in told if len(row) > 1}, {("ept_insert", "T1557")},
                     "what is named")
