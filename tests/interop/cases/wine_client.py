# SPDX-License-Identifier: Apache-2.0
"""A Windows program under Wine finds and calls our service."""
import re

from case import collector, expect, expect_equal
from lab import shared
import subject

CASES, case = collector()
CALLS = 200
NOT_REGISTERED = 0x16c9a0d6  # Wine hands it on as it came


@shared
def greeting_mapper(lab):
    """A mapper with one real service, on a dynamic port."""
    mapper = subject.Mapper(lab, "greeting")
    mapper.greeter = mapper.service(subject.GREETER, f"ncacn_ip_tcp:{mapper.address}")
    return mapper


@shared
def windows_client(lab):
    """The path of the greeter's client for Windows."""
    return lab.peer("wine").build(lab.source("examples", "greeter", "greeter.idl"),
                                  lab.source("tests", "interop", "wine", "greeter_client.c"))


@case("wine.resolve-and-call", limit=150)
def resolve_and_call(lab):
    """RpcEpResolveBinding gets the dynamic port from our mapper; calls to it are answered"""
    program = windows_client(lab)
    mapper = greeting_mapper(lab)
    result = lab.peer("wine").run(program, mapper.address, str(CALLS))
    expect(result.status == 0, f"status {result.status}\n{result.tail()}")
    resolved = re.search(r"resolved ncacn_ip_tcp:([0-9.]+)\[(\d+)\]", result.out)
    expect(resolved, result.tail())
    expect_equal((resolved.group(1), int(resolved.group(2))),
                 (mapper.address, mapper.greeter.port), "the endpoint")
    expect(f"{CALLS} calls answered, 40 + 2 is 42" in result.out, result.tail())
    mapper.alive()
    return resolved.group(0)


@case("wine.nobody-there", limit=150)
def nobody_there(lab):
    """A Windows program is told ept_s_not_registered where there is no service"""
    program = windows_client(lab)
    mapper = subject.Mapper(lab, "nobody")
    result = lab.peer("wine").run(program, mapper.address, "1")
    expect(f"RpcEpResolveBinding: {NOT_REGISTERED}" in result.out, result.tail())
    mapper.alive()
    mapper.daemon.stop()
