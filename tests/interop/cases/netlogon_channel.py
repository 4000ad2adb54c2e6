# SPDX-License-Identifier: Apache-2.0
"""The secure channel: our member with Samba's domain controller, Samba's member with our acceptor."""
import json

from case import collector, expect, expect_equal
from lab import shared
from peers import samba
from process import Daemon, listening, run

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


# ---- the other way round ----

RIGHT, WRONG = "a11ce0" + "00" * 21, "a11ce1" + "00" * 21  # tests/system/mini_controller.c
ALICE = {"account": "alice", "domain": "LAB", "rid": 1105, "sid": "S-1-5-21-1-2-3",
         "groups": [513, 1201, 1200], "key": bytes(range(0x40, 0x50)).hex()}


def samba_member(lab, host, *arguments):
    out = run(["/usr/bin/python3", lab.source("tests", "interop", "theirs", "netlogon_member.py"),
               host, *arguments], 60, env=dict(lab.env, SMB_CONF_PATH=samba.client_conf(lab))).out
    return json.loads(out[out.index("{"):])


@case("netlogon-samba-member", limit=90)
def their_member(lab):
    """Samba's member validates a user through our acceptor, sealed and signed."""
    host = lab.address(135)
    controller = Daemon("controller", [lab.program("tests/interop/netlogon_controller"), host],
                        lab.path("controller.log"), env=lab.env)
    lab.on_stop(controller.stop)
    controller.wait_for(lambda: listening(host, 135), 10)
    for protection in ("seal", "sign"):
        account = (host, protection, "FILES", MACHINE_PASSWORD, "alice")
        told = samba_member(lab, *account, RIGHT)
        if protection == "sign":  # encrypted: Samba's Python leaves it so
            expect(len(told.get("key", "")) == 32 and told["key"] != ALICE["key"], f"a key: {told}")
            told["key"] = ALICE["key"]
        expect_equal(told, ALICE, protection)
        expect_equal(samba_member(lab, *account, WRONG), {"error": "0xc000006a"}, "a wrong password")
    expect_equal(samba_member(lab, host, "seal", "FILES", "wrong", "alice", RIGHT),
                 {"error": "0xc0000022"}, "a wrong machine password")
    expect_equal(controller.stop(), 0, "the controller's end")
    expect("agreements 4 logons 4" in controller.text(), controller.text())
