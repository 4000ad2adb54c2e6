# SPDX-License-Identifier: Apache-2.0
"""Other people's clients, and ours, authenticate to our server in every way and at every level."""
import re

import authenticating as a
import domain as d
from calls import FORMS, REFUSED, both_equal, call, refused
from case import collector, expect, expect_equal
from cases.as_client import auth_file, ways
from cases.echo_calls import CALLS as ECHO_CALLS, OPERATIONS
from cases.samba_clients import short
from lab import HOSTS, need, shared
from peers.wine import TARGET, WINE
from process import run

CASES, case = collector()
SAMBA_LEVELS = {"connect": "connect", "packet": "packet", "sign": "integrity", "seal": "privacy"}


def noted(server, mark, level, way):
    """The server saw our user, at this level, with this mechanism, and nobody else."""
    got = server.called(mark)
    expect_equal({(c[0], c[1], c[2].lower()) for c in got}, {(level, way, d.USER)},
                 "callers that the server saw")


# ---- rpcclient ----

def rpcclient(lab, binding, command, way, password=d.PASSWORD, status=0):
    need("rpcclient")
    there = d.domain(lab)
    env = there.ccache() if way == "krb5" else lab.env
    who = (["--use-kerberos=required", f"--use-krb5-ccache={env['KRB5CCNAME']}"] if way == "krb5"
           else ["-U", f"{d.WORKGROUP}\\{d.USER}%{password}"])
    return run(["rpcclient", "-s", there.conf, *who, "-c", command, binding], 30, env=env,
               status=status)


def rpcclient_at_every_level(lab, way, mechanism):
    server = a.echo(lab)
    for option, level in SAMBA_LEVELS.items():
        mark = server.callers()
        result = rpcclient(lab, f"ncacn_ip_tcp:{d.OURS}[{option},{way}]",
                           "echoaddone 41; echodata 20000; sourcedata 20000", way)
        expect("41 + 1 = 42" in result.out, f"{option}: {result.tail()}")
        noted(server, mark, level, mechanism)
    server.alive()
    return f"{len(SAMBA_LEVELS)} levels"


@case("rpcclient.ntlm", limit=150)
def rpcclient_ntlm(lab):
    """rpcclient with NTLM at connect, packet, sign and seal; the server sees who it is"""
    return rpcclient_at_every_level(lab, "ntlm", "ntlm")


@case("rpcclient.spnego", limit=150)
def rpcclient_spnego(lab):
    """rpcclient with SPNEGO that agrees on NTLM, at every level"""
    return rpcclient_at_every_level(lab, "spnego", "ntlm")


@case("rpcclient.krb5", limit=150)
def rpcclient_krb5(lab):
    """rpcclient with Kerberos, at every level"""
    return rpcclient_at_every_level(lab, "krb5", "krb5")


@case("rpcclient.spnego-krb5", limit=150)
def rpcclient_spnego_krb5(lab):
    """rpcclient with SPNEGO that agrees on Kerberos, at every level"""
    server = a.echo(lab)
    for option, level in SAMBA_LEVELS.items():
        mark = server.callers()
        result = rpcclient(lab, f"ncacn_ip_tcp:{d.OURS}[{option},spnego]", "echoaddone 41", "krb5")
        expect("41 + 1 = 42" in result.out, f"{option}: {result.tail()}")
        noted(server, mark, level, "krb5")


@case("rpcclient.refused", limit=150)
def rpcclient_refused(lab):
    """rpcclient is refused: a wrong password; nobody, and lower levels, where sealing is wanted"""
    server = a.sealed(lab)
    there = f"ncacn_ip_tcp:{server.host}"
    mark = server.callers()
    for way in ("ntlm", "spnego"):
        result = rpcclient(lab, f"{there}[seal,{way}]", "echoaddone 41", way, password=d.WRONG,
                           status=1)
        expect(re.search("LOGON_FAILURE|ACCESS_DENIED|RPC_PROTOCOL_ERROR",
                         result.out), result.tail())
    for way, options in (("ntlm", ("connect", "packet", "sign")), ("krb5", ("connect", "sign"))):
        for option in options:
            result = rpcclient(lab, f"{there}[{option},{way}]", "echoaddone 41", way, status=1)
            expect("ACCESS_DENIED" in result.out, f"{option},{way}: {result.tail()}")
    result = run(["rpcclient", "-s", d.domain(lab).conf, "-U%", "-c", "echoaddone 41", there], 30,
                 env=lab.env, status=1)
    expect("ACCESS_DENIED" in result.out, result.tail())
    expect_equal(server.called(mark), set(), "callers that reached the interface")
    for way in ("ntlm", "krb5"):
        rpcclient(lab, f"{there}[seal,{way}]", "echoaddone 41", way)
        noted(server, mark, "privacy", way)
        mark = server.callers()


# ---- smbtorture ----

def echo_torture(lab, options, kerberos=False):
    """All ten operations of rpc.echo."""
    need("smbtorture")
    there, server = d.domain(lab), a.echo(lab)
    env = there.ccache() if kerberos else lab.env
    who = (["--use-kerberos=required", f"--use-krb5-ccache={env['KRB5CCNAME']}"] if kerberos
           else ["-U", f"{d.WORKGROUP}\\{d.USER}%{d.PASSWORD}"])
    result = run(["smbtorture", "-s", there.conf, *who, "--option=torture:progress=no",
                  f"--option=torture:basedir={lab.state}",
                  f"ncacn_ip_tcp:{d.OURS}[{options}]", "rpc.echo"], 60, env=env, cwd=lab.state,
                 status=None)
    server.alive()
    verdicts = dict(reversed(pair) for pair in re.findall(
        r"^(success|failure|error|skip): (\w[\w.]*)", result.out, re.MULTILINE))
    expect_equal(short(verdicts), {name: "success" for name in OPERATIONS},
                 f"verdicts\n{result.tail(20)}\nverdicts")
    return f"{len(verdicts)} of {len(OPERATIONS)}"


@case("smbtorture.echo-sealed-ntlm", limit=150)
def torture_sealed_ntlm(lab):
    """smbtorture rpc.echo sealed with NTLM: 10 of 10"""
    return echo_torture(lab, "seal,ntlm")


@case("smbtorture.echo-sealed-krb5", limit=150)
def torture_sealed_krb5(lab):
    """smbtorture rpc.echo sealed with Kerberos: 10 of 10"""
    return echo_torture(lab, "seal,krb5", kerberos=True)


@case("smbtorture.echo-sealed-spnego", limit=150)
def torture_sealed_spnego(lab):
    """smbtorture rpc.echo sealed with SPNEGO, in big-endian: 10 of 10"""
    return echo_torture(lab, "seal,spnego,bigendian")


@case("smbtorture.echo-signed", limit=150)
def torture_signed(lab):
    """smbtorture rpc.echo signed with NTLM and with Kerberos: 10 of 10"""
    echo_torture(lab, "sign,ntlm")
    return echo_torture(lab, "sign,krb5", kerberos=True)


# ---- impacket ----

def impacket(lab, server, level, password=d.PASSWORD, kerberos=False, status=0):
    """impacket's own questions to the key distribution centre are refused by Samba's (checksum of an
    inappropriate type): in Kerberos it gets a ticket that is there already."""
    domain, env = (d.REALM, service_ticket(lab)) if kerberos else (d.WORKGROUP, lab.env)
    return run(["/usr/bin/python3", lab.source("tests", "interop", "theirs", "impacket_echo.py"),
                server.host, str(server.port), str(level), d.USER, password, domain,
                *([HOSTS["dc"]] if kerberos else [])], 30, env=env, status=status)


def service_ticket(lab):
    """The environment of somebody who has a ticket for our server."""
    env = d.domain(lab).ccache()
    run(["kvno", f"host/{d.OURS}@{d.REALM}"], 20, env=env)
    return dict(env, KRB5CCNAME=env["KRB5CCNAME"].removeprefix("FILE:"))


IMPACKET_LEVELS = {5: "integrity", 6: "privacy"}
IMPACKET_UNSIGNED = 4  # it leaves signature and trailer out there
SEALED = 6  # the one level at which its Kerberos does not break down by itself


@case("impacket.ntlm", limit=150)
def impacket_ntlm(lab):
    """impacket with NTLM at levels 5 and 6; at 4, where it signs nothing, it is refused"""
    server = a.echo(lab)
    for number, level in IMPACKET_LEVELS.items():
        mark = server.callers()
        result = impacket(lab, server, number)
        expect("42 and 20000 bytes" in result.out, f"level {number}: {result.tail()}")
        noted(server, mark, level, "ntlm")
    result = impacket(lab, server, IMPACKET_UNSIGNED, status=1)
    expect("nca_s_proto_error" in result.out, result.tail())


@case("impacket.krb5", limit=150)
def impacket_krb5(lab):
    """impacket sealed with Kerberos inside SPNEGO"""
    server = a.echo(lab)
    mark = server.callers()
    result = impacket(lab, server, SEALED, kerberos=True)
    expect("42 and 20000 bytes" in result.out, result.tail())
    noted(server, mark, "privacy", "krb5")


@case("impacket.refused", limit=150)
def impacket_refused(lab):
    """impacket is refused: a wrong password, a level that is too low"""
    server = a.sealed(lab)
    mark = server.callers()
    for number in IMPACKET_LEVELS:
        result = impacket(lab, server, number, password=d.WRONG, status=1)
        expect("DCERPCException" in result.out, result.tail())
    result = impacket(lab, server, 5, status=1)
    expect("rpc_s_access_denied" in result.out, result.tail())
    expect_equal(server.called(mark), set(), "callers that reached the interface")
    impacket(lab, server, 6)
    noted(server, mark, "privacy", "ntlm")


# ---- Wine ----

WINNT, NEGOTIATE = 10, 9
WINE_LEVELS = {2: "connect", 5: "integrity", 6: "privacy"}  # 4 it refuses itself: 1825
CALLS = "20 calls and 20000 bytes answered"


@shared
def secure_windows_client(lab):
    need(WINE, f"{TARGET}-gcc", "ntlm_auth")
    return lab.peer("wine").build(lab.source("tests", "idl", "lab.idl"),
                                  lab.source("tests", "interop", "wine", "secure_client.c"))


def wine(lab, level, service, password=d.PASSWORD):
    return lab.peer("wine").run(secure_windows_client(lab), d.OURS, str(level), str(service),
                                f"host/{d.OURS}", d.USER, d.WORKGROUP, password)


def wine_at_every_level(lab, service):
    program, server = secure_windows_client(lab), a.echo(lab)
    for number, level in WINE_LEVELS.items():
        mark = server.callers()
        result = wine(lab, number, service)
        expect(CALLS in result.out, f"{level}: {program}: status {result.status}\n{result.tail()}")
        noted(server, mark, level, "ntlm")
    return f"{len(WINE_LEVELS)} levels"


@case("wine.ntlm", limit=150)
def wine_ntlm(lab):
    """A Windows program with NTLM at connect, integrity and privacy"""
    return wine_at_every_level(lab, WINNT)


@case("wine.spnego", limit=150)
def wine_spnego(lab):
    """A Windows program with SPNEGO at connect, integrity and privacy"""
    return wine_at_every_level(lab, NEGOTIATE)


@case("wine.wrong-password", limit=150)
def wine_wrong_password(lab):
    """A Windows program with a wrong password is refused"""
    server = a.echo(lab)
    mark = server.callers()
    for service in (WINNT, NEGOTIATE):
        for number in WINE_LEVELS:
            result = wine(lab, number, service, password=d.WRONG)
            expect(result.status != 0 and CALLS not in result.out, result.tail())
    expect_equal(server.called(mark), set(), "callers that reached the interface")


# ---- our own client ----

LEVELS = ("connect", "packet", "integrity", "privacy")


def own(lab, way, mechanism):
    """Every operation, at every level, with header signing and without, in each form of the wire."""
    options, _ = ways(lab)[way]
    server = a.echo(lab)
    for level in LEVELS:
        mark = server.callers()
        for name, form in FORMS.items():
            for extra in ([], ["--no-header-signing"]):
                answers = call(lab, server.binding, "rpcecho", *[step[:2] for step in ECHO_CALLS],
                               options=[*options, "--level", level, *form, *extra])
                both_equal(list(answers), [step[2] for step in ECHO_CALLS], f"{level}, {name}")
        noted(server, mark, level, mechanism)
    server.alive()
    return f"{len(LEVELS) * len(FORMS) * 2 * len(ECHO_CALLS)} calls"


@case("own.ntlm", limit=150)
def own_ntlm(lab):
    """portero call with NTLM calls every operation at every level"""
    return own(lab, "ntlm", "ntlm")


@case("own.krb5", limit=150)
def own_krb5(lab):
    """portero call with Kerberos calls every operation at every level"""
    own(lab, "krb5-password", "krb5")
    return own(lab, "krb5-ccache", "krb5")


@case("own.spnego", limit=150)
def own_spnego(lab):
    """portero call with SPNEGO, agreeing on Kerberos and on NTLM, at every level"""
    own(lab, "spnego-krb5", "krb5")
    return own(lab, "spnego-ntlm", "ntlm")


@case("own.refused", limit=150)
def own_refused(lab):
    """portero call is refused: wrong password; no authentication and lower levels where sealing is wanted"""
    server = a.sealed(lab)
    mark = server.callers()
    step = ("AddOne", {"in_data": 41})
    wrong = (["--auth", "ntlm", "--auth-file", auth_file(lab, password=d.WRONG)],
             ["--auth", "spnego", "--auth-file", auth_file(lab, password=d.WRONG)])
    for options in wrong:
        answers = refused(lab, server.binding, "rpcecho", step, options=options, status=REFUSED,
                          says="password")
        expect(d.WRONG not in "".join(answers.messages), "the password is shown")
    refused(lab, server.binding, "rpcecho", step, status=REFUSED, says="ERROR_ACCESS_DENIED")
    for way, (options, _) in ways(lab).items():
        for level in LEVELS[:-1]:
            refused(lab, server.binding, "rpcecho", step, options=[*options, "--level", level],
                    status=REFUSED, says=["ERROR_ACCESS_DENIED", "level"])
    expect_equal(server.called(mark), set(), "callers that reached the interface")
    for way, (options, _) in ways(lab).items():
        mark = server.callers()
        expect_equal(list(call(lab, server.binding, "rpcecho", step, options=options)),
                     [{"out_data": 42}], way)
        noted(server, mark, "privacy", way.split("-")[-1] if "spnego" in way else way[:4])
