# SPDX-License-Identifier: Apache-2.0
"""nmap's service detection."""
import re

from case import collector, expect
from cases.impacket_tools import full_mapper
from lab import need
from process import run

CASES, case = collector()


@case("nmap.version")
def version(lab):
    """nmap -sV says msrpc"""
    need("nmap")
    mapper = full_mapper(lab)
    result = run(["nmap", "-n", "-Pn", "-p135", "-sV", mapper.address], 50, env=lab.env)
    line = re.search(r"^135/tcp.*$", result.out, re.MULTILINE)
    expect(line and re.match(r"135/tcp +open +msrpc\b(?!\?)", line.group(0)),
           f"nmap does not know it:\n{result.tail()}")
    mapper.alive()
    return line.group(0)
