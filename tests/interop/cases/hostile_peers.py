# SPDX-License-Identifier: Apache-2.0
"""A peer that has authenticated, or is about to, and lies: each gets its fault and nothing else."""
import concurrent.futures

import authenticating as a
import domain as d
import hostile as h
import hostile_gensec as g
from case import collector, expect, expect_equal

CASES, case = collector()
AT_ONCE = 12
BAD_SIGNATURE = "fault 0x00000721, closed"
PROTOCOL = "fault 0x1c01000b, closed"
PROTOCOL_UNSTARTED = "fault 0x1c01000b not executed, closed"
DENIED = "fault 0x00000005, closed"
ANSWERED = "response, open"
CANCELLED = "fault 0x000006bd not executed, closed"  # the first fragment of a call says so
SILENCE = "closed"

# A request of one fragment with eight bytes of arguments: field, its end, what a flipped bit leads to.
FIELDS = (
    ("version", 1, {"bind_nak 4, closed"}),
    ("minor version", 2, {"bind_nak 4, closed", BAD_SIGNATURE}),  # 1 is a version too
    ("type", 3, {PROTOCOL, PROTOCOL_UNSTARTED, SILENCE}),
    ("flags", 4, {PROTOCOL, BAD_SIGNATURE, CANCELLED}),
    ("data representation", 8, {BAD_SIGNATURE, SILENCE}),  # big-endian, the length is another
    ("fragment length", 10, {SILENCE, "bind_nak 4, closed"}),  # the rest does not come; 0 is none
    ("auth length", 12, {PROTOCOL, DENIED, PROTOCOL_UNSTARTED}),
    ("call id", 16, {BAD_SIGNATURE}),
    ("allocation hint", 20, {BAD_SIGNATURE}),
    ("presentation context", 22, {BAD_SIGNATURE}),
    ("opnum", 24, {BAD_SIGNATURE}),
    ("arguments", 32, {BAD_SIGNATURE}),
    ("padding", 40, {BAD_SIGNATURE}),
    ("trailer's type", 41, {DENIED}),
    ("trailer's level", 42, {DENIED}),
    ("trailer's padding length", 43, {BAD_SIGNATURE, PROTOCOL}),
    ("trailer's reserved octet", 44, {BAD_SIGNATURE}),
    ("trailer's context", 48, {DENIED}),
    ("signature", 64, {BAD_SIGNATURE}),
)
# Where nothing is protected a change is what the client has said.
UNPROTECTED = {
    "minor version": ANSWERED, "data representation": "response, closed", "call id": ANSWERED,
    "allocation hint": ANSWERED, "arguments": ANSWERED, "padding": ANSWERED,
    "trailer's reserved octet": ANSWERED, "signature": ANSWERED,
    "presentation context": "fault 0x1c010003 not executed, open",
    "opnum": "fault 0x1c010002 not executed, open",
}


def carol(lab, address=None):
    address = address or a.mapper(lab).address
    return h.Peer(address, 135, d.USER, d.PASSWORD, d.WORKGROUP)


def honest(peer):
    """The server is up and answers the next client, at each level."""
    for level in h.LEVELS.values():
        with peer.session(level) as session:
            expect_equal([session.ask(session.request()), session.ask(session.request())],
                         [ANSWERED] * 2, f"an honest client at level {level}")


def field_of(at):
    return next(name for name, end, _ in FIELDS if at < end)


def flipped(peer, level, at, bit):
    with peer.session(level) as session:
        data = bytearray(session.request())
        data[at] ^= 1 << bit
        session.connection.send(bytes(data))
        if field_of(at) in ("data representation", "fragment length", "auth length"):
            session.connection.end()
        return field_of(at), session.connection.outcome()


def flip(peer, level, bits=range(8)):
    """{field: outcomes} of every flip of these bits of each octet."""
    found = {}
    wanted = [(at, bit) for at in range(FIELDS[-1][1]) for bit in bits]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for field, outcome in pool.map(lambda w: flipped(peer, level, *w), wanted):
            found.setdefault(field, set()).add(outcome)
    return found, len(wanted)


def flips_refused(lab, level):
    peer = carol(lab)
    found, count = flip(peer, level)
    for field, _, allowed in FIELDS:
        expect(found[field] <= allowed, f"{field}: {sorted(found[field] - allowed)}, where "
                                        f"{sorted(allowed)} belong")
    honest(peer)
    a.mapper(lab).alive()
    return f"{count} flips"


@case("hostile.flips-packet", limit=150)
def flips_packet(lab):
    """Every bit of a request at level packet: flipped, it is refused with the fault of its field"""
    return flips_refused(lab, h.PACKET)


@case("hostile.flips-integrity", limit=150)
def flips_integrity(lab):
    """Every bit of a request at level integrity, likewise"""
    return flips_refused(lab, h.INTEGRITY)


@case("hostile.flips-privacy", limit=150)
def flips_privacy(lab):
    """Every bit of a request at level privacy, likewise"""
    return flips_refused(lab, h.PRIVACY)


@case("hostile.flips-connect", limit=150)
def flips_connect(lab):
    """At level connect nothing is protected: what is flipped is answered as it stands"""
    peer = carol(lab)
    found, count = flip(peer, h.CONNECT, bits=(0,))
    for field, _, allowed in FIELDS:
        if field in UNPROTECTED:
            expect(UNPROTECTED[field] in found[field], f"{field}: {sorted(found[field])}")
        else:
            expect(found[field] <= allowed | {ANSWERED}, f"{field}: {sorted(found[field])}")
    honest(peer)
    return f"{count} flips"


# What Samba's controller answers in another way: to a version it does not know, and to a
# presentation context it looks up before it checks the signature.
SAMBA_DIFFERS = {"version", "minor version", "type", "data representation", "auth length",
                 "presentation context", "flags", "trailer's padding length"}


@case("hostile.samba", limit=150)
def samba(lab):
    """Samba's controller answers the same flips alike, but for fields it looks at in another order"""
    theirs, _ = flip(carol(lab, d.domain(lab).dc.address), h.PRIVACY, bits=(0, 5))
    ours, count = flip(carol(lab), h.PRIVACY, bits=(0, 5))
    differ = {field for field, _, _ in FIELDS if theirs[field] != ours[field]}
    expect(differ <= SAMBA_DIFFERS, "\n".join(
        f"{field}: {sorted(ours[field])}, Samba {sorted(theirs[field])}" for field in differ))
    return f"{count} flips, {len(FIELDS) - len(differ)} of {len(FIELDS)} fields alike"


# ---- sequences ----

def prefixes(peer, level):
    """A request that ends early."""
    outcomes = set()
    with peer.session(level) as session:
        size = len(session.request())
    for end in range(0, size, 3):
        with peer.session(level) as session:
            session.connection.send(session.request()[:end])
            session.connection.end()
            outcomes.add(session.connection.outcome())
    return outcomes


def replayed(peer, level):
    with peer.session(level) as session:
        data = session.request()
        return {session.ask(data + data)}


def reordered(peer, level):
    with peer.session(level) as session:
        first, second = session.request(), session.request()
        return {session.ask(second + first)}


def left_out(peer, level):
    """The first request never arrives."""
    with peer.session(level) as session:
        session.request()
        return {session.ask(session.request())}


def of_another(peer, level):
    """A request protected for another connection of the same user."""
    with peer.session(level) as one, peer.session(level) as other:
        return {one.ask(other.request())}


def unprotected(peer, level):
    """A request without a trailer."""
    with peer.session(level) as session:
        return {session.ask(h.pdu(h.REQUEST, session.request()[16:32], call=2))}


def other_levels(peer, level):
    """The trailer says another level."""
    found = set()
    for other in set(h.LEVELS.values()) - {level}:
        with peer.session(level) as session:
            found.add(session.ask(session.request(level=other)))
    return found


def other_context(peer, level):
    with peer.session(level) as session:
        session.context += 1
        return {session.ask(session.request())}


def differing_fragments(peer, level):
    """The first fragment is protected, the last is not."""
    with peer.session(level) as session:
        first = session.request(flags=h.FIRST)
        session.connection.send(first)
        return {session.ask(h.pdu(h.REQUEST, first[16:32], call=2, flags=h.LAST))}


def bad_second_fragment(peer, level):
    with peer.session(level) as session:
        session.connection.send(session.request(flags=h.FIRST))
        session.call -= 1
        data = bytearray(session.request(flags=h.LAST))
        data[-1] ^= 1
        return {session.ask(bytes(data))}


def again(peer, level):
    """Authentication is asked for again, in a context that is established."""
    found = set()
    for ptype in (h.ALTER, h.AUTH3):
        with peer.session(level) as session:
            session.ask(session.request())
            if ptype == h.ALTER:
                session.connection.bind(level, peer.first().getData(), ptype=h.ALTER, call=3)
            else:
                session.connection.auth3(level, peer.first().getData(), call=3)
            found.add(session.connection.outcome())
    return found


SEQUENCES = (  # what is done, what is answered at levels that protect
    (prefixes, {SILENCE}),
    (replayed, {f"response, {BAD_SIGNATURE}"}),
    (reordered, {BAD_SIGNATURE}),
    (left_out, {BAD_SIGNATURE}),
    (of_another, {BAD_SIGNATURE}),
    (unprotected, {PROTOCOL}),
    (other_levels, {DENIED}),
    (other_context, {DENIED}),
    (differing_fragments, {PROTOCOL}),
    (bad_second_fragment, {BAD_SIGNATURE}),
    (again, {"fault 0x00000005 not executed, closed", PROTOCOL_UNSTARTED}),
)


@case("hostile.sequences", limit=150)
def sequences(lab):
    """Truncated, replayed, reordered, left out, of another connection, another level, without trailer"""
    peer = carol(lab)
    for level in (h.PACKET, h.INTEGRITY, h.PRIVACY):
        for what, wanted in SEQUENCES:
            expect_equal(what(peer, level), wanted, f"{what.__name__} at level {level}")
    honest(peer)
    a.mapper(lab).alive()
    return f"{len(SEQUENCES)} kinds at three levels"


# ---- tokens ----

def bound(peer, level):
    """(connection, first message, challenge)"""
    connection = peer.connection()
    first = peer.first()
    connection.bind(level, first.getData())
    return connection, first, connection.token()


def after_auth3(peer, level, token, connection=None):
    """What a request is told after such a third message."""
    if not connection:
        connection, _, _ = bound(peer, level)
    with connection:
        connection.auth3(level, token)
        body, value = h.padded(bytes(8) + h.STUB, level, bytes(16))
        connection.send(h.pdu(h.REQUEST, body, value, 2))
        return connection.outcome()


def legs(peer, level):
    connection, first, challenge = bound(peer, level)
    connection.socket.close()
    return first.getData(), peer.last(first, challenge)[0]


def unfinished(peer, level):
    """Requests before authentication is complete."""
    connection, _, _ = bound(peer, level)
    with connection:
        body, value = h.padded(bytes(8) + h.STUB, level, bytes(16))
        connection.send(h.pdu(h.REQUEST, body, value, 2))
        return {connection.outcome()}


def mixed(peer, level):
    """The third message answers another connection's challenge."""
    one, first, challenge = bound(peer, level)
    two, _, _ = bound(peer, level)
    with one:
        return {after_auth3(peer, level, peer.last(first, challenge)[0], two)}


def wrong_password(peer, level):
    connection, first, challenge = bound(peer, level)
    return {after_auth3(peer, level, peer.last(first, challenge, d.WRONG)[0], connection)}


def first_instead_of_last(peer, level):
    return {after_auth3(peer, level, peer.first().getData())}


def truncated_last(peer, level):
    found = set()
    _, whole = legs(peer, level)
    for end in range(0, len(whole), 23):
        connection, first, challenge = bound(peer, level)
        found.add(after_auth3(peer, level, peer.last(first, challenge)[0][:end], connection))
    return found


def flipped_last(peer, level):
    """One bit of every seventh octet of the third message."""
    found = set()
    _, whole = legs(peer, level)
    for at in range(0, len(whole), 7):
        connection, first, challenge = bound(peer, level)
        token = bytearray(peer.last(first, challenge)[0])
        token[at] ^= 1
        found.add(after_auth3(peer, level, bytes(token), connection))
    return found


def truncated_first(peer, level):
    found = set()
    whole = peer.first().getData()
    for end in range(len(whole)):
        with peer.connection() as connection:
            connection.bind(level, whole[:end])
            found.add(connection.outcome())
    return found


def last_first(peer, level):
    """The third message in a bind."""
    with peer.connection() as connection:
        connection.bind(level, legs(peer, level)[1])
        return {connection.outcome()}


def oversized_first(peer, level):
    with peer.connection() as connection:
        connection.bind(level, peer.first().getData() + bytes(60000))
        return {connection.outcome()}


def oversized_last(peer, level):
    connection, first, challenge = bound(peer, level)
    return {after_auth3(peer, level, peer.last(first, challenge)[0] + bytes(60000), connection)}


AFTER_FAILURE = DENIED  # [MS-RPCE] 3.3.1.5.4 has auth3 without an answer: the first request tells
TOKENS = (
    (unfinished, {PROTOCOL_UNSTARTED}),
    (mixed, {AFTER_FAILURE}),
    (wrong_password, {AFTER_FAILURE}),
    (first_instead_of_last, {AFTER_FAILURE}),
    (truncated_last, {AFTER_FAILURE, PROTOCOL}),  # without a token there is no trailer
    # Some flips break nothing; what is signed with no key is refused then.
    (flipped_last, {AFTER_FAILURE, BAD_SIGNATURE}),
    (truncated_first, {"bind_nak 9, closed", "bind_ack, open"}),  # names may be left out
    (last_first, {"bind_nak 9, closed"}),
    (oversized_first, {"bind_nak 2, closed"}),
    (oversized_last, {PROTOCOL, PROTOCOL_UNSTARTED}),
)


@case("hostile.tokens", limit=150)
def tokens(lab):
    """Tokens truncated, flipped, out of order, of another connection, oversized, at each leg"""
    peer = carol(lab)
    for what, wanted in TOKENS:
        got = what(peer, h.PRIVACY)
        expect(got <= wanted, f"{what.__name__}: {sorted(got)}, where {sorted(wanted)} belong")
    honest(peer)
    a.mapper(lab).alive()
    return f"{len(TOKENS)} kinds"


# ---- guessing ----

@case("hostile.guessing", limit=150)
def guessing(lab):
    """After so many wrong passwords a source is not listened to, not even with the right one"""
    server = a.Server(lab, "ours-counting", "--max-failed", "5", "--say-callers")
    peer = h.Peer(server.address, server.port, d.USER, d.PASSWORD, d.WORKGROUP)
    with peer.session(h.PRIVACY) as session:
        expect_equal(session.ask(session.request()), ANSWERED, "the right password at first")
    for _ in range(5):
        wrong_password(peer, h.PRIVACY)
    with peer.connection() as connection:
        connection.bind(h.PRIVACY, peer.first().getData())
        expect_equal(connection.outcome(), "bind_nak 2, closed", "the right one after five others")
    server.alive()
    expect("failed logins" in server.daemon.text(), server.daemon.text())
    server.daemon.stop()


# ---- Kerberos and SPNEGO ----

def samba_carol(lab, kind, kerberos):
    there = d.domain(lab)
    g.use_environment(there.env)
    return g.GensecPeer(a.mapper(lab).address, d.OURS, there.conf,
                        (d.USER, d.PASSWORD, d.WORKGROUP, d.REALM), kind, kerberos)


def honest_signed(peer):
    with peer.session(h.INTEGRITY) as session:
        expect_equal([session.ask(session.request()), session.ask(session.request())],
                     [ANSWERED] * 2, "an honest client")


WAYS = {"krb5": (g.KERBEROS, True), "spnego-krb5": (h.SPNEGO, True), "spnego-ntlm": (h.SPNEGO, False)}
TRUNCATED, FLIPPED = "truncated", "flipped"


def bad_token(how, leg, at):
    """A change for GensecPeer.legs()."""
    def change(number, token):
        if number != leg or not token:
            return token
        where = at * len(token) // PLACES
        if how == TRUNCATED:
            return token[:max(where, 1)]
        return token[:where] + bytes([token[where] ^ 4]) + token[where + 1:]
    return change


PLACES = 16  # in each token
BROKEN = {  # leg: what the server may say to a token that is not what the peer has made
    1: {"bind_nak 9, closed", "fault 0x00000005 not executed, closed"},  # a MIC tells later
    2: {"fault 0x00000005 not executed, closed"},
}


def bad_legs(peer):
    """{(leg, how): outcomes}, where the dialogue did not come to its end all the same."""
    found = {}
    for leg in BROKEN:
        for how in (TRUNCATED, FLIPPED):
            for at in range(PLACES):
                try:
                    got = peer.legs(h.INTEGRITY, bad_token(how, leg, at))
                except RuntimeError:  # of GENSEC: the server's answer to it is no answer
                    continue
                if isinstance(got, str):
                    found.setdefault((leg, how), set()).add(got)
                else:
                    got[0].socket.close()
    return found


@case("hostile.tokens-krb5", limit=150)
def tokens_krb5(lab):
    """Kerberos and SPNEGO tokens truncated and flipped at each leg"""
    for name, way in WAYS.items():
        peer = samba_carol(lab, *way)
        for (leg, how), outcomes in bad_legs(peer).items():
            expect(outcomes <= BROKEN[leg], f"{name}, leg {leg} {how}: {sorted(outcomes)}")
        honest_signed(peer)
    a.mapper(lab).alive()
    return f"{len(WAYS)} ways"


@case("hostile.flips-krb5", limit=150)
def flips_krb5(lab):
    """A bit of each octet of a request signed with Kerberos, header and all; replayed and reordered"""
    for way in ("krb5", "spnego-krb5"):
        peer = samba_carol(lab, *WAYS[way])
        with peer.session(h.INTEGRITY) as session:
            size = len(session.request())
        found = {}
        for at in range(size):
            with peer.session(h.INTEGRITY) as session:
                data = bytearray(session.request())
                data[at] ^= 1 << at % 8
                session.connection.send(bytes(data))
                if at < 12 and field_of(at) in ("data representation", "fragment length",
                                                "auth length"):
                    session.connection.end()
                found.setdefault(field_of(min(at, 63)), set()).add(session.connection.outcome())
        for field, _, allowed in FIELDS:
            expect(found[field] <= allowed, f"{way}, {field}: {sorted(found[field] - allowed)}")
        for what, wanted in ((replayed, {f"response, {BAD_SIGNATURE}"}),
                             (reordered, {BAD_SIGNATURE}), (left_out, {BAD_SIGNATURE}),
                             (of_another, {BAD_SIGNATURE})):
            expect_equal(what(peer, h.INTEGRITY), wanted, f"{way}: {what.__name__}")
        honest_signed(peer)
    return f"{size} octets"
