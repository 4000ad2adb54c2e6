# SPDX-License-Identifier: Apache-2.0
"""A client of bytes that authenticates honestly, with impacket's NTLM, and then misbehaves.

Little-endian, one fragment, the management interface: every server has it. An outcome is a short
text, "fault 0x00000721, closed": what came back, and whether the connection is still there.
"""
import socket
import struct
import uuid

from Cryptodome.Cipher import ARC4
from impacket import ntlm

MGMT = (uuid.UUID("afa8bd80-7d8a-11c9-bef4-08002b102989"), 1, 0)
NDR = (uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2, 0)
REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESP, AUTH3 = (
    0, 2, 3, 11, 12, 13, 14, 15, 16)
NTLM, SPNEGO = 10, 9
CONNECT, PACKET, INTEGRITY, PRIVACY = 2, 4, 5, 6
LEVELS = {"connect": CONNECT, "packet": PACKET, "integrity": INTEGRITY, "privacy": PRIVACY}
FIRST, LAST, HEADER_SIGN = 1, 2, 4
LISTENING = 2  # mgmt is_server_listening: answers a status and a boolean
STUB = bytes(range(8))  # more than it has arguments: nobody minds
GOOD = ("response", "bind_ack", "alter_context_resp")
CONTEXT = 1  # of the security context
LIMIT = 10  # seconds for anything to come back
PATIENCE, PATIENCE_REFUSED = 1, 4  # seconds of silence after which nothing more will come


def syntax(which):
    return which[0].bytes_le + struct.pack("<HH", which[1], which[2])


def trailer(level, kind=NTLM, padding=0, context=CONTEXT):
    return struct.pack("<BBBBI", kind, level, padding, 0, context)


def pdu(ptype, body, value=b"", call=1, flags=FIRST | LAST):
    """body ends with the trailer when there is an auth value."""
    return struct.pack("<BBBB4sHHI", 5, 0, ptype, flags, b"\x10\0\0\0", 16 + len(body) + len(value),
                       len(value), call) + body + value


def padded(body, level, value, kind=NTLM, context=CONTEXT):
    padding = -len(body) % 16
    return body + bytes(padding) + trailer(level, kind, padding, context), value


class Closed(Exception):
    pass


class Connection:
    def __init__(self, address, port=135):
        self.socket = socket.create_connection((address, port), timeout=LIMIT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # closed in our face: what it said is still to be read

    def end(self):
        """Nothing more is sent."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except (ConnectionResetError, BrokenPipeError):
                raise Closed from None
            if not more:
                raise Closed
            data += more
        return data

    def read(self):
        """The next PDU, whole."""
        header = self.take(16)
        return header + self.take(struct.unpack_from("<H", header, 8)[0] - 16)

    def bind(self, level, token, kind=NTLM, flags=FIRST | LAST | HEADER_SIGN, ptype=BIND, call=1,
             context=CONTEXT):
        body = (struct.pack("<HHIB3x", 5840, 5840, 0, 1) + struct.pack("<HBB", 0, 1, 0)
                + syntax(MGMT) + syntax(NDR))
        body, value = padded(body, level, token, kind, context) if token is not None else (body, b"")
        self.send(pdu(ptype, body, value, call, flags))

    def token(self):
        """What the server's bind_ack or alter_context_resp carries."""
        answer = self.read()
        if answer[2] not in (BIND_ACK, ALTER_RESP):
            raise ValueError(described(answer))
        size = struct.unpack_from("<H", answer, 10)[0]
        return answer[len(answer) - size:]

    def auth3(self, level, token, kind=NTLM, context=CONTEXT, call=1):
        self.send(pdu(AUTH3, b"    " + trailer(level, kind, 0, context), token, call,
                      FIRST | LAST | HEADER_SIGN))

    def outcome(self):
        """What comes back, until it is quiet or closed. Who was answered is expected to stay, who was
        refused to be sent away: the wait is longer where a wrong answer would come of haste."""
        said = []
        while True:
            self.socket.settimeout(LIMIT if not said else PATIENCE if said[-1] in GOOD
                                   else PATIENCE_REFUSED)
            try:
                said.append(described(self.read()))
            except (TimeoutError, socket.timeout):
                return ", ".join(said + ["open"])
            except Closed:
                return ", ".join(said + ["closed"])


def described(answer):
    ptype, flags = answer[2], answer[3]
    if ptype == FAULT:
        context, status = struct.unpack_from("<H2xI", answer, 20)
        return f"fault {status:#010x}" + (" not executed" if flags & 0x20 else "")
    if ptype == BIND_NAK:
        return f"bind_nak {struct.unpack_from('<H', answer, 16)[0]}"
    return {RESPONSE: "response", BIND_ACK: "bind_ack", ALTER_RESP: "alter_context_resp"}.get(
        ptype, f"type {ptype}")


class Peer:
    """Who authenticates: an account's name and password, and the connection it is to be on."""

    def __init__(self, address, port, user, password, domain):
        self.where, self.user, self.password, self.domain = (address, port), user, password, domain

    def connection(self):
        return Connection(*self.where)

    def first(self):
        return ntlm.getNTLMSSPType1("", "", True, use_ntlmv2=True)

    def last(self, first, challenge, password=None):
        """(token, key) of the third message."""
        token, key = ntlm.getNTLMSSPType3(first, challenge, self.user, password or self.password,
                                          self.domain, use_ntlmv2=True)
        return token.getData(), key, token["flags"]

    def session(self, level, context=CONTEXT):
        """A connection that has authenticated, honestly."""
        connection = self.connection()
        first = self.first()
        connection.bind(level, first.getData(), context=context)
        last, key, flags = self.last(first, connection.token())
        connection.auth3(level, last, context=context)
        return Session(connection, level, key, flags, context)


class Session:
    """An authenticated connection; request() protects, and counts."""

    def __init__(self, connection, level, key, flags, context=CONTEXT):
        self.connection, self.level, self.flags, self.context = connection, level, flags, context
        self.signing = ntlm.SIGNKEY(flags, key)
        self.sealing = ARC4.new(ntlm.SEALKEY(flags, key)).encrypt
        self.sequence, self.call = 0, 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.socket.close()

    def request(self, stub=STUB, opnum=LISTENING, level=None, flags=FIRST | LAST):
        """The bytes of a request, protected as the next in turn; level: what the trailer says."""
        self.call += 1
        head = struct.pack("<IHH", len(stub), 0, opnum)
        body, value = padded(stub, level or self.level, bytes(16), context=self.context)
        whole = pdu(REQUEST, head + body, value, self.call, flags)
        signed, data_end = whole[:-16], len(whole) - 24
        if self.level == CONNECT:
            return signed + b"\1" + bytes(15)
        if self.level == PRIVACY:
            data, signature = ntlm.SEAL(self.flags, self.signing, None, signed,
                                        whole[24:data_end], self.sequence, self.sealing)
            signed = whole[:24] + data + whole[data_end:-16]
        else:
            signature = ntlm.SIGN(self.flags, self.signing, signed, self.sequence, self.sealing)
        self.sequence += 1
        return signed + signature.getData()

    def ask(self, data):
        self.connection.send(data)
        return self.connection.outcome()
