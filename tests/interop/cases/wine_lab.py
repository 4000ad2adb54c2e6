# SPDX-License-Identifier: Apache-2.0
"""Windows programs under Wine and our test interface: widl's stubs on one side, ours on the other."""
import re

import subject
from calls import FORMS, REFUSED, USAGE, both_equal, call, refused
from case import collector, expect, expect_equal
from lab import shared
from peers.wine import CallIds

CASES, case = collector()
CHECKS = 23
PORT = 4913  # of the server under Wine
INVALID_PARAMETER = 0x57


def program(lab, role):
    return lab.peer("wine").build(lab.source("tests", "idl", "lab.idl"),
                                  lab.source("tests", "interop", "wine", f"lab_{role}.c"), role)


@shared
def lab_client(lab):
    return program(lab, "client")


def peer_server(lab, name):
    mapper = subject.Mapper(lab, name)
    mapper.peer = mapper.service(subject.PEER_SERVER, f"ncacn_ip_tcp:{mapper.address}",
                                 "--register")
    return mapper


@case("wine.client", limit=150)
def client(lab):
    """A client of widl's calls every operation of our server, on the port that our mapper names"""
    windows = lab_client(lab)
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
    windows = lab_client(lab)
    mapper = peer_server(lab, "raise")
    for code in ("0x57", "0xc0000148"):
        result = lab.peer("wine").run(windows, mapper.address, code)
        expect_equal((result.status, f"exception {code}" in result.out), (100, True),
                     f"status, raised\n{result.tail()}\n")
    expect(mapper.peer.child.poll() is None, mapper.peer.text())
    mapper.peer.stop()


# ---- a server under Wine ----

@shared
def lab_server(lab):
    """A binding of the server under Wine."""
    wine = lab.peer("wine")
    daemon = wine.serve(program(lab, "server"), PORT)
    address = lab.address(PORT + 1)
    daemon.relay = CallIds(address, PORT + 1, PORT)
    lab.on_stop(daemon.relay.listener.close)
    daemon.binding = f"ncacn_ip_tcp:{address}[{PORT + 1}]"
    daemon.options = ["--types", lab.source("tests", "idl", "lab.idl")]
    return daemon


NODES = {"id": 1, "name": "a", "next": {"id": 2, "name": None, "next": {"id": 3, "name": "Grüße",
                                                                        "next": None}}}
DATA = bytes(i * 7 & 0xff for i in range(20000)).hex()
CALLS = [  # operation, arguments, answer
    ("Ping", {}, {}),
    ("AddOne", {"value": 41}, {"result": 42}),
    ("EchoStr", {"text": "Grüße, 世界 \U0001f6aa"}, {"echoed": "Grüße, 世界 \U0001f6aa", "result": 12}),
    ("EchoStr", {"text": "ab" * 4000}, {"echoed": "ab" * 4000, "result": 8000}),
    ("Sum", {"values": []}, {"result": 0}),
    ("Sum", {"values": list(range(-5, 9000))}, {"result": sum(range(-5, 9000))}),
    ("ListLen", {"head": NODES}, {"sum_of_ids": 6, "result": 3}),
    ("ListLen", {"head": None}, {"sum_of_ids": 0, "result": 0}),
    ("EchoUnion", {"sent": {"tag": 1, "choice": {"number": 5}}},
     {"echoed": {"tag": 1, "choice": {"number": 6}}, "result": 1}),
    ("EchoUnion", {"sent": {"choice": {"large": 1 << 40}}},
     {"echoed": {"tag": 2, "choice": {"large": 1 << 41}}, "result": 2}),
    ("EchoUnion", {"sent": {"choice": {"text": "words"}}},
     {"echoed": {"tag": 3, "choice": {"text": "words"}}, "result": 3}),
    ("EchoUnion", {"sent": {"tag": 9}}, {"echoed": {"tag": 9, "choice": {}}, "result": 9}),
    ("EchoData", {"data": DATA}, {"echoed": DATA, "result": 20000}),
]
OPENED = [("CtxOpen", {"start": 10}), ("CtxNext", {"counter": "$1.counter"}),
          ("CtxNext", {"counter": "$1.counter"}), ("CtxClose", {"counter": "$1.counter"})]


@case("wine.server", limit=150)
def server(lab):
    """portero call with JSON calls every operation of a server that widl and Wine made"""
    windows = lab_server(lab)
    answers = call(lab, windows.binding, "lab", *[step[:2] for step in CALLS],
                   options=windows.options)
    for (operation, arguments, wanted), answer in zip(CALLS, answers):
        both_equal(answer, wanted, f"{operation} {str(arguments)[:60]}")
    expect_equal(len(answers), len(CALLS), "answers")
    counted = call(lab, windows.binding, "lab", *OPENED, options=windows.options)
    expect_equal([a.get("value") for a in counted], [None, 10, 11, None], "values")
    expect_equal(counted[3]["counter"], "00000000-0000-0000-0000-000000000000", "closed")
    expect_equal("run down" in windows.text(), False, "a counter that was closed is run down")
    return f"{len(CALLS) + len(OPENED)} calls, {windows.relay.put_right} call ids put right"


@case("wine.server-refused", limit=150)
def server_refused(lab):
    """What a server under Wine raises, a handle that is left, NDR64, wrong arguments"""
    windows = lab_server(lab)
    options = windows.options
    refused(lab, windows.binding, "lab", ("Raise", {"code": INVALID_PARAMETER}), options=options,
            status=REFUSED, says="ERROR_INVALID_PARAMETER")
    refused(lab, windows.binding, "lab", *OPENED, OPENED[1], options=options, status=REFUSED,
            says="fault")
    call(lab, windows.binding, "lab", OPENED[0], options=options)
    windows.wait_for(lambda: "run down" in windows.text(), 10)
    refused(lab, windows.binding, "lab", ("Ping", {}), options=[*options, "--ndr64"],
            status=REFUSED, says="NDR64")
    refused(lab, windows.binding, "lab", ("AddOne", {"valeu": 1}), options=options, status=USAGE,
            says="there is no \"valeu\" here")
    refused(lab, windows.binding, "lab", ("Sum", {"num_values": 1, "values": [1, 2]}),
            options=options, status=USAGE, says="values: 2 elements, where the count says 1")


@case("call.lab")
def own_server(lab):
    """The same calls to our own server in NDR, NDR64 and big-endian"""
    mapper = peer_server(lab, "own")
    binding = f"ncacn_ip_tcp:{mapper.address}[{mapper.peer.port}]"
    types = ["--types", lab.source("tests", "idl", "lab.idl")]
    for name, form in FORMS.items():
        answers = call(lab, binding, "lab", *[step[:2] for step in CALLS], options=[*types, *form])
        both_equal(list(answers), [step[2] for step in CALLS], name)
        counted = call(lab, binding, "lab", *OPENED, options=[*types, *form])
        expect_equal([a.get("value") for a in counted], [None, 10, 11, None], f"values in {name}")
        refused(lab, binding, "lab", *OPENED, OPENED[1], options=[*types, *form], status=REFUSED,
                says="nca_s_fault_context_mismatch")
    call(lab, binding, "lab", ("Shutdown", {}), options=types)
    expect_equal(mapper.peer.child.wait(timeout=10), 0, "our server's status after Shutdown")
    mapper.daemon.stop()
    return f"{3 * (len(CALLS) + len(OPENED))} calls"
