# SPDX-License-Identifier: Apache-2.0
"""Samba's tests of what Windows does with raw PDUs, the part that needs no authentication."""
import os
import re

import subject
from case import collector, expect
from lab import need
from peers import samba
from process import run

CASES, case = collector()
HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = "samba.tests.dcerpc.raw_protocol"
INSTALLED = "/usr/lib/python3/dist-packages/samba/tests/dcerpc/raw_protocol.py"
# What Samba's own domain controller does not pass either.
KNOWN = {"test_no_auth_presentation_ctx_invalid4"}


def names():
    with open(os.path.join(HERE, "..", "data", "raw-noauth.txt"), encoding="ascii") as f:
        return [line.strip() for line in f if not line.startswith("#")]


@case("raw-protocol", limit=150)
def raw_protocol(lab):
    """samba.tests.dcerpc.raw_protocol: at least 78 of the 79 tests without authentication"""
    need(INSTALLED)
    mapper = subject.Mapper(lab, "raw")
    mapper.service(subject.NETLOGON, f"ncacn_ip_tcp:{mapper.address}")
    wanted = names()
    env = dict(lab.env, SERVER=mapper.address, TARGET_HOSTNAME=mapper.address,
               SMB_CONF_PATH=samba.client_conf(lab), DOMAIN="PORTERO", REALM="PORTERO.EXAMPLE",
               USERNAME="nobody", PASSWORD="unused", MAX_NUM_AUTH="8")
    result = run(["/usr/bin/python3", "-W", "ignore", "-m", "unittest", "-v",
                  *(f"{MODULE}.TestDCERPC_BIND.{name}" for name in wanted)], 140, env=env,
                 cwd=lab.state, status=None)
    mapper.alive()
    ran = re.search(r"^Ran (\d+) tests", result.out, re.MULTILINE)
    expect(ran and int(ran.group(1)) == len(wanted) == 79, f"not all ran:\n{result.tail()}")
    bad = set(re.findall(r"^(?:FAIL|ERROR): (\w+)", result.out, re.MULTILINE))
    expect(bad <= KNOWN, "\n".join([f"{len(wanted) - len(bad)} of {len(wanted)}",
                                    *(f"- {name}" for name in sorted(bad)),
                                    *re.findall(r"^\w*(?:Error|Exception): .*$", result.out,
                                                re.MULTILINE)[:30]]))
    mapper.daemon.stop()
    return f"{len(wanted) - len(bad)} of {len(wanted)}"
