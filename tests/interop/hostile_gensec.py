# SPDX-License-Identifier: Apache-2.0
"""The same with Kerberos and SPNEGO, by Samba's GENSEC: tokens and signatures are honest, what is done
with them is not. It signs; sealing of PDUs is not offered to Python."""
import os

import hostile as h
from samba import gensec
from samba.credentials import DONT_USE_KERBEROS, MUST_USE_KERBEROS, Credentials
from samba.param import LoadParm

KERBEROS = 16


class GensecPeer:
    """kind: of the trailers; kerberos: what SPNEGO is to agree on."""

    def __init__(self, address, host, conf, who, kind=KERBEROS, kerberos=True):
        self.where, self.host, self.kind = (address, 135), host, kind
        self.lp = LoadParm(conf)
        self.credentials = self.credentials_of(*who, kerberos)

    def credentials_of(self, user, password, domain, realm, kerberos):
        """They keep the tickets that they get."""
        c = Credentials()
        c.guess(self.lp)
        c.set_username(user)
        c.set_password(password)
        c.set_domain(domain)
        c.set_realm(realm)
        c.set_kerberos_state(MUST_USE_KERBEROS if kerberos else DONT_USE_KERBEROS)
        return c

    def connection(self):
        return h.Connection(*self.where)

    def client(self, level):
        g = gensec.Security.start_client({"lp_ctx": self.lp, "target_hostname": self.host})
        g.set_credentials(self.credentials)
        g.want_feature(gensec.FEATURE_DCE_STYLE)
        g.start_mech_by_authtype(self.kind, level)
        return g

    def legs(self, level, change=lambda leg, token: token, context=h.CONTEXT):
        """Goes through the dialogue, each token as change(number of the leg, token) makes it.

        Returns (connection, client) when it came to its end; else what the server said instead.
        """
        g, connection = self.client(level), self.connection()
        _, token = g.update(b"")
        connection.bind(level, change(1, token), self.kind, context=context)
        for leg in (2, 3):
            answer = connection.read()
            if answer[2] not in (h.BIND_ACK, h.ALTER_RESP):
                said = h.described(answer)
                with connection:
                    return f"{said}, {connection.outcome()}"
            size = int.from_bytes(answer[10:12], "little")
            finished, token = g.update(answer[len(answer) - size:]) if size else (True, b"")
            if finished and not token:
                break
            connection.bind(level, change(leg, token), self.kind, ptype=h.ALTER, context=context)
        else:
            connection.read()
        g.want_feature(gensec.FEATURE_SIGN_PKT_HEADER)
        return connection, g

    def session(self, level, context=h.CONTEXT):
        return GensecSession(*self.legs(level, context=context), level, self.kind, context)


class GensecSession:
    def __init__(self, connection, client, level, kind, context):
        self.connection, self.client, self.level = connection, client, level
        self.kind, self.context, self.call = kind, context, 9

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.socket.close()

    def request(self, stub=h.STUB, opnum=h.LISTENING, level=None, flags=h.FIRST | h.LAST):
        """As hostile.Session has it."""
        self.call += 1
        head = len(stub).to_bytes(4, "little") + b"\0\0" + opnum.to_bytes(2, "little")
        size = self.client.sig_size(16)
        body, value = h.padded(stub, level or self.level, bytes(size), self.kind, self.context)
        whole = h.pdu(h.REQUEST, head + body, value, self.call, flags)
        data = whole[24:len(whole) - size - 8]
        return whole[:-size] + self.client.sign_packet(data, whole[:-size])

    def ask(self, data):
        self.connection.send(data)
        return self.connection.outcome()


def use_environment(env):
    """GENSEC looks for Kerberos' configuration in this process."""
    os.environ["KRB5_CONFIG"] = env["KRB5_CONFIG"]
