# SPDX-License-Identifier: Apache-2.0
"""Samba's tests of what Windows does with raw PDUs."""
import concurrent.futures
import os
import re

import authenticating
import domain as d
import subject
from case import collector, expect, expect_equal
from lab import need
from peers import samba
from process import run

CASES, case = collector()
HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = "samba.tests.dcerpc.raw_protocol"
INSTALLED = "/usr/lib/python3/dist-packages/samba/tests/dcerpc/raw_protocol.py"
ALL_TESTS = 194
PARTS = 4  # at a time: the tests wait for silence most of the time
MAX_NUM_AUTH = 64  # security contexts of one connection


def data(name):
    """Lines of a file of data/, without comments."""
    with open(os.path.join(HERE, "..", "data", name), encoding="ascii") as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def suite_env(lab, address, **changes):
    return {**lab.env, "SERVER": address, "TARGET_HOSTNAME": address, "DOMAIN": "PORTERO",
            "REALM": "PORTERO.EXAMPLE", "USERNAME": "nobody", "PASSWORD": "unused",
            "SMB_CONF_PATH": samba.client_conf(lab), "MAX_NUM_AUTH": str(MAX_NUM_AUTH), **changes}


def run_tests(lab, names, env, limit):
    """(names that failed, what was printed); every one of them ran."""
    with concurrent.futures.ThreadPoolExecutor(PARTS) as pool:
        parts = [names[i::PARTS] for i in range(PARTS)]
        results = list(pool.map(lambda part: run(
            ["/usr/bin/python3", "-W", "ignore", "-m", "unittest", "-v",
             *(f"{MODULE}.TestDCERPC_BIND.{name}" for name in part)], limit, env=env,
            cwd=lab.state, status=None), parts))
    out = "\n".join(result.out for result in results)
    ran = sum(int(count) for count in re.findall(r"^Ran (\d+) tests", out, re.MULTILINE))
    expect_equal(ran, len(names), "tests that ran")
    return set(re.findall(r"^(?:FAIL|ERROR): (\w+)", out, re.MULTILINE)), out


def reasons(out, names):
    """What the suite says of each of them: where in the test, and the last line."""
    found = []
    for block in re.split(r"^={70}$", out, flags=re.MULTILINE)[1:]:
        name = re.search(r"^(?:FAIL|ERROR): (\w+)", block, re.MULTILINE)
        if not name or name.group(1) not in names:
            continue
        at = re.findall(r"raw_protocol\.py\", line (\d+)", block)
        last = re.findall(r"^\w[\w.]*(?:Error|Exception|timeout)\b.*$", block, re.MULTILINE)
        found.append(f"- {name.group(1)} (line {at[-1] if at else '?'}): {' '.join(last[:1])}"[:200])
    return sorted(found)


@case("raw-protocol.plain", limit=150)
def plain(lab):
    """samba.tests.dcerpc.raw_protocol: all 79 tests without authentication, on portero serve"""
    need(INSTALLED)
    mapper = subject.Mapper(lab, "raw")
    mapper.service(subject.NETLOGON, f"ncacn_ip_tcp:{mapper.address}")
    names = data("raw-noauth.txt")
    expect_equal(len(names), 79, "tests")
    bad, out = run_tests(lab, names, suite_env(lab, mapper.address), 140)
    mapper.alive()
    expect(not bad, "\n".join([f"{len(names) - len(bad)} of {len(names)}", *reasons(out, bad)]))
    mapper.daemon.stop()
    return f"{len(names) - len(bad)} of {len(names)}"


def every_test(lab):
    listed = run(["/usr/bin/python3", "-W", "ignore", "-c",
                  "import samba.tests.dcerpc.raw_protocol as r\n"
                  "print('\\n'.join(n for n in dir(r.TestDCERPC_BIND) if n.startswith('test_')))"],
                 20, env=suite_env(lab, "127.0.0.1"))
    names = listed.lines()
    expect_equal(len(names), ALL_TESTS, "tests of the suite")
    return names


def expected_failures():
    """{name: why} of data/raw-failures.txt."""
    return dict(line.split(None, 1) for line in data("raw-failures.txt"))


@case("raw-protocol.all", limit=200)
def everything(lab):
    """samba.tests.dcerpc.raw_protocol: all 194, but for what data/raw-failures.txt explains"""
    need(INSTALLED)
    there = d.domain(lab)
    server = authenticating.mapper(lab)
    env = suite_env(lab, server.address, TARGET_HOSTNAME=d.OURS, DOMAIN=d.WORKGROUP, REALM=d.REALM,
                    USERNAME=d.USER, PASSWORD=d.PASSWORD, SMB_CONF_PATH=there.conf)
    names, known = every_test(lab), expected_failures()
    expect(set(known) <= set(names), f"no such tests: {sorted(set(known) - set(names))}")
    bad, out = run_tests(lab, names, env, 190)
    server.alive()
    passed = f"{len(names) - len(bad)} of {len(names)}"
    expect(bad <= set(known), "\n".join([passed, *reasons(out, bad - set(known))]))
    expect_equal(sorted(set(known) - bad), [], "tests that pass, but are listed as failures")
    return passed
