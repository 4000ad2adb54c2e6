# SPDX-License-Identifier: Apache-2.0
"""impacket's rpcdump.py and rpcmap.py, as Debian ships them."""
import re

import subject
from case import collector, expect, expect_equal
from lab import need, shared
from process import run

CASES, case = collector()
EXAMPLES = "/usr/share/doc/python3-impacket/examples"


@shared
def full_mapper(lab):
    """The mapper with twenty entries that most cases ask."""
    return subject.Mapper(lab, "full", 20)


def rpcdump(lab, address):
    need(f"{EXAMPLES}/rpcdump.py")
    return run(["/usr/bin/python3", f"{EXAMPLES}/rpcdump.py", address, "-port", "135"], 30,
               env=lab.env)


def listed(text):
    """{(uuid, version, annotation, endpoint)} of what rpcdump.py printed."""
    found = set()
    for block in re.split(r"\n(?=Protocol: )", text):
        head = re.search(r"^UUID    : (\S+) v(\S+) ?(.*)$", block, re.MULTILINE)
        if not head:
            continue
        uuid, version, annotation = head.group(1).lower(), head.group(2), head.group(3).strip()
        for endpoint in re.findall(r"^ +ncacn_ip_tcp:[0-9.]+\[(\d+)\]$", block, re.MULTILINE):
            found.add((uuid, version, annotation, endpoint))
    return found


@case("impacket.rpcdump")
def lists_every_endpoint(lab):
    """rpcdump.py lists every registered endpoint with its annotation"""
    mapper = full_mapper(lab)
    found = listed(rpcdump(lab, mapper.address).out)
    wanted = {(e.uuid, e.version, e.annotation, e.endpoint) for e in mapper.entries}
    expect(len(wanted) == 20, "twenty entries are registered")
    expect_equal(found & wanted, wanted, "endpoints that rpcdump.py lists")
    mapper.alive()
    return f"{len(found)} endpoints"


@case("impacket.rpcdump-many")
def lists_many(lab):
    """rpcdump.py lists 999 endpoints, from two answers of many fragments"""
    # It asks for 500 at a time and takes "no more" for an error, so that the last batch must not
    # be full: 1000 would not do.
    mapper = subject.Mapper(lab, "many", 999)
    found = listed(rpcdump(lab, mapper.address).out)
    wanted = {(e.uuid, e.version, e.annotation, e.endpoint) for e in mapper.entries}
    expect(len(wanted) == 999, "999 entries are registered")
    expect_equal(found & wanted, wanted, "endpoints that rpcdump.py lists")
    mapper.daemon.stop()


@case("impacket.rpcdump-empty")
def lists_nothing(lab):
    """rpcdump.py comes to an end where nothing is registered"""
    mapper = subject.Mapper(lab, "empty")
    result = rpcdump(lab, mapper.address)
    expect("endpoint" in result.out, f"no summary:\n{result.tail()}")
    expect_equal({row for row in listed(result.out) if row[3] != "135"}, frozenset(),
                 "endpoints beyond the mapper's own")
    mapper.alive()
    mapper.daemon.stop()


def rpcmap(lab, address, *options):
    need(f"{EXAMPLES}/rpcmap.py")
    return run(["/usr/bin/python3", f"{EXAMPLES}/rpcmap.py", *options,
                f"ncacn_ip_tcp:{address}[135]"], 30, env=lab.env)


def lists_the_mapper(result):
    uuids = set(re.findall(r"^UUID: (\S+) v(\S+)$", result.out, re.MULTILINE))
    expect_equal({(u.lower(), v) for u, v in uuids},
                 {("e1af8308-5d1f-11c9-91a4-08002b14a0fa", "3.0"),
                  ("afa8bd80-7d8a-11c9-bef4-08002b102989", "1.0")}, "interfaces")


@case("impacket.rpcmap")
def interfaces(lab):
    """rpcmap.py lists epmapper and mgmt, sealed under NTLM without a name, which is its default"""
    mapper = full_mapper(lab)
    lists_the_mapper(rpcmap(lab, mapper.address))
    mapper.alive()


@case("impacket.rpcmap-plain")
def interfaces_plain(lab):
    """rpcmap.py lists epmapper and mgmt without authentication"""
    mapper = full_mapper(lab)
    lists_the_mapper(rpcmap(lab, mapper.address, "-auth-level", "1"))
    mapper.alive()
