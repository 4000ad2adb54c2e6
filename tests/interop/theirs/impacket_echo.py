#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""impacket calls the echo interface: AddOne, and EchoData in several fragments.

usage: impacket_echo.py HOST PORT LEVEL USER PASSWORD DOMAIN [KDC]

With KDC in Kerberos, for the service host/HOST; else in NTLM. Prints "42 and SIZE bytes", or what
was raised; the status is 1 then.
"""
import struct
import sys

from impacket.dcerpc.v5 import rpcrt, transport
from impacket.uuid import uuidtup_to_bin

ECHO = ("60a15ec5-4de8-11d7-a637-005056a20182", "1.0")
SIZE = 20000


def connect(host, port, level, user, password, domain, kdc=None):
    t = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:{host}[{port}]")
    t.setRemoteHost(host)
    t.set_credentials(user, password, domain)
    if kdc:
        t.set_kerberos(True, kdc)
    dce = t.get_dce_rpc()
    dce.set_auth_level(int(level))
    if kdc:
        dce.set_auth_type(rpcrt.RPC_C_AUTHN_GSS_NEGOTIATE)
    dce.connect()
    dce.bind(uuidtup_to_bin(ECHO))
    return dce


def main():
    try:
        dce = connect(*sys.argv[1:])
        dce.call(0, struct.pack("<I", 41))
        answer = struct.unpack("<I", dce.recv()[:4])[0]
        data = bytes(i * 7 & 0xff for i in range(SIZE))
        dce.call(1, struct.pack("<II", SIZE, SIZE) + data)
        echoed = dce.recv()
        good = echoed[4:4 + SIZE] == data
    except Exception as why:  # of whatever kind: it is printed
        print(f"{type(why).__name__}: {why}")
        return 1
    print(f"{answer} and {SIZE if good else 'other'} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
