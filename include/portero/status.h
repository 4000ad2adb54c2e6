/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one result type. A status is a class and a code; the class says whose code it is, so that
 * a local failure, an errno and a peer's fault are never mistaken for one another.
 *
 * Values, not objects: copy freely, no lifetime.
 */
#ifndef PORTERO_STATUS_H
#define PORTERO_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portero/api.h>

PORTERO_BEGIN_DECLS

enum portero_class {
  PORTERO_CLASS_OK = 0,
  PORTERO_CLASS_LOCAL,    /* code: enum portero_local */
  PORTERO_CLASS_SYSTEM,   /* code: errno of this host */
  PORTERO_CLASS_FAULT,    /* code: the status of a fault PDU, sent or received */
  PORTERO_CLASS_NAK,      /* code: the reject reason of a bind_nak, [C706] 12.6.3.1 */
  PORTERO_CLASS_REJECTED, /* code: result << 16 | reason of a refused presentation context */
  PORTERO_CLASS_RESULT, /* code: what an operation returned (error_status_t, Win32, NTSTATUS, HRESULT) */
};

/* name, text for people */
#define PORTERO_LOCAL_LIST(X)                                                                      \
  X(SHORT, "the data ends before the field does")                                                  \
  X(MALFORMED, "the data breaks the rules of its format")                                          \
  X(VERSION, "the peer speaks another protocol version")                                           \
  X(LIMIT, "a limit was reached")                                                                  \
  X(NO_MEMORY, "out of memory")                                                                    \
  X(USAGE, "the call was made with arguments that do not fit")                                     \
  X(STATE, "not possible in this state")                                                           \
  X(UNSUPPORTED, "not supported")                                                                  \
  X(NOT_FOUND, "not found")                                                                        \
  X(EXISTS, "already there")                                                                       \
  X(DENIED, "refused")                                                                             \
  X(TIMEOUT, "no answer in time")                                                                  \
  X(CANCELLED, "cancelled")                                                                        \
  X(CLOSED, "the connection was closed")                                                           \
  X(PROTOCOL, "the peer broke the protocol")                                                       \
  X(NO_ENDPOINT, "the endpoint mapper knows no endpoint for this interface")                       \
  X(PORTS_EXHAUSTED, "no free port in the configured range")                                       \
  X(NAME, "the host name cannot be resolved")                                                      \
  X(SECURITY, "authentication or protection of the data failed")

enum portero_local {
  PORTERO_LOCAL_NONE = 0,
#define PORTERO_LOCAL_ENUM(name, text) PORTERO_LOCAL_##name,
  PORTERO_LOCAL_LIST(PORTERO_LOCAL_ENUM)
#undef PORTERO_LOCAL_ENUM
};

typedef struct portero_status {
  uint32_t klass; /* enum portero_class */
  uint32_t code;
} portero_status;

static inline portero_status portero_status_make(enum portero_class klass, uint32_t code)
{
  portero_status s;
  s.klass = (uint32_t)klass;
  s.code = code;
  return s;
}
static inline portero_status portero_ok(void)
{
  return portero_status_make(PORTERO_CLASS_OK, 0);
}
static inline bool portero_is_ok(portero_status s)
{
  return s.klass == PORTERO_CLASS_OK;
}
static inline portero_status portero_local(enum portero_local code)
{
  return portero_status_make(PORTERO_CLASS_LOCAL, (uint32_t)code);
}
static inline portero_status portero_fault_status(uint32_t code)
{
  return portero_status_make(PORTERO_CLASS_FAULT, code);
}
static inline bool portero_is_local(portero_status s, enum portero_local code)
{
  return s.klass == PORTERO_CLASS_LOCAL && s.code == (uint32_t)code;
}
static inline bool portero_is_fault(portero_status s, uint32_t code)
{
  return s.klass == PORTERO_CLASS_FAULT && s.code == code;
}

/* Fault statuses the runtime itself sends: [C706] appendix E, [MS-RPCE] 2.2.1.1.1, [MS-ERREF]. */
#define PORTERO_FAULT_ACCESS_DENIED     0x00000005u /* ERROR_ACCESS_DENIED */
#define PORTERO_FAULT_BAD_STUB_DATA     0x000006f7u /* RPC_X_BAD_STUB_DATA */
#define PORTERO_FAULT_NO_CALL_ACTIVE    0x000006bdu /* RPC_S_NO_CALL_ACTIVE */
#define PORTERO_FAULT_SEC_PKG_ERROR     0x00000721u /* RPC_S_SEC_PKG_ERROR */
#define PORTERO_FAULT_SERVER_TOO_BUSY   0x000006bbu /* RPC_S_SERVER_TOO_BUSY */
#define PORTERO_FAULT_CALL_FAILED       0x000006beu /* RPC_S_CALL_FAILED */
#define PORTERO_FAULT_OP_RANGE          0x1c010002u /* nca_s_op_rng_error */
#define PORTERO_FAULT_UNKNOWN_INTERFACE 0x1c010003u /* nca_s_unk_if */
#define PORTERO_FAULT_PROTOCOL          0x1c01000bu /* nca_s_proto_error */
#define PORTERO_FAULT_TOO_BUSY          0x1c010014u /* nca_s_server_too_busy */
#define PORTERO_FAULT_CONTEXT_MISMATCH  0x1c00001au /* nca_s_fault_context_mismatch */
#define PORTERO_FAULT_CANCELLED         0x1c00000du /* nca_s_fault_cancel */
#define PORTERO_FAULT_NO_MEMORY         0x1c00001bu /* nca_s_fault_remote_no_memory */
#define PORTERO_FAULT_UNSPECIFIED       0x1c000012u /* nca_s_fault_unspec */

/* The endpoint mapper's own result: nothing (more) matches. [C706] appendix E. */
#define PORTERO_EPT_NOT_REGISTERED  0x16c9a0d6u
#define PORTERO_EPT_CANT_PERFORM_OP 0x16c9a0cdu

/*
 * Writes what a person or a log needs to see, "fault nca_s_op_rng_error (0x1c010002)", into text
 * (always terminated, cut when too long) and returns text.
 */
PORTERO_API const char *portero_status_text(portero_status s, char *text, size_t size);

/*
 * The field's name of a fault or result code: nca_s_*, ept_s_*, RPC_S_*, ERROR_*, NT_STATUS_*.
 * NULL when the code is not known here. The string is static.
 */
PORTERO_API const char *portero_code_name(uint32_t code);
/* One sentence: what it means and the usual cause. NULL when there is none. Static. */
PORTERO_API const char *portero_code_hint(uint32_t code);

PORTERO_END_DECLS

#endif
