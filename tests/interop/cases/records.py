# SPDX-License-Identifier: Apache-2.0
"""What the book never tells, secrets, and what nobody can make it tell: lines not its own."""
import json
import os
import re
import time

import callers as c
import domain as d
import hostile as h
import receivers as r
import subject
from case import collector, expect, expect_equal
from cases.as_client import auth_file as carols_file
from cases.netlogon_channel import ALICE, MACHINE_PASSWORD, RIGHT, samba_member
from cases.secrets import forms, keytab_keys, secrets
from doorman import DOOR, FORMS, HERE, NAMES, Doorman, accounts
from impacket.krb5.ccache import CCache
from impacket.ntlm import compute_nthash
from lab import HOSTS, need
from process import Daemon, listening, run

CASES, case = collector()
SOCKETS = ("syslog", "journal")


class Book:
    """The peer server with a sink of every form; afterwards all that they were given."""

    def __init__(self, lab, name, policy=None, keytab=None):
        self.receivers = {form: r.Datagrams(lab.path(f"{name}-book.{form}")) for form in SOCKETS}
        self.door = None
        try:
            self.door = Doorman(lab, name, policy, ["--controller"], FORMS + SOCKETS, keytab)
        finally:
            if not self.door:
                self.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.door:
            self.door.stop()
        self.datagrams = {form: receiver.end() for form, receiver in self.receivers.items()}
        self.receivers = {}

    def outputs(self):
        """{form: all bytes}"""
        found = {form: b"\n".join(datagrams) for form, datagrams in self.datagrams.items()}
        for form in FORMS:
            with open(self.door.path(form), "rb") as f:
                found[form] = f.read()
        return found

    def records(self):
        """{form: its records}, each form read strictly; as many as there have to be."""
        data = self.outputs()
        read = {form: r.json_lines(data[form], form) for form in ("json", "ecs", "eve", "rpcfw")}
        read["zeek"] = r.zeek_lines(data["zeek"], "zeek")
        read["text"] = r.text_lines(data["text"], "text")
        read["syslog"] = r.syslog_messages(self.datagrams["syslog"])
        read["journal"] = r.journal_entries(self.datagrams["journal"])
        kinds = [record["event"] for record in read["json"]]
        wanted = {form: len(kinds) for form in ("json", "ecs", "text", "syslog", "journal")}
        wanted.update(zeek=kinds.count("call"), rpcfw=kinds.count("request"),
                      eve=sum(record["event"] in ("call", "bind") and "source" in record
                              for record in read["json"]))
        expect_equal({form: len(read[form]) for form in wanted}, wanted, "records in each form")
        expect_equal(kinds.count("opened"), kinds.count("closed"), "connections opened and closed")
        expect("lost" not in kinds, "records were lost")
        return read


# ---- secrets ----

def session_keys(path):
    """Of the tickets in a cache."""
    return [bytes(credential["key"]["keyvalue"]) for credential in CCache.loadFile(path).credentials]


def impacket_keys(count):
    """What the sessions of impacket's NTLM are protected with, after a call on each."""
    keys = []
    for level in ("integrity", "privacy")[:count]:
        dce = c.impacket_open(DOOR, c.ECHO, c.How("ntlm", level))
        dce.call(0, c.ADD_ONE.stub)
        dce.recv()
        keys.append(dce._DCERPC_v5__sessionKey)
        dce.disconnect()
    return keys


def make_calls(lab):
    """With every mechanism, by every client, with right and with wrong passwords."""
    for way in ("ntlm", "spnego", "krb5"):
        for level in ("connect", "integrity", "privacy"):
            for client in (c.ours, c.rpcclient):
                expect_equal(client(lab, DOOR, c.ADD_ONE, c.How(way, level)), c.ANSWERED,
                             f"{way}, {level}")
    for way, user, domain in (("ntlm", d.USER, d.WORKGROUP), ("spnego", d.USER, d.WORKGROUP)):
        run([lab.program("portero"), "call", "--auth", way, "--auth-file",
             carols_file(lab, user, d.WRONG, domain), f"ncacn_ip_tcp:{NAMES[DOOR]}[135]",
             "rpcecho.AddOne"], 30, env=lab.env, status=4)


def never_told(data, secret_forms):
    """data: {where: bytes}; Failed when one of the secrets is there in one of its forms."""
    for where, text in data.items():
        for what, shapes in secret_forms.items():
            for shape in shapes:
                expect(shape not in text, f"{where} tells the {what}")


@case("records.secrets", limit=150)
def no_secrets(lab):
    """No password, hash, Kerberos key or session key is in any form of the book, nor in the log"""
    there = d.domain(lab)
    with Book(lab, "records-secrets", keytab=there.keytab) as book:
        make_calls(lab)
        keys = impacket_keys(2)
    tickets = session_keys(there.ccache()["KRB5CCNAME"].removeprefix("FILE:"))
    expect(len(keys) == 2 and all(len(key) == 16 for key in keys), "session keys of NTLM")
    expect(len(tickets) >= 2 and all(len(key) >= 16 for key in tickets), "session keys of tickets")
    known = secrets(lab)
    known.update({f"session key {n}": forms(key) for n, key in enumerate(keys + tickets)})
    known.update({f"key {n} of the keytab": forms(key)
                  for n, key in enumerate(keytab_keys(there.keytab))})
    data = book.outputs()
    data["log"] = book.door.daemon.text().encode()
    never_told(data, known)
    told = book.records()["json"]
    logins = [record for record in told if record["event"] == "auth"]
    expect_equal({(record["auth"], record["outcome"]) for record in logins}
                 >= {("ntlm", "answered"), ("krb5", "answered")}, True, f"logins: {logins[:3]}")
    expect(any(record["outcome"] == "failed" for record in logins), "no login failed")
    return f"{len(known)} secrets, {len(told)} records, {sum(map(len, data.values()))} octets"


@case("records.secrets-netlogon", limit=90)
def no_secrets_of_members(lab):
    """Nothing of a member's secure channel is told: machine password, its hash, session key"""
    host = lab.address(135)
    books = {form: lab.path(f"records-netlogon.{form}") for form in FORMS}
    options = [word for form, path in books.items() for word in ("--book", f"{form}:{path}")]
    server = Daemon("controller", [lab.program("tests/interop/netlogon_controller"), *options, host],
                    lab.path("records-netlogon.log"), env=lab.env)
    lab.on_stop(server.stop)
    server.wait_for(lambda: listening(host, 135), 10)
    for protection in ("seal", "sign"):
        told = samba_member(lab, host, protection, "FILES", MACHINE_PASSWORD, "alice", RIGHT)
        expect_equal(told.get("account"), ALICE["account"], protection)
    expect_equal(server.stop(), 0, "the controller's end")
    key = re.search(r"^session key ([0-9a-f]{32})$", server.text(), re.MULTILINE).group(1)
    known = {"machine password": forms(MACHINE_PASSWORD.encode())
             | forms(MACHINE_PASSWORD.encode("utf-16-le")),
             "hash of the machine password": forms(compute_nthash(MACHINE_PASSWORD)),
             "session key": forms(bytes.fromhex(key)),
             "response": forms(bytes.fromhex(RIGHT)),
             "user's session key": forms(bytes.fromhex(ALICE["key"]))}
    data = {}
    for form, path in books.items():
        with open(path, "rb") as f:
            data[form] = f.read()
    never_told(data, known)
    told = r.json_lines(data["json"], "json")
    expect(any(t.get("auth") == "netlogon" and t["event"] == "call" for t in told),
           f"no call over the secure channel: {told[:3]}")
    return f"{len(told)} records"


# ---- other people's readers ----

MIXED = """default: {calls: allow, register: allow}
calls:
- {name: no-data, interface: rpcecho, operations: 1, action: deny, tags: T1046}
- {name: away, interface: rpcecho, operations: 3, action: drop}
- {name: shut, interface: srvsvc, action: deny}
"""
VALIDATE = """
const Ajv = require("ajv"), fs = require("fs");
const check = new Ajv().compile(JSON.parse(fs.readFileSync(process.argv[1])));
for (const line of fs.readFileSync(0, "utf8").trimEnd().split("\\n"))
  console.log(check(JSON.parse(line)) ? "valid" : JSON.stringify(check.errors));
"""
COLUMNS = ["id.orig_h", "operation", "status", "verdict", "rule"]


@case("records.readers")
def readers(lab):
    """bro-cut reads the Zeek book of real calls, ajv finds the EVE records as their schema has them"""
    need("bro-cut", "node", "/usr/share/nodejs/ajv")
    with Book(lab, "records-readers", MIXED) as book:
        for operation, outcome in ((c.ADD_ONE, c.ANSWERED), (c.ECHO_DATA, c.DENIED),
                                   (c.SOURCE_DATA, c.CLOSED), (c.SERVER_INFO, c.NO_BIND)):
            for client in c.CLIENTS.values():
                expect_equal(client(lab, DOOR, operation), outcome, operation.command)
        expect_equal(c.ours(lab, DOOR, c.ADD_ONE, c.How("ntlm")), c.ANSWERED, "with a name")
    read, data = book.records(), book.outputs()
    cut = run(["bro-cut", *COLUMNS], 20, text=data["zeek"].decode()).out.splitlines()
    expect_equal(len(cut), len(read["zeek"]), "lines of bro-cut")
    echo = {row for row in map(lambda line: tuple(line.split("\t")), cut)
            if row[1] in ("AddOne", "EchoData")}
    expect_equal(echo, {(HERE, "AddOne", "-", "allow", "-"),
                        (HERE, "EchoData", "0x00000005", "deny", "no-data")}, "what bro-cut shows")
    wrong = json.dumps(dict(read["eve"][0], dcerpc={}))
    verdicts = run(["node", "-e", VALIDATE,
                    lab.source("tests", "data", "eve_dcerpc.schema.json")], 30,
                   env=dict(lab.env, NODE_PATH="/usr/share/nodejs"),
                   text=data["eve"].decode() + wrong).out.splitlines()
    expect_equal(verdicts[:-1], ["valid"] * len(read["eve"]), "verdicts of ajv")
    expect(verdicts[-1] != "valid", "ajv takes anything")
    return f"{len(cut)} lines of Zeek, {len(read['eve'])} records of EVE"


# ---- the endpoint mapper itself ----

@case("records.serve", limit=150)
def serve(lab):
    """portero serve: its log and its books tell no secret, and no name or annotation makes a line"""
    there, books = d.domain(lab), {form: lab.path(f"serve-book.{form}") for form in FORMS}
    config = (f"auth:\n  accounts: {accounts(lab)}\n  keytab: {there.keytab}\nbook:\n"
              + "".join(f"  - file: {path}\n    form: {form}\n" for form, path in books.items())
              + "  - output: stderr\n    form: text\n")
    mapper = subject.Mapper(lab, "serve-book", keys=[("user", "root")], more=config,
                            address=HOSTS["door"])
    answers = [log_in(peer_named(name)) for name in NAMES_OF_EVIL]
    answers += [log_in(peer_named(d.USER, name)) for name in NAMES_OF_EVIL]
    for way in ("ntlm", "spnego", "krb5"):
        run([lab.program("portero"), "call", "--auth", way,
             *(["--ccache", there.ccache()["KRB5CCNAME"]] if way == "krb5" else
               ["--auth-file", carols_file(lab)]), f"ncacn_ip_tcp:{NAMES[DOOR]}[135]",
             "mgmt.rpc_mgmt_is_server_listening"], 30, env=lab.env)
    taken = registrations(lab, mapper.socket)
    expect_equal(mapper.daemon.stop(), 0, "the mapper's end")
    data = {}
    for form, path in books.items():
        with open(path, "rb") as f:
            data[form] = f.read()
    log = mapper.daemon.text().encode()
    tickets = session_keys(there.ccache()["KRB5CCNAME"].removeprefix("FILE:"))
    known = secrets(lab)
    known.update({f"session key {n}": forms(key) for n, key in enumerate(tickets)})
    never_told(dict(data, log=log), known)
    told = r.json_lines(data["json"], "json")
    expect_equal(len(r.text_lines(data["text"], "text")), len(told), "lines of text")
    expect_equal(len(r.json_lines(data["ecs"], "ecs")), len(told), "records of ECS")
    calls = sum(t["event"] == "call" for t in told)
    expect_equal(len(r.zeek_lines(data["zeek"], "zeek")), calls, "lines of Zeek")
    logins = [t for t in told if t["event"] == "auth"]
    expect_equal(len(logins), len(answers) + 3, "logins in the book")
    mine = [t for t in told if t["event"] == "registered"
            and t["interface"].startswith("5e1f0000")]
    expect_equal(len(mine), taken, "registrations in the book")
    in_log = sum(line in set(data["text"].split(b"\n")[:-1]) for line in log.split(b"\n"))
    expect(in_log >= len(told), f"{in_log} of {len(told)} records on standard error")
    r.harmless(log, "log")
    return f"{len(told)} records, {len(log)} octets of log"


# ---- names that are meant to break lines ----

NAMES_OF_EVIL = (
    'x\n{"event":"forged"}', "\r\n<86>1 - forged portero - - - -", 'a"b\\', '"] [forged@1 x="',
    "\t", "forged\t-\t-\t-", "\x1b[2J\x1b[31m", "\x00end", "\u2028x\u2029", "\x85\x9b",
    "#close\tforged", "(empty)", "-", "\u00e9\u4e2d\U0001f600", "%s%n%x", "A" * 1200,
    "PORTERO_EVENT=forged\n", "\x7f\x08", "a=b c=\"d\"", "'; drop", "\ufeff\ufffe",
)
LONE = "XXXX".encode("utf-16-le"), b"\x00\xd8\x41\x00\x00\xdc\x00\xd8"  # halves of pairs, alone


def peer_named(user, domain=d.WORKGROUP):
    return h.Peer(HOSTS["door"], 135, user, d.PASSWORD, domain)


def log_in(peer, change=lambda token: token):
    """A bind and a third message; what comes back after a call is the server's to say."""
    connection = peer.connection()
    with connection:
        first = peer.first()
        connection.bind(h.CONNECT, first.getData())
        token, _, _ = peer.last(first, connection.token())
        connection.auth3(h.CONNECT, change(token))
        body, value = h.padded(b"\0" * 4 + b"\0\0" + h.LISTENING.to_bytes(2, "little") + h.STUB,
                               h.CONNECT, b"\1" + bytes(15))
        connection.send(h.pdu(h.REQUEST, body, value, 2))
        return h.described(connection.read())


ANNOTATIONS = ('x\n{"event":"forged"}', '"] [forged@1 x="', "a\tb\rc", "\x1b[2J", "\\", "\u00e9",
               "PORTERO_EVENT=forged\n", b"\xff\xfe\x80 raw", "#close\tforged")


def registrations(lab, socket):
    """portero register with each of them at once; how many were taken."""
    waiting = []
    for n, annotation in enumerate(ANNOTATIONS):
        daemon = Daemon("portero register", [
            lab.program("portero"), "register", "--socket", socket, "--annotation", annotation,
            f"5e1f0000-0000-4000-8000-{n:012x}:1.0", f"ncacn_ip_tcp:[{49900 + n}]",
        ], lab.path(f"register-{n}.log"), env=lab.env)
        lab.on_stop(daemon.stop)
        waiting.append(daemon)
    taken = 0
    for daemon in waiting:
        while "stays so" not in daemon.text() and daemon.child.poll() is None:
            time.sleep(0.02)
        taken += daemon.child.poll() is None
        daemon.stop()
        os.unlink(daemon.log)
    return taken


@case("records.hostile")
def hostile_names(lab):
    """Hostile account and domain names in NTLM tokens, and annotations: no form has a line too many"""
    with Book(lab, "records-hostile") as book:
        refused = [log_in(peer_named(name)) for name in NAMES_OF_EVIL]
        refused += [log_in(peer_named("XXXX"), lambda token: token.replace(*LONE))]
        let_in = [log_in(peer_named(d.USER, name)) for name in NAMES_OF_EVIL]
        taken = registrations(lab, book.door.socket)
    expect(all(answer.startswith("fault") for answer in refused), f"who was refused: {refused}")
    expect("response" in let_in, f"nobody was let in: {let_in}")
    read = book.records()
    logins = [record for record in read["json"] if record["event"] == "auth"]
    expect_equal(len(logins), len(refused) + len(let_in), "logins in the book")
    expect_equal(sum(record["outcome"] == "answered" for record in logins),
                 let_in.count("response"), "logins that were let in")
    accounts_told = {record.get("account") for record in logins}
    expect({'x\n{"event":"forged"}', 'a"b\\', "-", "\x1b[2J\x1b[31m"} <= accounts_told,
           f"accounts as they were: {accounts_told}")
    kinds = {record["event"] for record in read["json"]}
    expect(not any("forged" in kind for kind in kinds), f"kinds: {kinds}")
    expect(not any(field["PORTERO_EVENT"][0].startswith(b"forged") or len(field["PORTERO_EVENT"]) > 1
                   for field in read["journal"]), "a field of the journal is forged")
    mine = [record for record in read["json"] if record["event"] == "registered"
            and record["interface"].startswith("5e1f0000")]
    expect_equal(len(mine), taken, "registrations in the book")
    expect(taken >= 5, f"annotations that were taken: {taken}")
    return f"{len(read['json'])} records, {len(read)} forms, {taken} annotations"
