# SPDX-License-Identifier: Apache-2.0
"""Our tools against other people's servers list what Samba's own clients list."""
import json
import re

from case import collector, expect, expect_equal
from cases.samba_clients import looked_up
from peers import samba
from process import run

CASES, case = collector()

INTERFACES = """
import sys
from samba.dcerpc import mgmt
listed = mgmt.mgmt(sys.argv[1]).inq_if_ids()
for entry in listed.if_id:
    i = entry.id
    print(i.uuid, "%d.%d" % (i.if_version & 0xffff, i.if_version >> 16))
"""


def listed_by_us(lab, address):
    """{(uuid, major version, sequence, endpoint)} of `portero ls --json`."""
    out = run([lab.program("portero"), "ls", address, "--json"], 20, env=lab.env).out
    found = set()
    for interface in json.loads(out)["interfaces"]:
        for endpoint in interface["endpoints"]:
            binding = re.fullmatch(r"(?:[0-9a-f-]{36}@)?(\w+):[^\[]*\[(.*)\]", endpoint["binding"])
            expect(binding, f"not a string binding: {endpoint['binding']}")
            found.add((interface["uuid"], int(interface["version"].split(".")[0]), binding.group(1),
                       binding.group(2).replace("\\\\", "\\")))
    return found


def same_endpoints(lab, peer):
    theirs, ours = looked_up(lab, peer.address), listed_by_us(lab, peer.address)
    expect(len(theirs) > 10, f"rpcclient lists {len(theirs)} endpoints only")
    expect_equal(ours, theirs, "endpoints that portero ls lists")
    return f"{len(ours)} endpoints"


def same_interfaces(lab, peer):
    binding = f"ncacn_ip_tcp:{peer.address}[135]"
    theirs = run(["/usr/bin/python3", "-c", INTERFACES, binding], 20,
                 env=dict(lab.env, SMB_CONF_PATH=samba.client_conf(lab)))
    wanted = {tuple(line.split()) for line in theirs.lines()}
    expect(len(wanted) > 1, f"Samba's client lists {len(wanted)} interfaces only")
    out = run([lab.program("portero"), "info", binding, "--json"], 20, env=lab.env).out
    got = {(i["uuid"], i["version"]) for i in json.loads(out)["interfaces"]}
    expect_equal(got, wanted, "interfaces that portero info lists")
    return f"{len(got)} interfaces"


@case("ls.samba-ad", limit=150)
def ls_ad(lab):
    """portero ls against a Samba domain controller lists what rpcclient lists"""
    return same_endpoints(lab, lab.peer("samba_ad"))


@case("ls.samba-s3")
def ls_s3(lab):
    """portero ls against samba-dcerpcd lists what rpcclient lists"""
    return same_endpoints(lab, lab.peer("samba_s3"))


@case("info.samba-ad", limit=150)
def info_ad(lab):
    """portero info against a Samba domain controller lists what Samba's mgmt client lists"""
    return same_interfaces(lab, lab.peer("samba_ad"))


@case("info.samba-s3")
def info_s3(lab):
    """portero info against samba-dcerpcd lists what Samba's mgmt client lists"""
    return same_interfaces(lab, lab.peer("samba_s3"))
