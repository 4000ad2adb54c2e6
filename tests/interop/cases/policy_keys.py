# SPDX-License-Identifier: Apache-2.0
"""Each key of a policy's rules, as rpcclient, impacket and our own client meet it.

For most keys there are two rules on one server: AddOne is allowed to who fulfils the condition,
EchoData to who fulfils its opposite, and nothing else is. So one client is answered and refused at
once, and another one the other way round.
"""
import json
import time

import callers as c
import domain as d
from callers import (ANSWERED, CALL_FAILED, CLOSED, DENIED, MISMATCH, NO_BIND, OPERATION_RANGE,
                     TOO_BUSY, UNKNOWN_INTERFACE, How)
from case import collector, expect, expect_equal
from cases.as_server import CALLS, WINNT, secure_windows_client
from cases.netlogon_channel import ALICE, MACHINE_PASSWORD, RIGHT, samba_member
from doorman import (CAROL_SID, DOOR, GROUP_SID, NOON, OTHER, OTHER_SID, THERE, YONDER, Doorman,
                     checked)
from process import Daemon, listening

CASES, case = collector()
ALL = ("rpcclient", "impacket", "portero call")
BOTH = ("rpcclient", "portero call")
WITH_OBJECTS = NAMELESS = ALL[1:]  # rpcclient has no objects, and gives up what a seal needs
LAB = "d3a1b2c4-5e6f-4a70-8b91-a2b3c4d5e6f7"  # tests/idl/lab.idl
THING, OTHER_THING = "11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-555555555556"
CLOSED_DOOR = """default: {calls: deny, register: allow}
calls:
- {name: mapper, interface: [epmapper, mgmt], action: allow}
"""
OPEN_DOOR = """default: {calls: allow, register: allow}
calls:
"""




def rule(name, action, *conditions):
    return "".join([f"- name: {name}\n", f"  action: {action}\n",
                    *(f"  {condition}\n" for condition in conditions)])


class World:
    """Who asks, from where: the address that is called, how, and with which clients."""

    def __init__(self, where=DOOR, how=c.PLAIN, clients=ALL):
        self.where, self.how, self.clients = where, how, clients


def ask(lab, world, operation):
    """{client: outcome}"""
    return {name: c.CLIENTS[name](lab, world.where, operation, world.how)
            for name in world.clients}


def all_say(lab, world, operation, outcome, what):
    expect_equal(ask(lab, world, operation), dict.fromkeys(world.clients, outcome), what)
    return len(world.clients)


def ntlm(level="privacy", user=d.USER, clients=ALL):
    return World(how=How("ntlm", level, user), clients=clients)


def thing(value):
    return World(how=How(thing=value), clients=WITH_OBJECTS)


# ---- conditions on the caller: both are answered something, and refused the other ----

class Row:
    def __init__(self, condition, opposite, fulfilled, others, sets=""):
        self.condition, self.opposite, self.sets = condition, opposite, sets
        self.fulfilled, self.others = fulfilled, others


def negated(condition, fulfilled, others, sets=""):
    return Row(condition, "not-" + condition, fulfilled, others, sets)


FAR, NEAR = [World(YONDER)], [World(DOOR)]
NETWORKS = """sets:
  addresses:
    far: [127.0.26.0/24, "::1"]
    guests: [192.0.2.0/24, $far]
"""
PEOPLE = f"""sets:
  accounts: {{staff: [alice, {d.USER}]}}
  sids: {{trusted: [{GROUP_SID}]}}
"""
KNOWN, ANOTHER, NOBODY = (ntlm(), ntlm(user=OTHER), World(how=How("nobody"), clients=NAMELESS))

ROWS = {
    "source": [
        negated(f"source: {THERE}", FAR, NEAR),
        negated("source: 127.0.26.0/24", FAR, NEAR),
        negated("source: $guests", FAR, NEAR, NETWORKS),
    ],
    "destination": [negated(f"destination: {YONDER}", FAR, NEAR)],
    "object": [negated(f"object: {THING}", [thing(THING)], [thing(OTHER_THING), thing(None)])],
    "level": [Row("level: integrity", "below-level: integrity",
                  [ntlm("integrity"), ntlm("privacy")], [World(), ntlm("connect"), NOBODY])],
    "mechanism": [
        negated("mechanism: ntlm", [KNOWN, World(how=How("spnego"), clients=BOTH)],
                [World(), NOBODY]),
        negated("mechanism: none", [World(), NOBODY], [KNOWN]),
    ],
    "user": [
        negated(f"user: {d.USER.upper()}", [KNOWN], [World(), ANOTHER]),
        negated(f"user: {d.WORKGROUP}\\{d.USER}", [KNOWN], [ANOTHER]),
        negated("user: $staff", [KNOWN], [ANOTHER], PEOPLE),
    ],
    "sid": [
        negated(f"sid: {CAROL_SID}", [KNOWN], [World(), ANOTHER]),
        negated("sid: $trusted", [KNOWN], [ANOTHER], PEOPLE),
        negated(f"sid: [{GROUP_SID}, {OTHER_SID}]", [KNOWN, ANOTHER], [World(), NOBODY]),
    ],
}


def books_agree(door, count):
    """The book has as many calls of each sort, and names what decided: a rule, or the default."""
    calls = door.told("call", of="rpcecho")
    answered = [r for r in calls if r["outcome"] == "answered"]
    refused = [r for r in calls if r["outcome"] == "denied"]
    expect_equal((len(answered), len(refused), len(calls)), (count, count, 2 * count),
                 "answered, denied, and all calls in the book")
    expect(all(r["verdict"] == "deny" and r["status"] == c.fault_text(DENIED) and "rule" not in r
               for r in refused), f"refused by the default, with its fault: {refused[:2]}")
    expect_equal({r["rule"] for r in answered}, {"fulfilled", "opposite"}, "rules that let calls in")


def both_ways(lab, name, row, keytab=None):
    """Who fulfils the condition gets AddOne alone, who does not EchoData alone."""
    policy = (row.sets + CLOSED_DOOR
              + rule("fulfilled", "allow", "interface: rpcecho", "operations: 0", row.condition)
              + rule("opposite", "allow", "interface: rpcecho", "operations: 1", row.opposite))
    count = 0
    with Doorman(lab, name, policy, keytab=keytab) as door:
        for worlds, good, bad in ((row.fulfilled, c.ADD_ONE, c.ECHO_DATA),
                                  (row.others, c.ECHO_DATA, c.ADD_ONE)):
            for world in worlds:
                what = f"{row.condition}, {vars(world.how)}"
                count += all_say(lab, world, good, ANSWERED, what)
                all_say(lab, world, bad, DENIED, what)
        books_agree(door, count)
    return 2 * count


def rows_of(key):
    def run(lab):
        count = sum(both_ways(lab, f"policy-{key}-{number}", row)
                    for number, row in enumerate(ROWS[key]))
        return f"{len(ROWS[key])} policies, {count} calls"
    run.__doc__ = f"Key {key} of a rule: who fulfils it is answered, who does not gets fault 5"
    return run


for each in ROWS:
    case(f"policy.{each}")(rows_of(each))


@case("policy.mechanism-krb5", limit=150)
def kerberos(lab):
    """Keys mechanism, user and sid with Kerberos: the realm's names and SIDs count"""
    keytab = d.domain(lab).keytab
    ticket, inside = (World(how=How(way), clients=clients) for way, clients in
                      (("krb5", BOTH), ("spnego-krb5", ("portero call",))))
    rows = [negated("mechanism: kerberos", [ticket, inside], [KNOWN, World()]),
            negated(f"user: {d.USER}@{d.REALM}", [ticket], [ANOTHER, World()])]
    group = d.domain(lab).dc.domain_sid() + "-513"  # Domain Users, from the ticket's PAC
    rows.append(negated(f"sid: {group}", [ticket], [KNOWN, World()]))
    count = sum(both_ways(lab, f"policy-krb5-{number}", row, keytab)
                for number, row in enumerate(rows))
    return f"{count} calls"


@case("policy.mechanism-netlogon", limit=90)
def secure_channel(lab):
    """Key mechanism with Samba's member: its secure channel is let in where that is asked for"""
    logon = ("interface: netlogon", "operations: NetrLogonSamLogonEx")
    for name, condition, wanted in (("in", "not-mechanism: netlogon", ALICE["account"]),
                                    ("out", "mechanism: netlogon", None)):
        policy = checked(lab, f"netlogon-{name}", OPEN_DOOR + rule("no", "deny", *logon, condition))
        host = lab.address(135)
        book = lab.path(f"netlogon-{name}.json")
        server = Daemon("controller", [lab.program("tests/interop/netlogon_controller"), "--policy",
                                       policy, "--book", f"json:{book}", host],
                        lab.path(f"netlogon-{name}.log"), env=lab.env)
        lab.on_stop(server.stop)
        server.wait_for(lambda: listening(host, 135), 10)
        told = samba_member(lab, host, "seal", "FILES", MACHINE_PASSWORD, "alice", RIGHT)
        expect_equal(told.get("account"), wanted, f"{condition}: {told}")
        expect_equal(told.get("error"), None if wanted else "0xc0000022", condition)
        expect_equal(server.stop(), 0, "the controller's end")
        with open(book, encoding="utf-8") as f:
            calls = [r for r in map(json.loads, f) if r["event"] == "call" and r["opnum"] == 39]
        expect_equal([(r["auth"], r["outcome"]) for r in calls],
                     [("netlogon", "answered" if wanted else "denied")], "in the book")


@case("policy.protseq")
def protseq(lab):
    """Key protseq: callers over TCP and over the local socket"""
    policy = (CLOSED_DOOR
              + rule("net", "allow", "interface: rpcecho", "operations: 0", "protseq: ncacn_ip_tcp")
              + rule("local", "allow", "interface: rpcecho", "operations: 1",
                     "not-protseq: [ncacn_ip_tcp]"))
    with Doorman(lab, "policy-protseq", policy) as door:
        local = f"ncalrpc:[{door.socket}]"
        all_say(lab, World(), c.ADD_ONE, ANSWERED, "over TCP")
        all_say(lab, World(), c.ECHO_DATA, DENIED, "over TCP")
        expect_equal(c.ours(lab, None, c.ECHO_DATA, binding=local), ANSWERED, "local")
        expect_equal(c.ours(lab, None, c.ADD_ONE, binding=local), DENIED, "local")
        told = {(r["transport"], r["opnum"], r["outcome"]) for r in door.told("call", of="rpcecho")}
        expect_equal(told, {("ncacn_ip_tcp", 0, "answered"), ("ncacn_ip_tcp", 1, "denied"),
                            ("ncalrpc", 1, "answered"), ("ncalrpc", 0, "denied")}, "in the book")


# ---- interface: who may not call any of it may not bind ----

INTERFACES = {
    "interface: 60a15ec5-4de8-11d7-a637-005056a20182": "",
    "interface: rpcecho": "",
    "interface: RPCECHO:1": "",
    "interface: [samr, rpcecho]": "",
    "interface: $mine": "sets: {interfaces: {more: [samr], mine: [$more, rpcecho]}}\n",
}


@case("policy.interface")
def interface(lab):
    """Key interface by UUID, name, version, list, set, and its negation: binds are refused"""
    for number, (condition, sets) in enumerate(INTERFACES.items()):
        with Doorman(lab, f"policy-interface-{number}",
                     sets + CLOSED_DOOR + rule("mine", "allow", condition),
                     ["--controller"]) as door:
            all_say(lab, World(), c.ADD_ONE, ANSWERED, condition)
            all_say(lab, World(), c.SERVER_INFO, NO_BIND, condition)
            refused = door.told("bind", of="srvsvc")
            expect(len(refused) == len(ALL) and all(r["outcome"] in ("denied", "failed")
                                                    for r in refused), f"binds: {refused}")
            expect_equal(door.told("request", of="srvsvc"), [], "calls of what was not bound")
    negation = OPEN_DOOR + rule("others", "deny", "not-interface: [rpcecho, epmapper, mgmt]")
    with Doorman(lab, "policy-not-interface", negation, ["--controller"]) as door:
        all_say(lab, World(), c.ADD_ONE, ANSWERED, negation)
        all_say(lab, World(), c.SERVER_INFO, NO_BIND, negation)
        expect_equal({r.get("rule") for r in door.told("bind", of="srvsvc")}, {"others"},
                     "rule in the book")
    with Doorman(lab, "policy-version", CLOSED_DOOR + rule("v2", "allow", "interface: rpcecho:2")):
        all_say(lab, World(), c.ADD_ONE, NO_BIND, "version 2 alone")
    return f"{len(INTERFACES) + 2} policies"


OPERATIONS = {  # AddOne and EchoData, not SourceData
    "operations: [0, 1]": "",
    "operations: [AddOne, EchoData]": "",
    "operations: 0-1": "",
    "operations: $few": "sets: {operations: {few: [AddOne, 1]}}\n",
}


@case("policy.operations")
def operations(lab):
    """Key operations by number, name, range and set, and inside interface"""
    rows = [(sets, "interface: rpcecho", condition) for condition, sets in OPERATIONS.items()]
    rows.append(("", "interface: [{interface: rpcecho, operations: [0-1]}, {interface: samr, "
                 "operations: [0-99]}]"))
    for number, (sets, *conditions) in enumerate(rows):
        with Doorman(lab, f"policy-operations-{number}",
                     sets + CLOSED_DOOR + rule("few", "allow", *conditions)):
            for operation, outcome in ((c.ADD_ONE, ANSWERED), (c.ECHO_DATA, ANSWERED),
                                       (c.SOURCE_DATA, DENIED)):
                all_say(lab, World(), operation, outcome, f"{conditions}, {operation.number}")
    return f"{len(rows)} policies"


# ---- time ----

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@case("policy.time")
def times(lab):
    """Keys time and weekdays, in the server's local time; over midnight too"""
    today = DAYS[time.gmtime(time.time() + NOON * 3600).tm_wday]
    for number, (now, another) in enumerate((
            ("time: 10:00-16:00", "time: 16:00-18:00"), ("time: 18:00-16:00", "time: 18:00-10:00"),
            (f"weekdays: {today}", f"not-weekdays: [{today}]"))):
        policy = (CLOSED_DOOR
                  + rule("now", "allow", "interface: rpcecho", "operations: 0", now)
                  + rule("then", "allow", "interface: rpcecho", "operations: 1", another))
        with Doorman(lab, f"policy-time-{number}", policy):
            all_say(lab, World(), c.ADD_ONE, ANSWERED, now)
            all_say(lab, World(), c.ECHO_DATA, DENIED, another)


# ---- rate ----

@case("policy.rate")
def rate(lab):
    """Key rate: three calls in a minute are answered, the fourth is not; each source by itself"""
    policy = OPEN_DOOR + rule("fast", "deny", "interface: rpcecho", "operations: 0", "rate: 3 in 60s")
    with Doorman(lab, "policy-rate", policy) as door:
        for where in (DOOR, YONDER):
            out = c.rpcclient_run(lab, where, ["echoaddone 41"] * 5).out
            expect_equal((out.count("41 + 1 = 42"), out.count("NT_STATUS_ACCESS_DENIED")), (3, 2),
                         f"what rpcclient prints: {out}")
            all_say(lab, World(where), c.ADD_ONE, DENIED, "afterwards")
            all_say(lab, World(where), c.ECHO_DATA, ANSWERED, "other calls")
        for source in ("127.0.26.7", "127.0.26.8"):
            outcomes = [c.impacket(lab, DOOR, c.ADD_ONE, How(source=source)) for _ in range(4)]
            expect_equal(outcomes, [ANSWERED] * 3 + [DENIED], f"from {source}")
        told = {r["rule"] for r in door.told("call", of="rpcecho") if r["outcome"] == "denied"}
        expect_equal(told, {"fast"}, "rule in the book")


# ---- actions ----

FAULTS = {"access-denied": DENIED, "unknown-interface": UNKNOWN_INTERFACE,
          "operation-range": OPERATION_RANGE, "server-too-busy": TOO_BUSY,
          "call-failed": CALL_FAILED, "0x1c00001a": MISMATCH}


@case("policy.fault")
def faults(lab):
    """Key fault: each name is what that fault's clients know it by"""
    for number, (name, fault) in enumerate(FAULTS.items()):
        policy = OPEN_DOOR + rule("no", "deny", "interface: rpcecho", "operations: 0", f"fault: {name}")
        with Doorman(lab, f"policy-fault-{number}", policy) as door:
            all_say(lab, World(), c.ADD_ONE, fault, name)
            all_say(lab, World(), c.ECHO_DATA, ANSWERED, name)
            told = {r["status"] for r in door.told("call", of="rpcecho") if r["opnum"] == 0}
            expect_equal(told, {c.fault_text(fault)}, "status in the book")
    return f"{len(FAULTS)} faults"


ONE = "operations: 1"  # AddOne of our test interface
WINDOWS = (  # what a rule does: what a Windows program gets, by the names that Windows has
    (("deny", ONE), 5),  # ERROR_ACCESS_DENIED
    (("deny", ONE, "fault: unknown-interface"), 1717),  # RPC_S_UNKNOWN_IF
    (("deny", ONE, "fault: operation-range"), 1745),  # RPC_S_PROCNUM_OUT_OF_RANGE
    (("deny", ONE, "fault: server-too-busy"), 1723),  # RPC_S_SERVER_TOO_BUSY
    (("deny",), 1727),  # at the bind: RPC_S_CALL_FAILED_DNE, "and did not execute"
    (("allow",), None),
)


@case("policy.windows", limit=150)
def windows(lab):
    """A Windows program under Wine gets the code of each refusal; who is let in is answered"""
    program = secure_windows_client(lab)
    for number, ((action, *more), code) in enumerate(WINDOWS):
        policy = OPEN_DOOR + rule("windows", action, f"interface: {LAB}", *more)
        with Doorman(lab, f"policy-windows-{number}", policy):
            out = lab.peer("wine").run(program, d.DOOR, "6", str(WINNT), f"host/{d.DOOR}", d.USER,
                                       d.WORKGROUP, d.PASSWORD).out
            expect((f"exception {code:#x}" if code else CALLS) in out,
                   f"{action} {more}: {out[-300:]}")
    return f"{len(WINDOWS)} rules"


@case("policy.drop")
def drop(lab):
    """Action drop: the connection is closed without a word, at a call and at a bind; others go on"""
    policy = (OPEN_DOOR + rule("away", "drop", "interface: rpcecho", "operations: 0")
              + rule("shut", "drop", "interface: srvsvc"))
    with Doorman(lab, "policy-drop", policy, ["--controller"]) as door:
        all_say(lab, World(), c.ADD_ONE, CLOSED, "dropped")
        all_say(lab, World(), c.SERVER_INFO, CLOSED, "dropped at the bind")
        all_say(lab, World(), c.ECHO_DATA, ANSWERED, "others")
        told = [(r["rule"], r["verdict"], r["outcome"]) for r in door.told("call", of="rpcecho")
                if r["opnum"] == 0]
        expect_equal(told, [("away", "drop", "denied")] * len(ALL), "in the book")


@case("policy.observe")
def observe(lab):
    """Action observe: told, tagged and raised, and answered; the rules behind it decide"""
    policy = OPEN_DOOR + (rule("look", "observe", "interface: rpcecho", "operations: 0", "alert: true",
            "tags: [T1046, watch]") + rule("no", "deny", "interface: rpcecho", "operations: 1"))
    with Doorman(lab, "policy-observe", policy) as door:
        all_say(lab, World(), c.ADD_ONE, ANSWERED, "observed")
        all_say(lab, World(), c.ECHO_DATA, DENIED, "denied behind it")
        seen = [r for r in door.told("request", of="rpcecho") if r["opnum"] == 0]
        expect(len(seen) == len(ALL) and all(r["tags"] == ["T1046", "watch"] for r in seen),
               f"requests: {seen}")
        alerts = door.told("alert")
        expect_equal({r["reason"] for r in alerts}, {"look"}, "alerts")
        expect_equal(sum(r["count"] for r in alerts), len(ALL), "their counts together")


@case("policy.order")
def order(lab):
    """The first rule that matches decides"""
    policy = (OPEN_DOOR
              + rule("friends", "allow", "interface: rpcecho", "operations: 0", f"source: {THERE}")
              + rule("nobody", "deny", "interface: rpcecho", "operations: 0")
              + rule("late", "allow", "interface: rpcecho"))
    with Doorman(lab, "policy-order", policy) as door:
        all_say(lab, World(YONDER), c.ADD_ONE, ANSWERED, "friends")
        all_say(lab, World(DOOR), c.ADD_ONE, DENIED, "nobody")
        all_say(lab, World(DOOR), c.ECHO_DATA, ANSWERED, "late")
        expect_equal({r["rule"] for r in door.told("call", of="rpcecho")},
                     {"friends", "nobody", "late"}, "rules in the book")
