# SPDX-License-Identifier: Apache-2.0
"""Samba's rpcclient and smbtorture against our endpoint mapper."""
import re

import subject
from case import collector, expect, expect_equal
from cases.impacket_tools import full_mapper
from lab import need
from peers import samba
from process import run

CASES, case = collector()
LINE = re.compile(r"^(\S+) (nca[a-z_]+):([^\[]*)\[([^,\]]*),abstract_syntax=([0-9a-f-]{36})/"
                  r"0x([0-9a-f]{8})\]: ?(.*)$", re.MULTILINE)


def rpcclient(lab, address, command, status=0):
    need("rpcclient")
    return run(["rpcclient", "-s", samba.client_conf(lab), "-U%", "-c", command,
                f"ncacn_ip_tcp:{address}"], 30, env=lab.env, status=status)


def looked_up(lab, address):
    """{(uuid, major version, sequence, endpoint)} of rpcclient's epmlookup, which shows no minor."""
    result = rpcclient(lab, address, "epmlookup")
    found = set()
    for _object, sequence, _host, endpoint, uuid, version, _name in LINE.findall(result.out):
        found.add((uuid, int(version, 16) & 0xffff, sequence, endpoint))
    return found


@case("rpcclient.epmlookup")
def epmlookup(lab):
    """rpcclient's epmlookup, which asks for one entry at a time, lists every endpoint"""
    mapper = full_mapper(lab)
    wanted = {(e.uuid, e.major, "ncacn_ip_tcp", e.endpoint) for e in mapper.entries}
    found = looked_up(lab, mapper.address)
    expect_equal(found & wanted, wanted, "endpoints that rpcclient lists")
    mapper.alive()
    return f"{len(found)} endpoints"


@case("rpcclient.epmmap")
def epmmap(lab):
    """rpcclient's epmmap gets the port of a service"""
    mapper = full_mapper(lab)
    for name, entry in (("lsarpc", mapper.entries[0]), ("samr", mapper.entries[1]),
                        ("winreg", mapper.entries[5])):
        result = rpcclient(lab, mapper.address, f"epmmap {name} ncacn_ip_tcp")
        towers = re.findall(r"^tower\[\d+\] ncacn_ip_tcp:([0-9.]+)\[(\d+),abstract_syntax="
                            r"([0-9a-f-]{36})", result.out, re.MULTILINE)
        expect_equal(towers, [(mapper.address, entry.endpoint, entry.uuid)],
                     f"towers for {name}")
    mapper.alive()


@case("rpcclient.epmmap-unknown")
def epmmap_unknown(lab):
    """rpcclient's epmmap is told that nobody serves an interface"""
    mapper = full_mapper(lab)
    result = rpcclient(lab, mapper.address, "epmmap spoolss ncacn_ip_tcp", status=1)
    expect("0x16C9A0D6" in result.out, f"not told ept_s_not_registered:\n{result.tail()}")
    mapper.alive()


def torture(lab, mapper, suite, options=""):
    """{test: verdict} of one suite of smbtorture; options of the binding: "[bigendian]"."""
    need("smbtorture")
    result = run(["smbtorture", "-s", samba.client_conf(lab), "-U%",
                  "--option=torture:progress=no", f"--option=torture:basedir={lab.state}",
                  f"ncacn_ip_tcp:{mapper.address}{options}", suite], 60, env=lab.env, cwd=lab.state,
                 status=None)
    mapper.alive()
    verdicts = dict(reversed(pair) for pair in
                    re.findall(r"^(success|failure|error|skip): (\w[\w.]*)", result.out,
                               re.MULTILINE))
    expect(verdicts, f"smbtorture ran no test:\n{result.tail()}")
    return verdicts, result


def short(verdicts):
    return {name.split(".")[-1]: verdict for name, verdict in verdicts.items()}


INSERTING = ("Map_full", "Insert_noreplace")
ASKING = ("Map_simple", "Lookup_simple", "Lookup_terminate_search")


@case("smbtorture.epmapper")
def torture_epmapper(lab):
    """smbtorture rpc.epmapper: 3 of 5, the two that insert from the network are refused"""
    verdicts, result = torture(lab, full_mapper(lab), "rpc.epmapper")
    wanted = {**{n: "success" for n in ASKING}, **{n: "failure" for n in INSERTING}}
    expect(short(verdicts) == wanted, f"{short(verdicts)}\n{result.tail(20)}")
    return "3 of 5"


@case("smbtorture.epmapper-insert")
def torture_epmapper_insert(lab):
    """smbtorture rpc.epmapper: 5 of 5 where the configuration lets the network insert"""
    mapper = subject.Mapper(lab, "insert", 20, keys=[("allow-remote-insert", "true")])
    verdicts, result = torture(lab, mapper, "rpc.epmapper")
    wanted = {n: "success" for n in ASKING + INSERTING}
    expect(short(verdicts) == wanted, f"{short(verdicts)}\n{result.tail(20)}")
    mapper.daemon.stop()
    return "5 of 5"


@case("smbtorture.mgmt")
def torture_mgmt(lab):
    """smbtorture rpc.mgmt: 1 of 1, on the mapper and on a service that the mapper names"""
    mapper = subject.Mapper(lab, "mgmt")  # every endpoint named is visited: no made-up ones
    mapper.service(subject.NETLOGON, f"ncacn_ip_tcp:{mapper.address}")
    verdicts, result = torture(lab, mapper, "rpc.mgmt")
    expect(list(verdicts.values()) == ["success"], f"{verdicts}\n{result.tail(20)}")
    visited = set(re.findall(r"version 0x[0-9a-f]+  '(\w+)'", result.out))
    expect_equal(visited, {"epmapper", "mgmt", "netlogon"}, "interfaces that smbtorture was told of")
    mapper.daemon.stop()
    return "1 of 1"
