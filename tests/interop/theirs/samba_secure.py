#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Samba's own client asks a domain controller, with every way of authentication and level.

usage: samba_secure.py HOST USER PASSWORD DOMAIN ACCOUNT < JSON

The JSON is {label: options of the binding}, "ntlm,seal"; ACCOUNT is the one that DsCrackNames looks
up. Prints {label: {what: answer}}, where an answer is the values or {"error": status}.
"""
import json
import sys

from samba import NTSTATUSError, WERRORError
from samba.credentials import MUST_USE_KERBEROS, DONT_USE_KERBEROS, Credentials
from samba.dcerpc import drsuapi, epmapper, lsa, misc, netlogon, samr
from samba.param import LoadParm

MAXIMUM_ALLOWED = 0x02000000


def credentials(lp, user, password, domain, options):
    c = Credentials()
    if not options:
        c.set_anonymous()
        return c
    c.guess(lp)
    c.set_username(user)
    c.set_password(password)
    c.set_domain(domain)
    c.set_realm(lp.get("realm"))
    if "krb5" in options:
        c.set_kerberos_state(MUST_USE_KERBEROS)
    if "ntlm" in options:
        c.set_kerberos_state(DONT_USE_KERBEROS)
    return c


def ask_samr(connect, _account):
    s = connect(samr.samr)
    handle = s.Connect2(None, MAXIMUM_ALLOWED)
    return sorted(e.name.string for e in s.EnumDomains(handle, 0, 0xffff)[1].entries)


def ask_drsuapi(connect, account):
    s = connect(drsuapi.drsuapi)
    info = drsuapi.DsBindInfoCtr()
    info.length = 28
    info.info = drsuapi.DsBindInfo28()
    _info, handle = s.DsBind(misc.GUID(drsuapi.DRSUAPI_DS_BIND_GUID), info)
    name = drsuapi.DsNameString()
    name.str = account
    request = drsuapi.DsNameRequest1()
    request.codepage, request.language, request.format_flags = 1252, 1033, 0
    request.format_offered = drsuapi.DRSUAPI_DS_NAME_FORMAT_NT4_ACCOUNT
    request.format_desired = drsuapi.DRSUAPI_DS_NAME_FORMAT_FQDN_1779
    request.count, request.names = 1, [name]
    _level, answer = s.DsCrackNames(handle, 1, request)
    return [[e.status, e.dns_domain_name, e.result_name] for e in answer.array]


def ask_netlogon(connect, _account):
    s = connect(netlogon.netlogon)
    info = s.netr_DsRGetDCNameEx2(None, None, 0, None, None, None, 0)
    return [info.dc_unc, info.dc_address, str(info.domain_guid), info.domain_name,
            info.forest_name, info.dc_flags, info.dc_site_name]


def ask_lsarpc(connect, _account):
    connect(lsa.lsarpc).OpenPolicy2(None, lsa.ObjectAttribute(), MAXIMUM_ALLOWED)
    return "opened"


def ask_epmapper(connect, _account):
    s = connect(epmapper.epmapper, "135")
    _handle, entries = s.epm_Lookup(0, None, None, 1, misc.policy_handle(), 500)[:2]
    return len(entries)


ASK = {"samr": ask_samr, "drsuapi": ask_drsuapi, "netlogon": ask_netlogon, "lsarpc": ask_lsarpc,
       "epmapper": ask_epmapper}


def main():
    host, user, password, domain, account = sys.argv[1:]
    lp = LoadParm()
    lp.load_default()
    found = {}
    for label, options in json.load(sys.stdin).items():
        def connect(module, endpoint=""):
            inside = ",".join(part for part in (endpoint, options) if part)
            return module(f"ncacn_ip_tcp:{host}[{inside}]", lp,
                          credentials(lp, user, password, domain, options))
        found[label] = {}
        for what, ask in ASK.items():
            try:
                found[label][what] = ask(connect, account)
            except (NTSTATUSError, WERRORError) as why:
                found[label][what] = {"error": why.args[0]}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
