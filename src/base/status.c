/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/status.h>

#include <stdio.h>
#include <string.h>

struct code_entry {
  uint32_t code;
  const char *name;
  const char *hint;
};

/* [C706] appendix E, [MS-RPCE] 2.2.1.1.1, [MS-ERREF] 2.2: what a caller meets in practice. */
static const struct code_entry codes[] = {
    {0x00000000, "success", NULL},
    {0x00000001, "ERROR_INVALID_FUNCTION", NULL},
    {0x00000002, "ERROR_FILE_NOT_FOUND", NULL},
    {0x00000005, "ERROR_ACCESS_DENIED",
     "the server refuses this caller: it may want authentication, a higher protection level or "
     "another account"},
    {0x00000006, "ERROR_INVALID_HANDLE", NULL},
    {0x00000008, "ERROR_NOT_ENOUGH_MEMORY", NULL},
    {0x00000057, "ERROR_INVALID_PARAMETER", NULL},
    {0x0000007a, "ERROR_INSUFFICIENT_BUFFER", NULL},
    {0x0000007b, "ERROR_INVALID_NAME", NULL},
    {0x0000007c, "ERROR_INVALID_LEVEL", "the server does not answer at this level"},
    {0x000000ea, "ERROR_MORE_DATA", "there is more than there was room for"},
    {0x00000103, "ERROR_NO_MORE_ITEMS", NULL},
    {0x00000424, "ERROR_SERVICE_DOES_NOT_EXIST", NULL},
    {0x000006a4, "RPC_S_INVALID_STRING_BINDING", NULL},
    {0x000006b5, "RPC_S_UNKNOWN_IF", "the server does not offer this interface"},
    {0x000006ba, "RPC_S_SERVER_UNAVAILABLE", "nothing answers at that endpoint"},
    {0x000006bb, "RPC_S_SERVER_TOO_BUSY", "the server has reached a limit; try again later"},
    {0x000006bd, "RPC_S_NO_CALL_ACTIVE", NULL},
    {0x000006be, "RPC_S_CALL_FAILED", NULL},
    {0x000006c0, "RPC_S_PROTOCOL_ERROR", NULL},
    {0x000006d1, "RPC_S_PROCNUM_OUT_OF_RANGE", "the interface has no operation with this number"},
    {0x000006d3, "RPC_S_UNKNOWN_AUTHN_SERVICE", NULL},
    {0x000006e4, "RPC_S_CANNOT_SUPPORT", "the server does not serve this operation"},
    {0x000006f7, "RPC_X_BAD_STUB_DATA",
     "the server cannot decode the arguments: the stub does not fit the operation"},
    {0x00000719, "RPC_S_NO_INTERFACES", NULL},
    {0x0000071a, "RPC_S_CALL_CANCELLED", NULL},
    {0x00000721, "RPC_S_SEC_PKG_ERROR",
     "protection of the call failed: a wrong key or password, a clock that is off, or data changed "
     "on the way"},
    {0x00000906, "NERR_NetNameNotFound", "there is no such share"},
    {0x1c000001, "nca_s_fault_int_div_by_zero", NULL},
    {0x1c000002, "nca_s_fault_addr_error", NULL},
    {0x1c000003, "nca_s_fault_fp_div_zero", NULL},
    {0x1c000004, "nca_s_fault_fp_underflow", NULL},
    {0x1c000005, "nca_s_fault_fp_overflow", NULL},
    {0x1c000006, "nca_s_fault_invalid_tag", "a union arrived with a tag that has no arm"},
    {0x1c000007, "nca_s_fault_invalid_bound", NULL},
    {0x1c000008, "nca_s_rpc_version_mismatch", NULL},
    {0x1c000009, "nca_s_unspec_reject", NULL},
    {0x1c00000a, "nca_s_bad_actid", NULL},
    {0x1c00000b, "nca_s_who_are_you_failed", NULL},
    {0x1c00000c, "nca_s_manager_not_entered", NULL},
    {0x1c00000d, "nca_s_fault_cancel", "the call was cancelled"},
    {0x1c00000e, "nca_s_fault_ill_inst", NULL},
    {0x1c00000f, "nca_s_fault_fp_error", NULL},
    {0x1c000010, "nca_s_fault_int_overflow", NULL},
    {0x1c000012, "nca_s_fault_unspec", "the server failed without saying why"},
    {0x1c000013, "nca_s_fault_remote_comm_failure", NULL},
    {0x1c000014, "nca_s_fault_pipe_empty", NULL},
    {0x1c000015, "nca_s_fault_pipe_closed", NULL},
    {0x1c000016, "nca_s_fault_pipe_order", NULL},
    {0x1c000017, "nca_s_fault_pipe_discipline", NULL},
    {0x1c000018, "nca_s_fault_pipe_comm_error", NULL},
    {0x1c000019, "nca_s_fault_pipe_memory", NULL},
    {0x1c00001a, "nca_s_fault_context_mismatch",
     "the context handle is closed, or belongs to another interface, association or caller"},
    {0x1c00001b, "nca_s_fault_remote_no_memory", NULL},
    {0x1c00001c, "nca_s_invalid_pres_context_id", NULL},
    {0x1c00001d, "nca_s_unsupported_authn_level", NULL},
    {0x1c00001f, "nca_s_invalid_checksum", NULL},
    {0x1c000020, "nca_s_invalid_crc", NULL},
    {0x1c000021, "nca_s_fault_user_defined", NULL},
    {0x1c000022, "nca_s_fault_tx_open_failed", NULL},
    {0x1c000023, "nca_s_fault_codeset_conv_error", NULL},
    {0x1c000024, "nca_s_fault_object_not_found", NULL},
    {0x1c000025, "nca_s_fault_no_client_stub", NULL},
    {0x1c010001, "nca_s_comm_failure", NULL},
    {0x1c010002, "nca_s_op_rng_error", "the interface has no operation with this number"},
    {0x1c010003, "nca_s_unk_if", "the server does not offer this interface on this connection"},
    {0x1c010006, "nca_s_wrong_boot_time", NULL},
    {0x1c010009, "nca_s_you_crashed", NULL},
    {0x1c01000b, "nca_s_proto_error", "the server saw a break of the protocol"},
    {0x1c010013, "nca_s_out_args_too_big", NULL},
    {0x1c010014, "nca_s_server_too_busy", "the server has reached a limit; try again later"},
    {0x1c010017, "nca_s_unsupported_type", NULL},
    {0x16c9a0cd, "ept_s_cant_perform_op", NULL},
    {0x16c9a0ce, "ept_s_no_memory", NULL},
    {0x16c9a0cf, "ept_s_database_invalid", NULL},
    {0x16c9a0d0, "ept_s_cant_create", NULL},
    {0x16c9a0d1, "ept_s_cant_access", NULL},
    {0x16c9a0d2, "ept_s_database_already_open", NULL},
    {0x16c9a0d3, "ept_s_invalid_entry", NULL},
    {0x16c9a0d4, "ept_s_update_failed", NULL},
    {0x16c9a0d5, "ept_s_invalid_context", NULL},
    {0x16c9a0d6, "ept_s_not_registered",
     "the endpoint mapper knows no (more) endpoint that matches"},
    {0x16c9a0d7, "ept_s_server_unavailable", NULL},
    {0x00000105, "NT_STATUS_MORE_ENTRIES", NULL},
    {0x80004001, "E_NOTIMPL", NULL},
    {0x80070005, "E_ACCESSDENIED", NULL},
    {0xc0000022, "NT_STATUS_ACCESS_DENIED", "the server refuses this caller"},
    {0xc0000003, "NT_STATUS_INVALID_INFO_CLASS", NULL},
    {0xc0000008, "NT_STATUS_INVALID_HANDLE", NULL},
    {0xc000000d, "NT_STATUS_INVALID_PARAMETER", NULL},
    {0xc0000034, "NT_STATUS_OBJECT_NAME_NOT_FOUND", NULL},
    {0xc0000064, "NT_STATUS_NO_SUCH_USER", NULL},
    {0xc000006a, "NT_STATUS_WRONG_PASSWORD", NULL},
    {0xc000006d, "NT_STATUS_LOGON_FAILURE", "the user name or the password is wrong"},
    {0xc000006e, "NT_STATUS_ACCOUNT_RESTRICTION", NULL},
    {0xc000006f, "NT_STATUS_INVALID_LOGON_HOURS", NULL},
    {0xc0000070, "NT_STATUS_INVALID_WORKSTATION", NULL},
    {0xc0000071, "NT_STATUS_PASSWORD_EXPIRED", NULL},
    {0xc0000072, "NT_STATUS_ACCOUNT_DISABLED", NULL},
    {0xc0000073, "NT_STATUS_NONE_MAPPED", NULL},
    {0xc00000df, "NT_STATUS_NO_SUCH_DOMAIN", NULL},
    {0xc0000148, "NT_STATUS_INVALID_LEVEL", NULL},
    {0xc000018a, "NT_STATUS_NO_TRUST_LSA_SECRET", NULL},
    {0xc000018b, "NT_STATUS_NO_TRUST_SAM_ACCOUNT",
     "the domain has no account of this computer: join it"},
    {0xc0000193, "NT_STATUS_ACCOUNT_EXPIRED", NULL},
    {0xc0000199, "NT_STATUS_NOLOGON_WORKSTATION_TRUST_ACCOUNT", NULL},
    {0xc0000224, "NT_STATUS_PASSWORD_MUST_CHANGE", NULL},
    {0xc0000234, "NT_STATUS_ACCOUNT_LOCKED_OUT", NULL},
    {0xc0000388, "NT_STATUS_DOWNGRADE_DETECTED",
     "the server wants stronger algorithms than were offered"},
};

static const struct code_entry *code_find(uint32_t code)
{
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (codes[i].code == code)
      return &codes[i];
  return NULL;
}

const char *portero_code_name(uint32_t code)
{
  const struct code_entry *entry = code_find(code);
  return entry ? entry->name : NULL;
}

const char *portero_code_hint(uint32_t code)
{
  const struct code_entry *entry = code_find(code);
  return entry ? entry->hint : NULL;
}

static const char *local_text(uint32_t code)
{
  static const char *const texts[] = {[PORTERO_LOCAL_NONE] = "no error",
#define LOCAL_TEXT(name, text) [PORTERO_LOCAL_##name] = text,
                                      PORTERO_LOCAL_LIST(LOCAL_TEXT)
#undef LOCAL_TEXT
  };
  return code < sizeof texts / sizeof texts[0] ? texts[code] : "unknown local error";
}

/* [C706] 12.6.3.1 p_reject_reason_t, [MS-RPCE] 2.2.2.5 */
static const char *nak_text(uint32_t reason)
{
  static const char *const texts[] = {
      [0] = "reason not specified",
      [1] = "temporary congestion",
      [2] = "local limit exceeded",
      [3] = "called presentation address unknown",
      [4] = "protocol version not supported",
      [5] = "default context not supported",
      [6] = "user data not readable",
      [7] = "no more presentation contexts",
      [8] = "authentication type not recognized",
      [9] = "invalid checksum: the server refused the authentication token",
  };
  return reason < sizeof texts / sizeof texts[0] ? texts[reason] : "unknown reason";
}

/* [C706] 12.6.3.1 p_cont_def_result_t and p_provider_reason_t */
static const char *rejection_text(uint32_t code)
{
  static const char *const reasons[] = {
      [0] = "reason not specified",
      [1] = "the server does not offer this interface",
      [2] = "no common transfer syntax",
      [3] = "the server's limit of presentation contexts is reached",
  };
  uint32_t reason = code & 0xffff;

  if (code >> 16 == 1)
    return "refused by the server's user";
  return reason < sizeof reasons / sizeof reasons[0] ? reasons[reason] : "unknown reason";
}

static void code_text(const char *prefix, uint32_t code, char *text, size_t size)
{
  const char *name = portero_code_name(code);

  if (name)
    (void)snprintf(text, size, "%s %s (0x%08x)", prefix, name, code);
  else
    (void)snprintf(text, size, "%s 0x%08x", prefix, code);
}

const char *portero_status_text(portero_status s, char *text, size_t size)
{
  if (size == 0)
    return text;
  switch ((enum portero_class)s.klass) {
  case PORTERO_CLASS_OK:
    (void)snprintf(text, size, "success");
    return text;
  case PORTERO_CLASS_LOCAL:
    (void)snprintf(text, size, "%s", local_text(s.code));
    return text;
  case PORTERO_CLASS_SYSTEM:
    (void)snprintf(text, size, "%s",
                   strerrordesc_np((int)s.code) ? strerrordesc_np((int)s.code)
                                                : "unknown system error");
    return text;
  case PORTERO_CLASS_FAULT:
    code_text("fault", s.code, text, size);
    return text;
  case PORTERO_CLASS_NAK:
    (void)snprintf(text, size, "bind refused: %s (%u)", nak_text(s.code), s.code);
    return text;
  case PORTERO_CLASS_REJECTED:
    (void)snprintf(text, size, "presentation context refused: %s (%u/%u)", rejection_text(s.code),
                   s.code >> 16, s.code & 0xffff);
    return text;
  case PORTERO_CLASS_RESULT:
    code_text("result", s.code, text, size);
    return text;
  }
  (void)snprintf(text, size, "unknown status");
  return text;
}
