# SPDX-License-Identifier: Apache-2.0
"""Three clients, one question: what comes of this call? rpcclient, impacket, and our own.

Each sends the same operation, and what it says of the answer is put into the same few words; a word
stands for what that client shows of it, so that the tests fail when it shows something else.
"""
import os
import re
import socket
import struct
import uuid

from impacket.dcerpc.v5 import rpcrt, transport

import domain as d
from doorman import NAMES
from lab import need
from peers import samba
from process import Failed, run

ANSWERED, CLOSED, NO_BIND = "answered", "closed", "bind refused"
DENIED, UNKNOWN_INTERFACE, OPERATION_RANGE, TOO_BUSY, CALL_FAILED, MISMATCH = (
    0x5, 0x1c010003, 0x1c010002, 0x6bb, 0x6be, 0x1c00001a)
LIMIT = 20  # seconds


def fault_text(fault):
    """As the book writes it."""
    return f"0x{fault:08x}"


class Operation:
    def __init__(self, interface, version, number, stub, command):
        self.interface, self.version, self.number = interface, version, number
        self.stub, self.command = stub, command


ECHO = ("60a15ec5-4de8-11d7-a637-005056a20182", "1.0")
SRVSVC = ("4b324fc8-1670-01d3-1278-5a47bf6ee188", "3.0")
ADD_ONE = Operation(*ECHO, 0, bytes([41, 0, 0, 0]), "echoaddone 41")
ECHO_DATA = Operation(*ECHO, 1, bytes([2, 0, 0, 0, 2, 0, 0, 0, 7, 8]), "echodata 10")
SOURCE_DATA = Operation(*ECHO, 3, bytes([2, 0, 0, 0]), "sourcedata 10")
SERVER_INFO = Operation(*SRVSVC, 21, bytes(4) + struct.pack("<I", 101), "srvinfo")


class How:
    """way: None, ntlm, krb5, spnego, spnego-krb5 or nobody (NTLM without a name)."""

    def __init__(self, way=None, level="privacy", user=d.USER, thing=None, source=None):
        self.way, self.level, self.user = way, level, user
        self.object, self.source = thing, source  # source: impacket alone can choose it


PLAIN = How()


def auth_file(lab, user):
    path = lab.path(f"door-{user}.auth")
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as f:
            f.write(f"username = {user}\npassword = {d.PASSWORD}\ndomain = {d.WORKGROUP}\n")
    return path


# ---- portero call ----

def ours(lab, where, operation, how=PLAIN, binding=None):
    options = ["--object", how.object] if how.object else []
    if how.way in ("krb5", "spnego-krb5"):
        options += ["--auth", how.way.removesuffix("-krb5"),
                    "--ccache", d.domain(lab).ccache()["KRB5CCNAME"]]
    elif how.way == "nobody":
        options += ["--auth", "ntlm", "--user", "%"]
    elif how.way:
        options += ["--auth", how.way, "--auth-file", auth_file(lab, how.user)]
    options += ["--level", how.level] if how.way else []
    result = run([lab.program("portero"), "call", *options, "--hex", operation.stub.hex(),
                  binding or f"ncacn_ip_tcp:{NAMES[where]}[135]",
                  f"{operation.interface}:{operation.version}.{operation.number}"], 30,
                 env=lab.env, status=None)
    if result.status == 0:
        return ANSWERED
    fault = re.search(r"fault .*?(0x[0-9a-f]{8})", result.out)
    if fault:
        return int(fault.group(1), 16)
    for words, outcome in (("closed", CLOSED), ("reset", CLOSED), ("not for this caller", NO_BIND)):
        if words in result.out:
            return outcome
    raise Failed(f"portero call: {result.out}")


# ---- rpcclient ----

RPCCLIENT_LEVELS = {"connect": "connect", "packet": "packet", "integrity": "sign",
                    "privacy": "seal"}
RPCCLIENT_SAYS = {
    "NT_STATUS_ACCESS_DENIED": DENIED,
    "NT_STATUS_RPC_UNKNOWN_IF": UNKNOWN_INTERFACE,
    "NT_STATUS_RPC_PROCNUM_OUT_OF_RANGE": OPERATION_RANGE,
    "NT_STATUS_RPC_SS_CONTEXT_MISMATCH": MISMATCH,
    "0xc00006bb": TOO_BUSY,  # it has no name for these
    "0xc00006be": CALL_FAILED,
    "NT_STATUS_BUFFER_TOO_SMALL": NO_BIND,  # its word for every context that was refused
    "NT_STATUS_CONNECTION_DISCONNECTED": CLOSED,
    "NT_STATUS_CONNECTION_RESET": CLOSED,
}


def rpcclient_run(lab, where, commands, how=PLAIN):
    """What it prints, and its status."""
    need("rpcclient")
    conf, env, who, options = samba.client_conf(lab), lab.env, ["-U%"], ""
    if how.way == "krb5":
        env = d.domain(lab).ccache()
        conf = d.domain(lab).conf
        who = ["--use-kerberos=required", f"--use-krb5-ccache={env['KRB5CCNAME']}"]
    elif how.way in ("ntlm", "spnego"):
        who = ["-U", f"{d.WORKGROUP}\\{how.user}%{d.PASSWORD}"]
    if how.way:
        way = "ntlm" if how.way == "nobody" else how.way
        options = f"[{way},{RPCCLIENT_LEVELS[how.level]}]"
    return run(["rpcclient", "-s", conf, *who, "-c", "; ".join(commands),
                f"ncacn_ip_tcp:{NAMES[where]}{options}"], 30, env=env, status=None)


def rpcclient(lab, where, operation, how=PLAIN):
    result = rpcclient_run(lab, where, [operation.command], how)
    shown = re.search(r"NT_STATUS_\w+|(?<=NT code )0x\w+", result.out)
    if result.status == 0 and not shown:
        return ANSWERED
    if shown and shown.group() in RPCCLIENT_SAYS:
        return RPCCLIENT_SAYS[shown.group()]
    raise Failed(f"rpcclient: {result.out}")


# ---- impacket ----

IMPACKET_LEVELS = {"connect": 2, "packet": 4, "integrity": 5, "privacy": 6}
IMPACKET_SAYS = (
    ("rpc_s_access_denied", DENIED),
    ("nca_s_unk_if", UNKNOWN_INTERFACE),
    ("nca_s_op_rng_error", OPERATION_RANGE),
    ("nca_s_fault_context_mismatch", MISMATCH),
    ("fault status code: 000006bb", TOO_BUSY),
    ("fault status code: 000006be", CALL_FAILED),
    ("provider_rejection; reason_not_specified", NO_BIND),
)


class From(transport.TCPTransport):
    """impacket's transport, from an address of one's own."""

    def __init__(self, where, port=135, source=None):
        super().__init__(where, port)
        self.source = source

    def connect(self):
        where = (self.getRemoteHost(), self.get_dport())
        self._TCPTransport__socket = socket.create_connection(
            where, timeout=LIMIT, source_address=(self.source, 0) if self.source else None)
        return 1

    def recv(self, forceRecv=0, count=0):
        """impacket's own waits forever for the rest of a header on a connection that has closed."""
        data = b""
        while not data or len(data) < count:
            more = self._TCPTransport__socket.recv(count - len(data) if count else 8192)
            if not more:
                raise ConnectionResetError("closed")
            data += more
        return data


def impacket_open(where, interface, how=PLAIN, port=135):
    """A connection that is bound to the interface (UUID, version)."""
    t = From(where, port, how.source)
    if how.way:
        t.set_credentials("" if how.way == "nobody" else how.user,
                          "" if how.way == "nobody" else d.PASSWORD,
                          "" if how.way == "nobody" else d.WORKGROUP)
    dce = t.get_dce_rpc()
    if how.way:
        dce.set_auth_level(IMPACKET_LEVELS[how.level])
    dce.connect()
    major, minor = interface[1].split(".")
    dce.bind(uuid.UUID(interface[0]).bytes_le + struct.pack("<HH", int(major), int(minor)))
    return dce


def impacket_outcome(act):
    """In our words, what act() comes to: what it returns, or what impacket raises."""
    try:
        return act() or ANSWERED
    except rpcrt.DCERPCException as why:
        for words, outcome in IMPACKET_SAYS:
            if words in str(why):
                return outcome
        raise Failed(f"impacket: {why}") from None
    except ConnectionError:
        return CLOSED


def impacket(_lab, where, operation, how=PLAIN):
    def act():
        dce = impacket_open(where, (operation.interface, operation.version), how)
        try:
            thing = uuid.UUID(how.object).bytes_le if how.object else None
            dce.call(operation.number, operation.stub, thing)
            dce.recv()
        finally:
            dce.disconnect()
    return impacket_outcome(act)


CLIENTS = {"rpcclient": rpcclient, "impacket": impacket, "portero call": ours}
