#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a caller answers to the NTLM challenge of SERVER, by impacket, and the session base key that follows.

usage: ntlm_response.py ACCOUNT DOMAIN PASSWORD SERVER
"""
import struct
import sys
import time

from impacket import ntlm

CHALLENGE, CLIENT = bytes(range(1, 9)), bytes.fromhex("a0a1a2a3a4a5a6a7")

account, domain, password, server = sys.argv[1:]
pairs = ntlm.AV_PAIRS()
pairs[ntlm.NTLMSSP_AV_DOMAINNAME] = domain.encode("utf-16-le")
pairs[ntlm.NTLMSSP_AV_HOSTNAME] = server.encode("utf-16-le")
pairs[ntlm.NTLMSSP_AV_TIME] = struct.pack("<q", int((time.time() + 11644473600) * 10**7))
response, _, key = ntlm.computeResponseNTLMv2(0, CHALLENGE, CLIENT, pairs.getData(), domain, account,
                                              password)
print(CHALLENGE.hex(), response.hex(), key.hex())
