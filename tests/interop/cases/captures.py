# SPDX-License-Identifier: Apache-2.0
"""What passes between our programs and others decodes in Wireshark without a complaint."""
import socket
import uuid

import subject
from case import collector, expect
from cases.impacket_tools import full_mapper, rpcdump, rpcmap
from cases.samba_clients import looked_up, rpcclient
from cases.wine_client import greeting_mapper
from peers.capture import Capture
from process import Failed, run

CASES, case = collector()


def clean(capture, ports, protocols):
    complaints = capture.complaints(ports)
    expect(not complaints, "\n".join(["tshark complains", *complaints[:12]]))
    loose = capture.undecoded(ports)
    expect(not loose, "\n".join(["not taken for DCE/RPC", *loose[:12]]))
    decoded = capture.decoded(ports)
    for protocol in protocols:
        expect(decoded[protocol], f"no {protocol} among {dict(decoded)}")
    return ", ".join(f"{count} {name}" for name, count in sorted(decoded.items()))


def pdu(kind, body, call_id):
    """A PDU of one fragment, little-endian, without authentication. [C706] 12.6.3.1"""
    head = bytes([5, 0, kind, 3, 0x10, 0, 0, 0])
    return (head + (16 + len(body)).to_bytes(2, "little") + b"\0\0"
            + call_id.to_bytes(4, "little") + body)


def epm_bind():
    epm = uuid.UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa").bytes_le + b"\3\0\0\0"
    ndr = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + b"\2\0\0\0"
    return pdu(11, bytes.fromhex("d016d01600000000" "01000000" "00000100") + epm + ndr, 1)


@case("capture.complains")
def complains(lab):
    """The check itself: it finds half an argument and bytes that are no PDU"""
    mapper = full_mapper(lab)
    for name, payload in (("half", pdu(0, bytes.fromhex("0400000000000300" "0200"), 2)),
                          ("garbage", b"GET / HTTP/1.0\r\n\r\n")):
        with Capture(lab, name) as capture:
            with socket.create_connection((mapper.address, 135), timeout=10) as s:
                s.sendall(epm_bind())
                expect(len(s.recv(4096)) > 24, "no bind_ack")
                s.sendall(payload)
                s.recv(4096)
        try:
            clean(capture, {135}, ())
        except Failed:
            continue
        raise Failed(f"tshark does not mind: {name}")


@case("capture.answers")
def answers(lab):
    """Our mapper's answers to impacket and Samba, in one fragment and in several"""
    mapper = subject.Mapper(lab, "answering", 200)
    with Capture(lab, "answers") as capture:
        rpcdump(lab, mapper.address)
        rpcmap(lab, mapper.address)
        rpcmap(lab, mapper.address, "-auth-level", "1")
        looked_up(lab, mapper.address)
        rpcclient(lab, mapper.address, "epmmap samr ncacn_ip_tcp")
    mapper.daemon.stop()
    expect(capture.fragments({135}), "no answer came in fragments")
    return clean(capture, {135}, ("EPM", "MGMT"))


@case("capture.tools")
def tools(lab):
    """What our tools ask our mapper"""
    mapper = full_mapper(lab)
    with Capture(lab, "tools") as capture:
        mapper.portero("ls", mapper.address)
        mapper.portero("map", mapper.address, "samr")
        mapper.portero("ping", "-c", "2", "-i", "0.1", mapper.address)
        mapper.portero("info", f"ncacn_ip_tcp:{mapper.address}[135]")
    return clean(capture, {135}, ("EPM", "MGMT"))


@case("capture.service")
def service(lab):
    """Finding and calling our service: one fragment, several, a fault"""
    mapper = greeting_mapper(lab)
    client = lab.program("examples/greeter/greeter_client")
    there = f"ncacn_ip_tcp:{mapper.address}"
    with Capture(lab, "service") as capture:
        run([client, there, "Portero"], 20, env=lab.env)
        run([client, there, "Portero" * 1000], 20, env=lab.env)
        mapper.portero("call", there, f"{subject.GREETER_UUID}:1.0.1", "--hex", "2800000002000000")
        mapper.portero("call", there, f"{subject.GREETER_UUID}:1.0.9", status=4)
    ports = {135, mapper.greeter.port}
    expect(capture.fragments(ports), "no request went in fragments")
    expect(capture.faults(ports) == 1, "no fault was captured")
    return clean(capture, ports, ("EPM", "DCERPC"))
