#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Accounts in a Samba domain's database, made by Samba's own code on the controller.

usage: samba_accounts.py CONF < JSON

The JSON is a list of accounts: {"name", "password"} makes a user; with "spns" one that has AES keys
alone, whose keys for these principals are exported to the file "keytab"; with "machine" a computer.
"""
import json
import sys

import ldb
import samba.dckeytab  # gives Net its export_keytab
from samba.auth import system_session
from samba.net import Net
from samba.param import LoadParm
from samba.samdb import SamDB

AES = 0x18  # msDS-SupportedEncryptionTypes: AES128 and AES256
WORKSTATION_TRUST, NO_EXPIRY = 0x1000, 0x10000


def replace(samdb, dn, **values):
    message = ldb.Message(dn)
    for name, value in values.items():
        name = name.replace("_", "-")
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    samdb.modify(message)


def make(samdb, account):
    name, password = account["name"], account["password"]
    if account.get("machine"):
        samdb.newcomputer(name)
        sam_name = name + "$"
    else:
        samdb.newuser(name, password)
        sam_name = name
    where = f"(sAMAccountName={sam_name})"
    if account.get("machine"):
        samdb.setpassword(where, password, False)
    dn = samdb.search(expression=where)[0].dn
    if account.get("machine"):
        replace(samdb, dn, userAccountControl=str(WORKSTATION_TRUST | NO_EXPIRY))
    if account.get("spns"):
        replace(samdb, dn, servicePrincipalName=account["spns"],
                msDS_SupportedEncryptionTypes=str(AES))


def main():
    lp = LoadParm(sys.argv[1])
    samdb = SamDB(lp.samdb_url(), session_info=system_session(lp), lp=lp)
    accounts = json.load(sys.stdin)
    for account in accounts:
        make(samdb, account)
        if account.get("spns"):
            # Keys are derived anew once the types are restricted.
            samdb.setpassword(f"(sAMAccountName={account['name']})", account["password"], False)
    net = Net(None, lp)
    for account in accounts:
        for spn in account.get("spns", ()):
            net.export_keytab(keytab=account["keytab"], principal=spn)


if __name__ == "__main__":
    main()
