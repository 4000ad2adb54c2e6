#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Samba's own client asks, and prints what it was told as JSON, with our names.

usage: samba_values.py WHAT HOST [ARGUMENT]...
"""
import json
import sys

from samba import NTSTATUSError, WERRORError
from samba.credentials import Credentials
from samba.dcerpc import lsa, mgmt, samr, srvsvc, winreg, wkssvc
from samba.param import LoadParm

MAXIMUM_ALLOWED = 0x02000000


def connect(module, host):
    lp = LoadParm()
    lp.load_default()
    anonymous = Credentials()
    anonymous.set_anonymous()
    return module(f"ncacn_ip_tcp:{host}", lp, anonymous)


def picked(value, **names):
    """{our name: attribute of value}"""
    return {ours: getattr(value, theirs) for ours, theirs in names.items()}


def attempt(function, *arguments):
    """The answer, or the status that says no."""
    try:
        return function(*arguments)
    except (NTSTATUSError, WERRORError) as why:
        return {"error": why.args[0]}


# ---- the registry ----

def key_name(text):
    name = winreg.String()
    name.name = text
    return name


def buffer(size, kind=winreg.StringBuf):
    b = kind()
    b.size = size
    return b


def registry(host, path):
    """Names of keys, and values with type and bytes, in the server's order."""
    server = connect(winreg.winreg, host)
    root = server.OpenHKLM(None, MAXIMUM_ALLOWED)
    key = server.OpenKey(root, key_name(path), 0, MAXIMUM_ALLOWED)
    info = server.QueryInfoKey(key, key_name(""))
    keys = [server.EnumKey(key, i, buffer(512), buffer(0), 0)[0].name for i in range(info[1])]
    values = []
    for i in range(info[4]):
        name, kind, data, _size, _length = server.EnumValue(
            key, i, buffer(512, winreg.ValNameBuf), 0, [], 1024, 0)
        values.append({"name": name.name, "type": kind, "data": bytes(data).hex()})
    return {"version": server.GetVersion(key), "keys": keys, "values": values,
            "longest_name": info[5], "longest_data": info[6]}


# ---- file servers and workstations ----

SHARE = {
    0: {"net_name": "name"},
    1: {"net_name": "name", "type": "type", "remark": "comment"},
    2: {"net_name": "name", "type": "type", "remark": "comment", "permissions": "permissions",
        "max_uses": "max_users", "current_uses": "current_users", "path": "path",
        "password": "password"},
    501: {"net_name": "name", "type": "type", "remark": "comment", "flags": "csc_policy"},
    502: {"net_name": "name", "type": "type", "remark": "comment", "permissions": "permissions",
          "max_uses": "max_users", "current_uses": "current_users", "path": "path",
          "password": "password"},
}
SERVER = {
    100: {"platform_id": "platform_id", "name": "server_name"},
    101: {"platform_id": "platform_id", "name": "server_name", "version_major": "version_major",
          "version_minor": "version_minor", "type": "server_type", "comment": "comment"},
    102: {"platform_id": "platform_id", "name": "server_name", "version_major": "version_major",
          "version_minor": "version_minor", "type": "server_type", "comment": "comment",
          "max_users": "users", "disconnect_minutes": "disc", "is_hidden": "hidden",
          "announce_seconds": "announce", "announce_delta": "anndelta",
          "num_licenses": "licenses", "user_path": "userpath"},
}
WORKSTATION = {
    100: {"platform_id": "platform_id", "computer_name": "server_name",
          "lan_group": "domain_name", "version_major": "version_major",
          "version_minor": "version_minor"},
}
WORKSTATION[101] = dict(WORKSTATION[100], lan_root="lan_root")
WORKSTATION[102] = dict(WORKSTATION[101], num_logged_on_users="logged_on_users")


def shares(host):
    """Each level, of all shares and of one."""
    server = connect(srvsvc.srvsvc, host)
    found = {}
    for level, names in SHARE.items():
        control = srvsvc.NetShareInfoCtr()
        control.level = level
        control.ctr = getattr(srvsvc, f"NetShareCtr{level}")()
        control, total, _resume = server.NetShareEnumAll(None, control, 0xffffffff, None)
        one = server.NetShareGetInfo(None, "files", level)
        found[level] = {"total": total, "one": picked(one, **names),
                        "all": [picked(entry, **names) for entry in control.ctr.array]}
    return found


def share(host, name):
    return attempt(connect(srvsvc.srvsvc, host).NetShareGetInfo, None, name, 1)


def server(host):
    s = connect(srvsvc.srvsvc, host)
    return {level: picked(s.NetSrvGetInfo(None, level), **names)
            for level, names in SERVER.items()}


def workstation(host):
    found = {}
    for level, names in WORKSTATION.items():
        answer = attempt(connect(wkssvc.wkssvc, host).NetWkstaGetInfo, None, level)
        found[level] = answer if isinstance(answer, dict) else picked(answer, **names)
    return found


# ---- accounts ----

def entries(answer):
    _resume, array, _count = answer
    return [{"rid": e.idx, "name": e.name.string} for e in (array and array.entries) or []]


def domain_general(info):
    found = picked(info, domain_server_state="domain_server_state",
                   domain_server_role="role", num_users="num_users", num_groups="num_groups",
                   num_aliases="num_aliases")
    return dict(found, domain_name=info.domain_name.string)


def accounts(host):
    """For each domain its identifier, users, groups, aliases and what it says of itself."""
    s = connect(samr.samr, host)
    handle = s.Connect2(None, MAXIMUM_ALLOWED)
    found = {}
    for entry in s.EnumDomains(handle, 0, 0xffff)[1].entries:
        sid = s.LookupDomain(handle, entry.name)
        domain = s.OpenDomain(handle, MAXIMUM_ALLOWED, sid)
        found[entry.name.string] = {
            "sid": str(sid),
            "users": entries(s.EnumDomainUsers(domain, 0, 0, 0xffff)),
            "groups": entries(s.EnumDomainGroups(domain, 0, 0xffff)),
            "aliases": entries(s.EnumDomainAliases(domain, 0, 0xffff)),
            "general": domain_general(s.QueryDomainInfo(domain, 2)),
        }
    return found


def policy(host):
    """What the local security authority says to a caller without a name."""
    s = connect(lsa.lsarpc, host)
    return {
        "LsarOpenPolicy2": attempt(s.OpenPolicy2, None, lsa.ObjectAttribute(), MAXIMUM_ALLOWED),
        "LsarLookupNames4": attempt(s.LookupNames4, [lsa.String()], lsa.TransSidArray3(), 1, 0, 0,
                                    2),
        "LsarLookupSids3": attempt(s.LookupSids3, lsa.SidArray(), lsa.TransNameArray2(), 1, 0, 0,
                                   2),
    }


def management(host):
    server = connect(mgmt.mgmt, f"{host}[135]")
    ids = [entry.id for entry in server.inq_if_ids().if_id]
    return {"interfaces": sorted(f"{i.uuid} {i.if_version & 0xffff}.{i.if_version >> 16}"
                                 for i in ids),
            "listening": list(server.is_server_listening()),
            "stopping": attempt(server.stop_server_listening)}


WHAT = {f.__name__: f for f in (registry, shares, share, server, workstation, accounts, policy, management)}

if __name__ == "__main__":
    json.dump(WHAT[sys.argv[1]](*sys.argv[2:]), sys.stdout)
