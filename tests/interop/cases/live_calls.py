# SPDX-License-Identifier: Apache-2.0
"""portero call with JSON against Samba's servers: the answers that Samba's own client gets."""
import json
import re

from calls import (MAXIMUM_ALLOWED, NO, REFUSED, USAGE, both_equal, call, no_ndr64, refused,
                   wrong_use)
from case import collector, expect, expect_equal
from cases.samba_clients import rpcclient
from lab import need, shared
from peers import samba
from process import run

CASES, case = collector()

ACCESS_DENIED, FILE_NOT_FOUND, INVALID_LEVEL, INVALID_NAME = 5, 2, 124, 123
NO_SUCH_DOMAIN = 0xc00000df
NT_ACCESS_DENIED = 0xc0000022
KEY = r"SOFTWARE\Portero"
VALUES = {  # of data/registry.reg: type and bytes
    "text": (1, "Grüße\0".encode("utf-16-le")), "number": (4, bytes.fromhex("78563412")),
    "bytes": (3, bytes.fromhex("00ff10")), "wide": (11, bytes(range(8, 0, -1))),
    "several": (7, "eins\0zwei\0\0".encode("utf-16-le")),
    "path": (2, "%P%\0".encode("utf-16-le")), "nothing": (0, b""),
}
USER = "daemon"  # an account that every Debian has


def theirs(lab, what, *arguments):
    """What Samba's client was told, of theirs/samba_values.py."""
    out = run(["/usr/bin/python3", lab.source("tests", "interop", "theirs", "samba_values.py"),
               what, *arguments], 60,
              env=dict(lab.env, SMB_CONF_PATH=samba.client_conf(lab))).out
    return json.loads(out[out.index("{"):])


@shared
def file_server(lab):
    """smbd and samba-dcerpcd with an account and a few keys in the registry."""
    need("net", "smbpasswd")
    peer = lab.peer("samba_s3")
    run(["net", "-s", peer.conf, "registry", "import",
         lab.source("tests", "interop", "data", "registry.reg")], 20, env=lab.env)
    run(["smbpasswd", "-c", peer.conf, "-an", USER], 20, env=lab.env)
    return peer


# ---- the registry ----

def name(text):
    return {"buffer": text + "\0"}


OPEN = (("OpenLocalMachine", {"desired_access": MAXIMUM_ALLOWED}),
        ("BaseRegOpenKey", {"key": "$.key", "sub_key": name(KEY),
                            "desired_access": MAXIMUM_ALLOWED}))
ROOM = {"type": 0, "data": "", "buffer_size": 1024, "data_size": 0}


def enum_key(index):
    return ("BaseRegEnumKey", {"key": "$2.opened_key", "index": index,
                               "name_in": {"maximum_length": 512, "buffer": ""},
                               "class_name_in": {"buffer": ""}, "last_write_time": {}})


def enum_value(index):
    return ("BaseRegEnumValue", {"key": "$2.opened_key", "index": index,
                                 "value_name_in": {"maximum_length": 512, "buffer": ""}, **ROOM})


def query_value(which):
    return ("BaseRegQueryValue", {"key": "$2.opened_key", "value_name": name(which), **ROOM})


def our_registry(lab, address):
    """Opens a key, asks how much there is, then for all of it, and closes."""
    first = call(lab, address, "winreg", *OPEN,
                 ("BaseRegQueryInfoKey", {"key": "$.opened_key", "class_name_in": name("")}))
    info = first[2]
    keys, values = info["num_sub_keys"], info["num_values"]
    answers = call(lab, address, "winreg", *OPEN, *map(enum_key, range(keys)),
                   *map(enum_value, range(values)), ("BaseRegGetVersion", {"key": "$2.opened_key"}),
                   ("BaseRegCloseKey", {"key": "$2.opened_key"}),
                   ("BaseRegCloseKey", {"key": "$1.key"}))
    expect_equal(set(answers.results), {0}, "results")
    return {"version": answers[-3]["version"],
            "keys": [a["name_out"]["buffer"].rstrip("\0") for a in answers[2:2 + keys]],
            "values": [{"name": a["value_name_out"]["buffer"].rstrip("\0"), "type": a["type"],
                        "data": a["data"]} for a in answers[2 + keys:-3]],
            "longest_name": info["max_value_name_size"], "longest_data": info["max_data_size"]}


@case("call.winreg")
def winreg(lab):
    """The registry: open, enumerate keys and values of seven types, query each, close"""
    address = file_server(lab).address
    ours = our_registry(lab, address)
    both_equal(ours, theirs(lab, "registry", address, KEY), "registry")
    both_equal(ours["keys"], ["inner", "outer"], "keys")
    written = {which: (kind, data.hex()) for which, (kind, data) in VALUES.items()}
    both_equal({v["name"]: (v["type"], v["data"]) for v in ours["values"]}, written, "values")
    asked = call(lab, address, "winreg", *OPEN, *map(query_value, VALUES))
    both_equal([(a["type"], a["data"]) for a in asked[2:]], list(written.values()), "queried")
    return f"{len(ours['keys'])} keys, {len(written)} values"


@case("call.winreg-refused")
def winreg_refused(lab):
    """The registry says no: no such key or value, a closed handle, nothing more; wrong names"""
    address = file_server(lab).address
    closed = [("BaseRegCloseKey", {"key": "$2.opened_key"}),
              ("BaseRegGetVersion", {"key": "$2.opened_key"})]
    refused(lab, address, "winreg", *OPEN, *closed, status=REFUSED,
            says="nca_s_fault_context_mismatch")
    for step, says in ((query_value("absent"), "ERROR_FILE_NOT_FOUND"),
                       (enum_key(7), "ERROR_NO_MORE_ITEMS"),
                       (enum_value(7), "ERROR_NO_MORE_ITEMS")):
        refused(lab, address, "winreg", *OPEN, step, status=NO, says=[step[0], says])
    missing = dict(OPEN[1][1], sub_key=name(KEY + "\\absent"))
    answers = refused(lab, address, "winreg", OPEN[0], ("BaseRegOpenKey", missing), status=NO,
                      says="ERROR_FILE_NOT_FOUND")
    expect_equal(answers.results, [0, FILE_NOT_FOUND], "results")
    refused(lab, address, "winreg", OPEN[0], ("BaseRegGetVersion", {"key": "$.no_key"}),
            status=USAGE, says="\"$.no_key\": that answer has no such part")
    wrong_use(lab, address, "winreg", *OPEN[0])
    no_ndr64(lab, address, "winreg", *OPEN[0])


# ---- file servers and workstations ----

def picked(entry, names):
    return {key: entry[key] for key in names}


@case("call.srvsvc-shares")
def shares(lab):
    """Shares at levels 0, 1, 2, 501 and 502: all of them, and one"""
    address = file_server(lab).address
    for level, wanted in theirs(lab, "shares", address).items():
        arm, names = f"level_{level}", wanted["one"].keys()
        answer = call(lab, address, "srvsvc",
                      ("NetrShareEnum", {"info": {"level": int(level), "shares": {arm: {}}},
                                         "preferred_size": 0xffffffff}),
                      ("NetrShareGetInfo", {"net_name": "files", "level": int(level)}))
        listed = answer[0]["info"]["shares"][arm]
        ours = {"total": answer[0]["total"], "one": picked(answer[1]["info"][arm], names),
                "all": [picked(entry, names) for entry in listed["entries"]]}
        expect_equal(answer.results, [0, 0], f"results at level {level}")
        both_equal(ours, wanted, f"shares at level {level}")
    text = rpcclient(lab, address, "netshareenumall 1").out
    expect_equal([line.split(": ", 1)[1] for line in text.splitlines() if "netname: " in line],
                 ["files", "IPC$"], "what rpcclient lists")


@case("call.srvsvc-server")
def server(lab):
    """What a file server says of itself at levels 100, 101 and 102"""
    address = file_server(lab).address
    for level, wanted in theirs(lab, "server", address).items():
        answer = call(lab, address, "srvsvc", ("NetrServerGetInfo", {"level": int(level)}))
        both_equal(answer[0]["info"], {f"level_{level}": wanted}, f"level {level}")


@case("call.srvsvc-refused")
def srvsvc_refused(lab):
    """A file server says no: no such level, no such share; wrong names and values"""
    address = file_server(lab).address
    one = ("NetrShareGetInfo", {"net_name": "files", "level": 1})
    answers = refused(lab, address, "srvsvc", ("NetrShareGetInfo", dict(one[1], level=7)),
                      ("NetrShareGetInfo", dict(one[1], net_name="absent")),
                      ("NetrServerGetInfo", {"level": 7}), status=NO,
                      says=["ERROR_INVALID_LEVEL", "ERROR_INVALID_NAME"])
    expect_equal(answers.results, [INVALID_LEVEL, INVALID_NAME, INVALID_LEVEL], "results")
    expect_equal(theirs(lab, "share", address, "absent"), {"error": INVALID_NAME}, "Samba's")
    refused(lab, address, "srvsvc", ("NetrShareEnum", {"info": {"level": 7}}), status=USAGE,
            says="info.shares: the tag says 7")
    refused(lab, address, "srvsvc", ("NetrShareGetInfo", dict(one[1], level="much")), status=USAGE,
            says="level: ")
    refused(lab, address, "srvsvc", ("NetrShareEnum", {
        "info": {"level": 1, "shares": {"level_2": {}}}}), status=USAGE,
            says="\"level_2\" is given, but the tag says level_1")
    wrong_use(lab, address, "srvsvc", *one)
    no_ndr64(lab, address, "srvsvc", *one)


def same_workstation(lab, address):
    denied = []
    for level, wanted in theirs(lab, "workstation", address).items():
        step = ("NetrWkstaGetInfo", {"level": int(level)})
        if "error" not in wanted:
            answer = call(lab, address, "wkssvc", step)
            both_equal(answer[0]["info"], {f"level_{level}": wanted}, f"level {level}")
            continue
        expect_equal(wanted["error"], ACCESS_DENIED, f"Samba's client at level {level}")
        answer = refused(lab, address, "wkssvc", step, status=NO, says="ERROR_ACCESS_DENIED")
        expect_equal(answer.results, [ACCESS_DENIED], f"result at level {level}")
        denied.append(level)
    answer = refused(lab, address, "wkssvc", ("NetrWkstaGetInfo", {"level": 7}), status=NO,
                     says="ERROR_INVALID_LEVEL")
    expect_equal(answer.results, [INVALID_LEVEL], "result at level 7")
    wrong_use(lab, address, "wkssvc", "NetrWkstaGetInfo", {"level": 100})
    no_ndr64(lab, address, "wkssvc", "NetrWkstaGetInfo", {"level": 100})
    return f"access denied to both clients at level {', '.join(denied)}"


@case("call.wkssvc-s3")
def wkssvc_s3(lab):
    """The workstation service of samba-dcerpcd at levels 100 to 102"""
    return same_workstation(lab, lab.peer("samba_s3").address)


@case("call.wkssvc-ad", limit=150)
def wkssvc_ad(lab):
    """The workstation service of a Samba domain controller at levels 100 to 102"""
    return same_workstation(lab, lab.peer("samba_ad").address)


# ---- accounts ----

def sid_text(sid):
    authority = int.from_bytes(bytes.fromhex(sid["authority"]["value"]), "big")
    return "-".join(map(str, ["S", sid["revision"], authority, *sid["sub_authority"]]))


def our_entries(answer):
    return [{"rid": e["rid"], "name": e["name"]["buffer"]}
            for e in (answer["buffer"] or {}).get("entries") or []]


CONNECT = ("SamrConnect2", {"desired_access": MAXIMUM_ALLOWED})
LIST = {"domain": "$3.domain", "preferred_maximum_length": 0xffff}


def our_domain(lab, address, domain):
    answers = call(lab, address, "samr", CONNECT,
                   ("SamrLookupDomainInSamServer", {"server": "$1.server",
                                                    "name": {"buffer": domain}}),
                   ("SamrOpenDomain", {"server": "$1.server", "desired_access": MAXIMUM_ALLOWED,
                                       "domain_id": "$2.domain_id"}),
                   ("SamrEnumerateUsersInDomain", LIST), ("SamrEnumerateGroupsInDomain", LIST),
                   ("SamrEnumerateAliasesInDomain", LIST),
                   ("SamrQueryInformationDomain", {"domain": "$3.domain",
                                                   "information_class": "DomainGeneralInformation"}),
                   ("SamrCloseHandle", {"object": "$3.domain"}),
                   ("SamrCloseHandle", {"object": "$1.server"}))
    expect_equal(set(answers.results), {0}, "results")
    general = answers[6]["info"]["general"]
    return {"sid": sid_text(answers[1]["domain_id"]), "users": our_entries(answers[3]),
            "groups": our_entries(answers[4]), "aliases": our_entries(answers[5]),
            "general": {"domain_server_state": general["state"],
                        "domain_server_role": general["role"], "num_users": general["user_count"],
                        "num_groups": general["group_count"],
                        "num_aliases": general["alias_count"],
                        "domain_name": general["domain_name"]["buffer"]}}


def same_accounts(lab, address):
    listed = call(lab, address, "samr", CONNECT,
                  ("SamrEnumerateDomainsInSamServer", {"server": "$.server",
                                                       "preferred_maximum_length": 0xffff}))
    names = [e["name"] for e in our_entries(listed[1])]
    wanted = theirs(lab, "accounts", address)
    expect_equal(sorted(names), sorted(wanted), "domains")
    for domain in names:
        both_equal(our_domain(lab, address, domain), wanted[domain], domain)
    refused(lab, address, "samr", CONNECT,
            ("SamrLookupDomainInSamServer", {"server": "$.server", "name": {"buffer": "ABSENT"}}),
            status=NO, says="NT_STATUS_NO_SUCH_DOMAIN")
    wrong_use(lab, address, "samr", *CONNECT)
    no_ndr64(lab, address, "samr", *CONNECT)
    return wanted


@case("call.samr-s3")
def samr_s3(lab):
    """Accounts of a file server: domains, users, groups and aliases"""
    wanted = same_accounts(lab, file_server(lab).address)
    expect(USER in [user["name"] for user in wanted["FILE"]["users"]], f"no {USER}: {wanted}")


@case("call.samr-ad", limit=150)
def samr_ad(lab):
    """Accounts of a domain controller: domains, users, groups and aliases"""
    wanted = same_accounts(lab, lab.peer("samba_ad").address)
    domain = wanted[lab.peer("samba_ad").workgroup]
    expect("Administrator" in [user["name"] for user in domain["users"]], "no Administrator")
    told = rpcclient(lab, lab.peer("samba_ad").address, "enumdomusers; enumdomgroups").out
    for kind in ("users", "groups"):
        for entry in domain[kind]:
            expect(f"[{entry['name']}] rid:[{entry['rid']:#x}]" in told or entry["rid"] == 1000,
                   f"rpcclient does not list {entry}:\n{told}")
    return f"{len(domain['users'])} users, {len(domain['groups'])} groups"


# ---- what Samba gives to nobody without a name ----

POLICY = {
    "LsarOpenPolicy2": {"attributes": {}, "desired_access": MAXIMUM_ALLOWED},
    "LsarLookupNames4": {"names": [{"buffer": "root"}], "sids": {}, "level": 1,
                         "client_revision": 2},
    "LsarLookupSids3": {"sids": {}, "names": {}, "level": 1, "client_revision": 2},
}


def same_policy(lab, address):
    """Samba's local security authority wants a secure channel on TCP: both clients are told so."""
    wanted = theirs(lab, "policy", address)
    expect_equal(sorted(wanted), sorted(POLICY), "operations")
    for operation, arguments in POLICY.items():
        expect_equal(wanted[operation], {"error": NT_ACCESS_DENIED}, f"Samba's {operation}")
        answers = refused(lab, address, "lsarpc", (operation, arguments), status=REFUSED,
                          says="ERROR_ACCESS_DENIED (0x00000005)")
        expect_equal([a["fault"] for a in answers], [ACCESS_DENIED], f"fault of {operation}")
    wrong_use(lab, address, "lsarpc", *list(POLICY.items())[0])
    return f"access denied to both clients: {', '.join(POLICY)}"


@case("call.lsarpc-s3")
def lsarpc_s3(lab):
    """The local security authority of samba-dcerpcd refuses both clients alike"""
    return same_policy(lab, lab.peer("samba_s3").address)


@case("call.lsarpc-ad", limit=150)
def lsarpc_ad(lab):
    """The local security authority of a domain controller refuses both clients alike"""
    return same_policy(lab, lab.peer("samba_ad").address)


# ---- the endpoint mapper and the management interface ----

SAMR = "785734123412cdabef000123456789ac"  # as it stands in a tower
TCP_TOWER = 75  # five floors: two syntaxes, the protocol, port, address
PORT_AT = 64
NOT_REGISTERED = 0x16c9a0d6


def same_map(lab, address, at_end):
    """Every tower that portero ls lists, and the port that rpcclient is told of samr."""
    found = call(lab, address, "epmapper", ("ept_lookup", {"max_entries": 500}),
                 status=NO if at_end else 0)[0]
    expect_equal((len(found["entries"]), found["status"]), (found["num_entries"], at_end),
                 "entries and status")
    towers = {entry["tower"]["octets"] for entry in found["entries"]}
    expect_equal(len(towers), sum(len(i["endpoints"]) for i in json.loads(run(
        [lab.program("portero"), "ls", address, "--json"], 20, env=lab.env).out)["interfaces"]),
                 "towers")
    samr = next(t for t in towers if SAMR in t and len(t) == 2 * TCP_TOWER)
    told = rpcclient(lab, address, "epmmap samr ncacn_ip_tcp").out
    port = re.search(r"^tower\[0\] ncacn_ip_tcp:[0-9.]+\[(\d+),", told, re.MULTILINE)
    expect(port, told)
    answer = call(lab, address, "epmapper",
                  ("ept_map", {"map_tower": {"octets": samr}, "max_towers": 1}))[0]
    octets = bytes.fromhex(answer["towers"][0]["octets"])
    expect_equal(int.from_bytes(octets[PORT_AT:PORT_AT + 2], "big"), int(port.group(1)),
                 "port of samr")
    refused(lab, address, "epmapper",
            ("ept_map", {"map_tower": {"octets": samr.replace(SAMR, "00" * 16)},
                         "max_towers": 1}), status=NO,
            says="status of ept_map is 0x16c9a0d6, ept_s_not_registered")
    refused(lab, address, "epmapper", ("ept_lookup", {"max_entries": 501}), status=USAGE,
            says="max_entries: expected a number from 0 to 500")
    wrong_use(lab, address, "epmapper", "ept_lookup", {"max_entries": 1})
    no_ndr64(lab, address, "epmapper", "ept_lookup", {"max_entries": 1})
    return f"{len(towers)} towers"


def same_management(lab, address):
    """Interfaces, and whether it listens; nobody may stop it."""
    answers = call(lab, address, "mgmt", ("rpc_mgmt_inq_if_ids", {}),
                   ("rpc_mgmt_is_server_listening", {}), ("rpc_mgmt_stop_server_listening", {}),
                   status=NO)
    ours = {"interfaces": sorted(f"{i['id']} {i['major']}.{i['minor']}"
                                 for i in answers[0]["if_id_vector"]["ids"]),
            "listening": [answers[1]["status"], answers[1]["result"]],
            "stopping": {"error": answers[2]["status"]}}
    both_equal(ours, theirs(lab, "management", address), "management")
    wrong_use(lab, address, "mgmt", "rpc_mgmt_is_server_listening", {})
    no_ndr64(lab, address, "mgmt", "rpc_mgmt_is_server_listening", {})
    return f"{len(ours['interfaces'])} interfaces"


@case("call.epmapper-s3")
def epmapper_s3(lab):
    """samba-dcerpcd's endpoint mapper: the whole map, one service's port, nobody's"""
    return same_map(lab, lab.peer("samba_s3").address, NOT_REGISTERED)


@case("call.epmapper-ad", limit=150)
def epmapper_ad(lab):
    """A domain controller's endpoint mapper: the whole map, one service's port, nobody's"""
    return same_map(lab, lab.peer("samba_ad").address, 0)


@case("call.mgmt-s3")
def mgmt_s3(lab):
    """samba-dcerpcd's management interface: interfaces, is it listening, may it be stopped"""
    return same_management(lab, lab.peer("samba_s3").address)


@case("call.mgmt-ad", limit=150)
def mgmt_ad(lab):
    """A domain controller's management interface, likewise"""
    return same_management(lab, lab.peer("samba_ad").address)
