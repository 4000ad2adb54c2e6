# SPDX-License-Identifier: Apache-2.0
"""Windows programs under Wine and our test interface: widl's stubs on one side, ours on the other."""
import re

import subject
from calls import REFUSED, both_equal, call, refused
from case import collector, expect, expect_equal
from lab import shared

CASES, case = collector()
CHECKS = 25
PORT = 4913  # of the server under Wine
INVALID_PARAMETER = 0x57


def program(lab, role):
    return lab.peer("wine").build(lab.source("tests", "idl", "lab.idl"),
                                  lab.source("tests", "interop", "wine", f"lab_{role}.c"), role)


@shared
def windows_client(lab):
    return program(lab, "client")


def peer_server(lab, name):
    mapper = subject.Mapper(lab, name)
    mapper.peer = mapper.service(subject.PEER_SERVER, f"ncacn_ip_tcp:{mapper.address}",
                                 "--register")
    return mapper


@case("wine.client", limit=150)
def client(lab):
    """A client of widl's calls every operation of our server, on the port that our mapper names"""
    windows = windows_client(lab)
    mapper = peer_server(lab, "lab")
    result = lab.peer("wine").run(windows, mapper.address)
    lines = result.lines()
    expect(result.status == 0 and "0 failed" in lines, f"status {result.status}\n{result.tail(30)}")
    expect_equal(len([line for line in lines if line.startswith("ok ")]), CHECKS, "checks")
    resolved = re.search(r"resolved ncacn_ip_tcp:([0-9.]+)\[(\d+)\]", result.out)
    expect_equal((resolved.group(1), int(resolved.group(2))), (mapper.address, mapper.peer.port),
                 "the endpoint")
    expect_equal(mapper.peer.child.wait(timeout=10), 0, "our server's status after Shutdown")
    mapper.alive()
    return f"{CHECKS} checks"


@case("wine.client-raise", limit=150)
def client_raise(lab):
    """What our server's handler raises is what the Windows program catches"""
    windows = windows_client(lab)
    mapper = peer_server(lab, "raise")
    for code in ("0x57", "0xc0000148"):
        result = lab.peer("wine").run(windows, mapper.address, code)
        expect_equal((result.status, f"exception {code}" in result.out), (100, True),
                     f"status, raised\n{result.tail()}\n")
    expect(mapper.peer.child.poll() is None, mapper.peer.text())
    mapper.peer.stop()
