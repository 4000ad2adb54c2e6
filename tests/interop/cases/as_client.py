# SPDX-License-Identifier: Apache-2.0
"""portero call, authenticated in every way and at every level, against a Samba domain controller."""
import json
import os

import domain as d
from calls import MAXIMUM_ALLOWED, REFUSED, call, refused
from case import collector, expect, expect_equal
from cases.live_calls import sid_text
from lab import DOMAIN, shared
from peers.capture import Capture
from process import run

CASES, case = collector()
HOST = f"dc.{DOMAIN}"
ACCOUNT = f"{d.WORKGROUP}\\{d.USER}"
LEVELS = {"connect": "connect", "packet": "packet", "integrity": "sign", "privacy": "seal"}
ACCESS_DENIED, NT_ACCESS_DENIED = 5, 0xc0000022
DS_BIND = "e24d201a-4fd6-11d1-a3da-0000f875ae0d"  # of clients that are no controllers, [MS-DRSR] 4.1.3.1
CODE_PAGE, LOCALE, NT4_NAME, FQDN_NAME = 1252, 1033, 2, 1


def auth_file(lab, user=d.USER, password=d.PASSWORD, domain=d.WORKGROUP):
    """The path of a file with credentials; domain=None for user@REALM."""
    path = lab.path(f"{user}-{domain}-{'wrong' if password == d.WRONG else 'good'}.auth")
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as f:
            f.write(f"username = {user}\npassword = {password}\n")
            f.write(f"domain = {domain}\n" if domain else "")
    return path


def ways(lab):
    """{name: (options of portero call, options of Samba's bindings)}"""
    there = d.domain(lab)
    cache = ["--ccache", there.ccache()["KRB5CCNAME"]]
    kerberos_file = ["--auth-file", auth_file(lab, f"{d.USER}@{d.REALM}", domain=None)]
    ntlm_file = ["--auth-file", auth_file(lab)]
    return {
        "ntlm": (["--auth", "ntlm", *ntlm_file], "ntlm"),
        "krb5-ccache": (["--auth", "krb5", *cache], "krb5"),
        "krb5-password": (["--auth", "krb5", *kerberos_file], "krb5"),
        "spnego-krb5": (["--auth", "spnego", *cache], "spnego"),
        "spnego-ntlm": (["--auth", "spnego", *ntlm_file], "spnego"),
    }


@shared
def theirs(lab):
    """{"ntlm privacy": {what: answer}} of Samba's own client."""
    there = d.domain(lab)
    principal = f",target_principal=host/{HOST}"
    asked = {"none": ""}
    for way in ("ntlm", "krb5", "spnego"):
        for level, option in LEVELS.items():
            asked[f"{way} {level}"] = f"{way},{option}{principal if way == 'krb5' else ''}"
    out = run(["/usr/bin/python3", lab.source("tests", "interop", "theirs", "samba_secure.py"),
               HOST, d.USER, d.PASSWORD, d.WORKGROUP, ACCOUNT], 60, text=json.dumps(asked),
              env=dict(there.env, SMB_CONF_PATH=there.conf)).out
    return json.loads(out[out.index('{"none"'):])


def samr(answers):
    return sorted(e["name"]["buffer"] for e in answers[1]["buffer"]["entries"])


def drsuapi(answers):
    items = answers[1]["reply"]["v1"]["result"]["items"]
    return [[item["status"], item["domain"], item["name"]] for item in items]


def netlogon(answers):
    info = answers[0]["info"]
    return [info[name] for name in ("name", "address", "domain_guid", "domain_name",
                                    "dns_forest_name", "flags", "dc_site_name")]


ASK = {  # what: (operations, what the answers come to)
    "samr": ([("SamrConnect2", {"desired_access": MAXIMUM_ALLOWED}),
              ("SamrEnumerateDomainsInSamServer", {"server": "$.server",
                                                   "preferred_maximum_length": 0xffff})], samr),
    "drsuapi": ([("IDL_DRSBind", {"client_dsa": DS_BIND, "client": {"data": "00" * 28}}),
                 ("IDL_DRSCrackNames", {"drs": "$.drs", "in_version": 1, "request": {"v1": {
                     "code_page": CODE_PAGE, "locale_id": LOCALE, "flags": 0,
                     "format_offered": NT4_NAME, "format_desired": FQDN_NAME,
                     "names": [ACCOUNT]}}})], drsuapi),
    "netlogon": ([("DsrGetDcNameEx2", {"allowable_account_control_bits": 0, "flags": 0})],
                 netlogon),
    "lsarpc": ([("LsarOpenPolicy2", {"attributes": {}, "desired_access": MAXIMUM_ALLOWED})],
               lambda answers: "opened"),
    "epmapper": ([("ept_lookup", {"max_entries": 500})],
                 lambda answers: len(answers[0]["entries"])),
}


def our_answer(lab, what, options):
    """As theirs/samba_secure.py has it."""
    steps, value = ASK[what]
    answers = call(lab, HOST, what, *steps, options=options, status=None)
    if answers.status == 0:
        return value(answers)
    fault = next((a["fault"] for a in answers if "fault" in a), None)
    return {"error": NT_ACCESS_DENIED if fault == ACCESS_DENIED else fault or answers.messages}


def same_answers(lab, options, label, way=""):
    wanted = theirs(lab)[label]
    for what in ASK:
        expect_equal(our_answer(lab, what, options), wanted[what], f"{way} {label}: {what}")
    return [what for what in ASK if "error" not in str(wanted[what])]


def same_at_every_level(lab, way):
    """What Samba's client is told is what we are told: answers, and refusals."""
    options, their_way = ways(lab)[way]
    told = [f"{level}: {len(same_answers(lab, [*options, '--level', level], f'{their_way} {level}', way))}"
            for level in LEVELS]
    return f"of {len(ASK)} interfaces answer at {', '.join(told)}"


@case("client.none", limit=150)
def none(lab):
    """Without authentication a domain controller tells us what it tells Samba's client"""
    return f"{', '.join(same_answers(lab, [], 'none'))} answer"


@case("client.ntlm", limit=150)
def ntlm(lab):
    """NTLM at connect, packet, integrity and privacy: samr, drsuapi, netlogon, lsarpc, epmapper"""
    return same_at_every_level(lab, "ntlm")


@case("client.krb5-ccache", limit=150)
def krb5_ccache(lab):
    """Kerberos with a ticket, at every level: the same"""
    return same_at_every_level(lab, "krb5-ccache")


@case("client.krb5-password", limit=150)
def krb5_password(lab):
    """Kerberos with a password, at every level: the same"""
    return same_at_every_level(lab, "krb5-password")


@case("client.spnego-krb5", limit=150)
def spnego_krb5(lab):
    """SPNEGO that agrees on Kerberos, at every level: the same"""
    return same_at_every_level(lab, "spnego-krb5")


@case("client.spnego-ntlm", limit=150)
def spnego_ntlm(lab):
    """SPNEGO that agrees on NTLM, at every level: the same"""
    return same_at_every_level(lab, "spnego-ntlm")


@case("client.rpcclient", limit=150)
def rpcclient(lab):
    """rpcclient, sealed, lists the domains that we list"""
    there = d.domain(lab)
    out = run(["rpcclient", "-s", there.conf, "-U", f"{ACCOUNT}%{d.PASSWORD}", "-c", "enumdomains",
               f"ncacn_ip_tcp:{HOST}[seal]"], 30, env=there.env).out
    for domain in our_answer(lab, "samr", ways(lab)["spnego-ntlm"][0]):
        expect(f"name:[{domain}]" in out, out)


# ---- on the wire ----

BINDS = "dcerpc.pkt_type == 11 && dcerpc.auth_type > 0"
SIGNS_HEADERS = f"{BINDS} && dcerpc.cn_flags.cancel_pending == 1"  # what the bit is called elsewhere


@case("client.header-signing", limit=200)
def header_signing(lab):
    """With header signing and without, sealed and signed, in every way; it is asked for on the wire"""
    for asked, extra in ((True, []), (False, ["--no-header-signing"])):
        with Capture(lab, f"header-signing-{asked}") as capture:
            for way, (options, their_way) in ways(lab).items():
                for level in ("integrity", "privacy"):
                    got = our_answer(lab, "samr", [*options, "--level", level, *extra])
                    expect_equal(got, theirs(lab)[f"{their_way} {level}"]["samr"],
                                 f"{way} at {level}, header signing {asked}")
        binds = capture.count({135}, BINDS)
        expect(binds >= 2 * len(ways(lab)), f"{binds} binds were captured")
        expect_equal(capture.count({135}, SIGNS_HEADERS), binds if asked else 0,
                     f"binds that ask for header signing, of {binds},")


@case("client.sealed", limit=150)
def sealed(lab):
    """What is sealed cannot be read on the wire, what is signed can"""
    hidden = d.WORKGROUP.encode("utf-16-le")
    for way, (options, _their_way) in ways(lab).items():
        for level, visible in (("integrity", True), ("privacy", False)):
            with Capture(lab, f"sealed-{way}-{level}") as capture:
                our_answer(lab, "samr", [*options, "--level", level])
            stubs = capture.tshark({135}, "-Y", "dcerpc.pkt_type == 2 && dcerpc.cn_auth_len > 0", "-T",
                                   "fields", "-e", "tcp.payload")
            expect(stubs.strip(), f"{way} at {level}: no protected response was captured")
            expect_equal(hidden.hex() in stubs.replace(":", ""), visible,
                         f"{way} at {level}: the domain's name is visible")


# ---- the secure channel of a member ----

LOOKUP = ("LsarLookupNames4", {"names": [{"buffer": d.USER}], "sids": {}, "level": 1,
                               "mapped_count": 0, "lookup_options": 0, "client_revision": 2})


def member_file(lab, password=d.MACHINE_PASSWORD):
    return auth_file(lab, f"{d.MACHINE}$", password)


@case("client.netlogon", limit=150)
def netlogon_channel(lab):
    """Through the secure channel of a machine account the local security authority answers on TCP"""
    there = d.domain(lab)
    answers = call(lab, HOST, "lsarpc", LOOKUP,
                   options=["--auth", "netlogon", "--auth-file", member_file(lab)])
    sid = answers[0]["sids"]["sids"][0]["value"]
    shown = run(["samba-tool", "user", "show", d.USER, "--attributes=objectSid", "-s",
                 there.dc.conf, "-H", f"{there.dc.base}/private/sam.ldb"], 30, env=lab.env).out
    expect(f"objectSid: {sid_text(sid)}\n" in shown, f"{sid_text(sid)}, but {shown}")
    refused(lab, HOST, "lsarpc", LOOKUP, status=REFUSED, says="ERROR_ACCESS_DENIED",
            options=ways(lab)["ntlm"][0])
    refused(lab, HOST, "lsarpc", LOOKUP, status=REFUSED, says="NT_STATUS_ACCESS_DENIED",
            options=["--auth", "netlogon", "--auth-file", member_file(lab, d.WRONG)])


# ---- reject twins ----

CONNECT = ("SamrConnect2", {"desired_access": MAXIMUM_ALLOWED})


@case("client.wrong-password", limit=150)
def wrong_password(lab):
    """A wrong password is refused in every way, and no tool shows it"""
    # The last leg of NTLM has no answer. At connect Samba goes on with a caller without a name, and
    # nothing that passes tells the client; from level packet on the first call does.
    wrong = {"ntlm": ["--auth", "ntlm", "--auth-file", auth_file(lab, password=d.WRONG)],
             "krb5": ["--auth", "krb5", "--auth-file",
                      auth_file(lab, f"{d.USER}@{d.REALM}", d.WRONG, None)],
             "spnego": ["--auth", "spnego", "--auth-file", auth_file(lab, password=d.WRONG)]}
    for way, options in wrong.items():
        for level in LEVELS if way != "ntlm" else list(LEVELS)[1:]:
            answers = refused(lab, HOST, "samr", CONNECT, options=[*options, "--level", level],
                              status=REFUSED, says="password")
            expect(d.WRONG not in "".join(answers.messages), "the password is shown")


@case("client.unknown-principal", limit=150)
def unknown_principal(lab):
    """A principal that the key distribution centre does not know is named in the message"""
    options, _ = ways(lab)["krb5-ccache"]
    refused(lab, HOST, "samr", CONNECT, options=[*options, "--target", f"host/nowhere.{DOMAIN}"],
            status=REFUSED, says=f"host/nowhere.{DOMAIN}")


@case("client.wrong-service-key", limit=150)
def wrong_service_key(lab):
    """A ticket for another service is refused: mutual authentication"""
    options, _ = ways(lab)["krb5-ccache"]
    refused(lab, HOST, "samr", CONNECT, options=[*options, "--target", f"host/{d.OURS}"],
            status=REFUSED, says="")


@case("client.level-too-low", limit=150)
def level_too_low(lab):
    """samr at connect and drsuapi at integrity are refused with a word about the level"""
    for way, (options, _) in ways(lab).items():
        for what, level in (("samr", "connect"), ("drsuapi", "integrity")):
            refused(lab, HOST, what, ASK[what][0][0], options=[*options, "--level", level],
                    status=REFUSED, says=["ERROR_ACCESS_DENIED", "level"])
