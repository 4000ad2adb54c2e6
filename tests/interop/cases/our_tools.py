# SPDX-License-Identifier: Apache-2.0
"""Our tools against other people's servers list what Samba's own clients list."""
import json

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
        major = int(interface["version"].split(".")[0])
        for endpoint in interface["endpoints"]:
            found.add((interface["uuid"], major, endpoint["protseq"], endpoint["endpoint"]))
    return found


def same_endpoints(lab, peer, dropped=0):
    theirs, ours = looked_up(lab, peer.address), listed_by_us(lab, peer.address)
    expect(len(theirs) > 10, f"rpcclient lists {len(theirs)} endpoints only")
    if len(ours - theirs) != dropped or theirs - ours:
        expect_equal(ours, theirs, f"endpoints that portero ls lists, with {dropped} more")
    return f"{len(ours)} endpoints"


def same_interfaces(lab, peer):
    """On every port that the peer's mapper names."""
    ports = {endpoint for _, _, protseq, endpoint in listed_by_us(lab, peer.address)
             if protseq == "ncacn_ip_tcp"}
    expect("135" in ports and len(ports) > 2, f"ports: {sorted(ports)}")
    count = 0
    for port in sorted(ports):
        binding = f"ncacn_ip_tcp:{peer.address}[{port}]"
        theirs = run(["/usr/bin/python3", "-c", INTERFACES, binding], 20,
                     env=dict(lab.env, SMB_CONF_PATH=samba.client_conf(lab)))
        wanted = {tuple(line.split()) for line in theirs.lines()}
        out = run([lab.program("portero"), "info", binding, "--json"], 20, env=lab.env).out
        got = {(i["uuid"], i["version"]) for i in json.loads(out)["interfaces"]}
        expect_equal(got, wanted, f"interfaces that portero info lists on port {port}")
        expect(len(got) > 1, f"on port {port} only {got}")
        count += len(got)
    return f"{count} interfaces on {len(ports)} ports"


@case("ls.samba-ad", limit=150)
def ls_ad(lab):
    """portero ls against a Samba domain controller lists what rpcclient lists"""
    return same_endpoints(lab, lab.peer("samba_ad"))


@case("ls.samba-s3")
def ls_s3(lab):
    """portero ls against samba-dcerpcd lists what rpcclient lists, and the last one"""
    # samba-dcerpcd sends the last entry together with "no more", where rpcclient drops it.
    return same_endpoints(lab, lab.peer("samba_s3"), dropped=1)


@case("info.samba-ad", limit=150)
def info_ad(lab):
    """portero info against a Samba domain controller lists what Samba's mgmt client lists"""
    return same_interfaces(lab, lab.peer("samba_ad"))


@case("info.samba-s3")
def info_s3(lab):
    """portero info against samba-dcerpcd lists what Samba's mgmt client lists"""
    return same_interfaces(lab, lab.peer("samba_s3"))
