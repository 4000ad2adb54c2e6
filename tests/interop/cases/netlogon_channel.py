# SPDX-License-Identifier: Apache-2.0
"""The secure channel of a domain member to Samba's domain controller."""
from case import collector, expect, expect_equal
from lab import shared
from process import run

CASES, case = collector()

COMPUTER, SIGNER, USER = "PORTEROWS", "PORTEROSIGN", "alice"  # SIGNER need not seal: peers/samba_ad.py
MACHINE_PASSWORD, PASSWORD = "Machine-Secret-1", "Alice-Passw0rd"
FLAGS = "612fffff"


def samba_tool(lab, peer, *arguments):
    return run(["samba-tool", *arguments, "-H", f"{peer.base}/private/sam.ldb", "-s", peer.conf], 60,
               env=lab.env).out


@shared
def domain(lab):
    """The controller, with two machine accounts and a user."""
    peer = lab.peer("samba_ad")
    for computer in (COMPUTER, SIGNER):
        samba_tool(lab, peer, "computer", "create", computer)
        samba_tool(lab, peer, "user", "setpassword", f"{computer}$",
                   f"--newpassword={MACHINE_PASSWORD}")
    samba_tool(lab, peer, "user", "create", USER, PASSWORD)
    return peer


def response(lab, peer, password, server):
    """Challenge, response and key of a caller of server with this password, by impacket."""
    return run(["/usr/bin/python3", lab.source("tests", "interop", "theirs", "ntlm_response.py"),
                USER, peer.workgroup, password, server], 20, env=lab.env).out.split()


def member(lab, level, computer=COMPUTER, machine_password=MACHINE_PASSWORD, password=PASSWORD,
           called=None, status=0):
    """What our member was told: a list of values for each word. And the key it should get."""
    peer = domain(lab)
    challenge, answer, key = response(lab, peer, password, called or computer)
    out = run([lab.program("tests/interop/netlogon_member"), peer.address, computer, peer.workgroup,
               str(level), USER, challenge, answer], 60,
              env=dict(lab.env, PASSWORD=machine_password), status=status)
    told = {}
    for line in out.lines():
        word, _, value = line.partition(" ")
        told.setdefault(word, []).append(value)
    return told, key


def check_logon(lab, level, computer):
    told, key = member(lab, level, computer)
    expect_equal(told["flags"], [FLAGS], "what both sides can do")
    expect_equal(told["capabilities"], [FLAGS] * 6, "what the controller says it agreed on")
    expect_equal(told["account"] + told["domain"], [USER, domain(lab).workgroup], "who it is")
    expect_equal(told["key"], [key], "the session key")
    shown = samba_tool(lab, domain(lab), "user", "show", USER, "--attributes=objectSid")
    sid = [line.split()[1] for line in shown.splitlines() if line.startswith("objectSid:")]
    expect_equal(told["sid"], sid + [sid[0].rpartition("-")[0] + "-513"], "the SIDs")


@case("netlogon-sealed", limit=150)
def sealed(lab):
    """A user validated through the secure channel, sealed; authenticators, header signing on and off."""
    check_logon(lab, 6, COMPUTER)
    told, _ = member(lab, 6, password="wrong", status=1)
    expect(any("NT_STATUS_WRONG_PASSWORD" in x for x in told["error"]), f"a wrong password: {told}")
    told, _ = member(lab, 6, called="SOMEBODY", status=1)
    expect(any("NT_STATUS_LOGON_FAILURE" in x for x in told["error"]),
           f"a response meant for another server: {told}")


@case("netlogon-signed", limit=150)
def signed(lab):
    """The same signed, where the controller lets it; the key comes encrypted then."""
    check_logon(lab, 5, SIGNER)
    told, _ = member(lab, 5, SIGNER, password="wrong", status=1)
    expect(any("NT_STATUS_WRONG_PASSWORD" in x for x in told["error"]), f"a wrong password: {told}")
    told, _ = member(lab, 5, COMPUTER, status=1)
    expect(any("NT_STATUS_ACCESS_DENIED" in x or "0x00000005" in x for x in told["error"]),
           f"a computer that has to seal: {told}")


@case("netlogon-wrong-machine", limit=150)
def wrong_machine(lab):
    """A wrong machine password, and a computer that the domain does not know."""
    told, _ = member(lab, 6, machine_password="wrong", status=1)
    expect_equal(told["error"], ["open: result NT_STATUS_ACCESS_DENIED (0xc0000022)"],
                 "a wrong machine password")
    told, _ = member(lab, 6, "STRANGER", status=1)
    expect_equal(told["error"], ["open: result NT_STATUS_NO_TRUST_SAM_ACCOUNT (0xc000018b)"],
                 "an unknown computer")
