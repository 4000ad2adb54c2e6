# SPDX-License-Identifier: Apache-2.0
"""A DCE/RPC client of bytes: what it sends is written out here, so that tests may also send nonsense.

Every wait has a limit. Little-endian NDR 2.0 only.
"""
import socket
import struct
import uuid

LIMIT = 20  # seconds
NDR = (uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2, 0)
EPM = (uuid.UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), 3, 0)
MGMT = (uuid.UUID("afa8bd80-7d8a-11c9-bef4-08002b102989"), 1, 0)
STATUS = (uuid.UUID("0c7d2f4e-95b1-4f0a-8a3e-6b9d1e2c3a45"), 1, 0)
REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESP, SHUTDOWN = (
    0, 2, 3, 11, 12, 13, 14, 15, 17)
INSERT, DELETE, LOOKUP, MAP, HANDLE_FREE, INQ_OBJECT, MGMT_DELETE = range(7)
ACCESS_DENIED, CONTEXT_MISMATCH = 5, 0x1C00001A
NOT_REGISTERED, CANT_PERFORM = 0x16C9A0D6, 0x16C9A0CD
NULL_HANDLE = bytes(20)


class Fault(Exception):
    def __init__(self, status):
        super().__init__(f"fault {status:#010x}")
        self.status = status


class Closed(Exception):
    """The peer has closed."""


def syntax(interface):
    return interface[0].bytes_le + struct.pack("<HH", interface[1], interface[2])


def pdu(ptype, body, call=1, flags=3):
    return struct.pack("<BBBB4sHHI", 5, 0, ptype, flags, b"\x10\0\0\0", 16 + len(body), 0,
                       call) + body


def context(number, interface, transfers=(NDR,)):
    return (struct.pack("<HBB", number, len(transfers), 0) + syntax(interface)
            + b"".join(syntax(t) for t in transfers))


def bind_pdu(contexts, ptype=BIND, call=1, group=0, tail=b""):
    return pdu(ptype, struct.pack("<HHIB3x", 5840, 5840, group, len(contexts)) + b"".join(contexts)
               + tail, call)


def request_pdu(opnum, stub=b"", call=1, number=0, flags=3):
    return pdu(REQUEST, struct.pack("<IHH", len(stub), number, opnum) + stub, call, flags)


class Connection:
    """where: (address, port), or the path of a local socket."""

    def __init__(self, where):
        local = isinstance(where, str)
        family = socket.AF_UNIX if local else socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(LIMIT)
        self.call_id = 0
        try:
            self.socket.connect(where)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def take(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionResetError:
                raise Closed from None
            if not more:
                raise Closed
            data += more
        return data

    def read(self):
        """(ptype, call id, body) of the next PDU."""
        header = self.take(16)
        ptype, length, call = header[2], *struct.unpack_from("<H2xI", header, 8)
        return ptype, call, self.take(length - 16)

    def results(self, body):
        """[(result, reason)] of a bind_ack."""
        length = struct.unpack_from("<H", body, 8)[0]
        at = 8 + 2 + length
        at += -(at + 16) % 4
        count = body[at]
        return [struct.unpack_from("<HH", body, at + 4 + 24 * i) for i in range(count)]

    def bind(self, interface=EPM):
        """Itself; ValueError when the interface is refused."""
        self.call_id += 1
        self.send(bind_pdu([context(0, interface)], call=self.call_id))
        ptype, _, body = self.read()
        if ptype != BIND_ACK or self.results(body)[0][0] != 0:
            raise ValueError("refused")
        return self

    def answer(self):
        """The stub of the response to the last request."""
        stub = b""
        while True:
            header = self.take(16)
            length = struct.unpack_from("<H", header, 8)[0]
            body = self.take(length - 16)
            if header[2] == FAULT:
                raise Fault(struct.unpack_from("<I", body, 8)[0])
            if header[2] == SHUTDOWN:
                continue
            assert header[2] == RESPONSE, header[2]
            stub += body[8:]
            if header[3] & 2:
                return stub

    def call(self, opnum, stub=b""):
        self.call_id += 1
        self.send(request_pdu(opnum, stub, self.call_id))
        return self.answer()

    # ---- the endpoint mapper ----

    def insert(self, entries, replace=False, opnum=INSERT):
        """entries: [Entry]; the operation's status."""
        stub = struct.pack("<II", len(entries), len(entries))
        for i, entry in enumerate(entries):
            text = entry.annotation.encode() + b"\0"
            stub += entry.object.bytes_le + struct.pack("<III", 0x20000 + 4 * i, 0, len(text))
            stub += text + bytes(-len(text) % 4)
        for entry in entries:
            stub += struct.pack("<II", len(entry.tower), len(entry.tower)) + entry.tower
            stub += bytes(-len(stub) % 4)
        if opnum == INSERT:
            stub += struct.pack("<I", replace)
        return struct.unpack("<I", self.call(opnum, stub))[0]

    def mgmt_delete(self, entry):
        stub = struct.pack("<II", 0, 0) + struct.pack("<I", 0x20000)
        stub += struct.pack("<II", len(entry.tower), len(entry.tower)) + entry.tower
        return struct.unpack("<I", self.call(MGMT_DELETE, stub))[0]

    def lookup(self, maximum=100, handle=NULL_HANDLE):
        """(handle, [Entry], status) of one batch of all entries."""
        stub = struct.pack("<IIII", 0, 0, 0, 1) + handle + struct.pack("<I", maximum)
        data = self.call(LOOKUP, stub)
        handle, at = data[:20], 36
        count = struct.unpack_from("<I", data, 20)[0]
        heads = []
        for _ in range(count):
            pointer, _, length = struct.unpack_from("<III", data, at + 16)
            heads.append((uuid.UUID(bytes_le=data[at:at + 16]), pointer,
                          data[at + 28:at + 28 + length - 1].decode()))
            at += 28 + length
            at += -at % 4
        entries = []
        for number, _, annotation in heads:
            length = struct.unpack_from("<I", data, at)[0]
            entries.append(Entry(data[at + 8:at + 8 + length], annotation, number))
            at += 8 + length
            at += -at % 4
        return handle, entries, struct.unpack_from("<I", data, at)[0]

    def list(self):
        """All entries, batch after batch."""
        handle, entries, _ = self.lookup()
        while handle != NULL_HANDLE:
            handle, more, _ = self.lookup(handle=handle)
            entries += more
        return entries

    def map(self, tower, maximum=4):
        """(handle, [tower], status)"""
        stub = struct.pack("<II", 0, 0x20000) + struct.pack("<II", len(tower), len(tower)) + tower
        stub += bytes(-len(stub) % 4) + NULL_HANDLE + struct.pack("<I", maximum)
        data = self.call(MAP, stub)
        count = struct.unpack_from("<I", data, 20)[0]
        at, towers = 36 + 4 * count, []
        for _ in range(count):
            length = struct.unpack_from("<I", data, at)[0]
            towers.append(data[at + 8:at + 8 + length])
            at += 8 + length
            at += -at % 4
        return data[:20], towers, struct.unpack_from("<I", data, at)[0]

    def counters(self):
        """The mapper's own, over a connection that is bound to STATUS."""
        names = ("uptime", "entries", "maps", "lookups", "inserts", "deletes", "refused_remote",
                 "refused_caller", "refused_taken")
        return dict(zip(names, struct.unpack_from("<9Q", self.call(0, struct.pack("<QI", 0, 0)))))


class Entry:
    def __init__(self, octets, annotation="", number=uuid.UUID(int=0)):
        self.tower, self.annotation, self.object = octets, annotation, number

    @property
    def port(self):
        """From the floor before the last one, where it is TCP's."""
        at = self.tower.index(b"\x01\x00\x07\x02\x00") + 5
        return struct.unpack_from(">H", self.tower, at)[0]

    @property
    def address(self):
        return socket.inet_ntoa(self.tower[-4:])


def tower(interface, port, address="0.0.0.0", empty_connection_floor=False):
    """[C706] appendix L: interface, transfer syntax, ncacn, TCP, IP."""
    def floor(left, right):
        return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right

    def identifier(which):
        return floor(b"\x0d" + which[0].bytes_le + struct.pack("<H", which[1]),
                     struct.pack("<H", which[2]))
    right = b"" if empty_connection_floor else b"\0\0"
    return (struct.pack("<H", 5) + identifier(interface) + identifier(NDR) + floor(b"\x0b", right)
            + floor(b"\x07", struct.pack(">H", port)) + floor(b"\x09", socket.inet_aton(address)))


def local_tower(interface, path):
    """Four floors: interface, transfer syntax, ncalrpc, and the socket's name."""
    return tower(interface, 0)[:2].replace(b"\5", b"\4") + tower(interface, 0)[2:52] + (
        b"\x01\0\x0c\x02\0\0\0" + b"\x01\0\x10" + struct.pack("<H", len(path) + 1)
        + path.encode() + b"\0")
