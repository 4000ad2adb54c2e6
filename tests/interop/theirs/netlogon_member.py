#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Samba as a domain member: opens its secure channel, validates a user, prints who it is as JSON.

usage: netlogon_member.py HOST seal|sign COMPUTER MACHINE-PASSWORD ACCOUNT RESPONSE
"""
import json
import sys

from samba import NTSTATUSError
from samba.credentials import DONT_USE_KERBEROS, Credentials
from samba.dcerpc import lsa, misc, netlogon
from samba.param import LoadParm

DOMAIN, CHALLENGE, NETWORK, SEALED, SIGNED = "LAB", range(1, 9), 2, 6, 3


def machine(computer, password):
    credentials = Credentials()
    credentials.set_username(f"{computer}$")
    credentials.set_workstation(computer)
    credentials.set_domain(DOMAIN)
    credentials.set_password(password)
    credentials.set_secure_channel_type(misc.SEC_CHAN_WKSTA)
    credentials.set_kerberos_state(DONT_USE_KERBEROS)
    return credentials


def text(value):
    string = lsa.String()
    string.string = value
    return string


def logon(account, response):
    info = netlogon.netr_NetworkInfo()
    info.identity_info.account_name = text(account)
    info.identity_info.domain_name = text(DOMAIN)
    info.identity_info.workstation = text("DESK")
    info.challenge = list(CHALLENGE)
    info.nt.length = info.nt.size = len(response)
    info.nt.data = list(response)
    return info


def main(host, protection, computer, password, account, response):
    lp = LoadParm()
    lp.load_default()
    member = netlogon.netlogon(f"ncacn_ip_tcp:{host}[schannel,{protection}]", lp,
                               machine(computer, password))
    level = SEALED if protection == "seal" else SIGNED
    answer = member.netr_LogonSamLogonEx(None, computer, NETWORK,
                                         logon(account, bytes.fromhex(response)), level, 0)[0]
    base = answer.base
    return {"account": base.account_name.string, "domain": base.logon_domain.string,
            "rid": base.rid, "sid": str(base.domain_sid), "key": bytes(base.key.key).hex(),
            "groups": [group.rid for group in base.groups.rids]}


try:
    print(json.dumps(main(*sys.argv[1:])))
except NTSTATUSError as why:
    print(json.dumps({"error": f"0x{why.args[0] & 0xffffffff:08x}"}))
