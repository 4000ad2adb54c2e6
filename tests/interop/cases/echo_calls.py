# SPDX-License-Identifier: Apache-2.0
"""Samba's echo interface on our server: smbtorture, and our own calls in every form of the wire."""
import subject
from calls import FORMS, REFUSED, USAGE, both_equal, call, refused, wrong_use
from case import collector, expect, expect_equal
from cases.samba_clients import short, torture
from lab import shared

CASES, case = collector()
OPERATIONS = ("addone", "echodata", "sinkdata", "sourcedata", "testcall", "testcall2", "sleep",
              "enum", "surrounding", "doublepointer")


@shared
def peers_mapper(lab):
    """A mapper with the peer server, on a dynamic port."""
    mapper = subject.Mapper(lab, "peers")
    mapper.peer = mapper.service(subject.PEER_SERVER, f"ncacn_ip_tcp:{mapper.address}",
                                 "--register")
    return mapper


def echo_torture(lab, options):
    """All ten operations; TestSleep waits three seconds, others are served meanwhile."""
    mapper = peers_mapper(lab)
    verdicts, result = torture(lab, mapper, "rpc.echo", options)
    expect_equal(short(verdicts), {name: "success" for name in OPERATIONS},
                 f"verdicts\n{result.tail(20)}\nverdicts")
    expect(mapper.peer.child.poll() is None, mapper.peer.text())
    return f"{len(verdicts)} of {len(OPERATIONS)}"


@case("smbtorture.echo")
def echo_plain(lab):
    """smbtorture rpc.echo on our server, through our mapper: 10 of 10"""
    return echo_torture(lab, "")


@case("smbtorture.echo-bigendian")
def echo_big_endian(lab):
    """smbtorture rpc.echo in big-endian: 10 of 10"""
    return echo_torture(lab, "[bigendian]")


# ---- our own calls ----

SIZE = 40000  # bytes: some fragments


def info(level):
    """What the server answers at a level, where there is one."""
    return [{}, {"info1": {"v": 10}}, {"info2": {"v": 20}}, {"info3": {"v": 30}},
            {"info4": {"v": 40}}, {"info5": {"v1": 50, "v2": 60}},
            {"info6": {"v1": 70, "info1": {"v": 80}}}, {"info7": {"v1": 80, "info4": {"v": 90}}}][level]


DATA = bytes(i * 7 & 0xff for i in range(SIZE)).hex()
PAIR = {"e1": "ECHO_ENUM2", "e2": "ECHO_ENUM1_32"}
CALLS = [  # operation, arguments, answer
    ("AddOne", {"in_data": 41}, {"out_data": 42}),
    ("AddOne", {"in_data": 0xffffffff}, {"out_data": 0}),
    ("EchoData", {"in_data": DATA}, {"out_data": DATA}),
    ("SinkData", {"data": "01" * 1000}, {}),
    ("SourceData", {"len": 300}, {"data": bytes(i & 0xff for i in range(300)).hex()}),
    ("TestCall", {"s1": "Grüße, 世界 \U0001f6aa"}, {"s2": "Grüße, 世界 \U0001f6aa"}),
    *[("TestCall2", {"level": level}, {"info": info(level), "result": 0}) for level in range(1, 8)],
    ("TestSleep", {"seconds": 0}, {"result": 0}),
    *[("TestEnum", values, values) for values in (
        {"foo1": "ECHO_ENUM1", "foo2": PAIR, "foo3": {"e1": "ECHO_ENUM2"}},
        {"foo1": "ECHO_ENUM2", "foo2": PAIR, "foo3": {"e2": PAIR}})],
    ("TestSurrounding", {"data": {"surrounding": [1, 2, 3]}},
     {"data": {"x": 6, "surrounding": [0] * 6}}),
    ("TestDoublePointer", {"data": [7]}, {"result": 7}),
    ("TestDoublePointer", {"data": [None]}, {"result": 0}),
    ("TestDoublePointer", {"data": None}, {"result": 0}),
]


def echo_calls(lab, options):
    mapper = peers_mapper(lab)
    answers = call(lab, mapper.address, "rpcecho", *[step[:2] for step in CALLS], options=options)
    for (operation, arguments, wanted), answer in zip(CALLS, answers):
        both_equal(answer, wanted, f"{operation} {arguments}")
    expect_equal(len(answers), len(CALLS), "answers")
    expect_equal({step[0] for step in CALLS}, set(NAMES), "operations that were called")
    return f"{len(CALLS)} calls"


NAMES = ("AddOne", "EchoData", "SinkData", "SourceData", "TestCall", "TestCall2", "TestSleep",
         "TestEnum", "TestSurrounding", "TestDoublePointer")


@case("call.echo-ndr")
def echo_ndr(lab):
    """Every operation of the echo interface, portero call to our server, in NDR"""
    return echo_calls(lab, ())


@case("call.echo-ndr64")
def echo_ndr64(lab):
    """Every operation of the echo interface, portero call to our server, in NDR64"""
    return echo_calls(lab, ["--ndr64"])


@case("call.echo-big-endian")
def echo_own_big_endian(lab):
    """Every operation of the echo interface, portero call to our server, in big-endian"""
    return echo_calls(lab, ["--big-endian"])


@case("call.echo-refused")
def echo_refused(lab):
    """No such level, wrong numbers, enums and arms are told in each form of the wire"""
    mapper = peers_mapper(lab)
    for options in FORMS.values():
        refused(lab, mapper.address, "rpcecho", ("TestCall2", {"level": 8}), status=REFUSED,
                options=options, says="NT_STATUS_INVALID_LEVEL")
        refused(lab, mapper.address, "rpcecho", ("AddOne", {"in_data": 1 << 32}), status=USAGE,
                options=options, says="in_data: expected a number from 0 to 4294967295")
        refused(lab, mapper.address, "rpcecho",
                ("TestEnum", {"foo1": "ECHO_ENUM1", "foo3": {"e2": 2}}), status=USAGE,
                options=options, says="\"e2\" is given, but the tag says e1")
        refused(lab, mapper.address, "rpcecho", ("TestEnum", {"foo1": "ECHO_ENUM3"}),
                status=USAGE, options=options, says="there is no \"ECHO_ENUM3\" in this enum")
    refused(lab, mapper.address, "rpcecho", ("AddOne", {}), status=USAGE,
            options=["--ndr64", "--big-endian"], says="NDR64 is always little-endian")
    wrong_use(lab, mapper.address, "rpcecho", "AddOne", {"in_data": 1})
