/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The visitors' book: one record for everything that happens at the door, and its text forms.
 *
 * A record borrows all its texts; it lives as long as the call that tells it. Nothing in it is
 * secret, whatever the peer sent: account names and counts, never passwords, keys, tokens or stub
 * bytes. What comes from peers may hold anything; the forms make it harmless: one record is one
 * line, whatever its texts hold.
 */
#ifndef PORTERO_EVENT_H
#define PORTERO_EVENT_H

#include <portero/security.h>
#include <portero/tower.h>

PORTERO_BEGIN_DECLS

/* X(NAME, name): the names are what every form calls them. */
#define PORTERO_EVENT_LIST(X)                                                                      \
  X(OPENED, "opened")         /* a connection */                                                   \
  X(CLOSED, "closed")         /* with its bytes, duration, and why */                              \
  X(BIND, "bind")             /* one for each interface asked for, with the answer */              \
  X(AUTHENTICATION, "auth")   /* a dialogue ended: who, or why not */                              \
  X(REQUEST, "request")       /* a call's header is known and judged */                            \
  X(CALL, "call")             /* a call ended, with its outcome */                                 \
  X(REGISTERED, "registered") /* at the endpoint mapper */                                         \
  X(UNREGISTERED, "unregistered")                                                                  \
  X(SERVICE_UP, "service-up")                                                                      \
  X(SERVICE_DOWN, "service-down")                                                                  \
  X(POLICY, "policy") /* loaded, or refused and the old one stays */                               \
  X(LIMIT, "limit")   /* somebody met one; reason is its name */                                   \
  X(ALERT, "alert")   /* somebody should look; reason is its name */                               \
  X(LOST, "lost")     /* count records did not fit in the memory of a sink */

enum portero_event_kind {
#define PORTERO_EVENT_ENUM(name, text) PORTERO_EVENT_##name,
  PORTERO_EVENT_LIST(PORTERO_EVENT_ENUM)
#undef PORTERO_EVENT_ENUM
  PORTERO_EVENT_KINDS
};

#define PORTERO_OUTCOME_LIST(X)                                                                    \
  X(NONE, "")                                                                                      \
  X(ANSWERED, "answered")                                                                          \
  X(FAULT, "fault")   /* by the service; status tells which */                                     \
  X(DENIED, "denied") /* at the door */                                                            \
  X(CANCELLED, "cancelled")                                                                        \
  X(UNANSWERED, "unanswered") /* the connection ended first, or no answer was wanted */            \
  X(FAILED, "failed")         /* a bind, a login, a registration, a policy that was refused */

enum portero_outcome {
#define PORTERO_OUTCOME_ENUM(name, text) PORTERO_OUTCOME_##name,
  PORTERO_OUTCOME_LIST(PORTERO_OUTCOME_ENUM)
#undef PORTERO_OUTCOME_ENUM
  PORTERO_OUTCOMES
};

/* An internet address in 16 bytes, IPv4 mapped (::ffff:a.b.c.d). All zero: none, a local socket. */
struct portero_event_end {
  uint8_t ip[16];
  uint16_t port;
};

/* Zero, NULL and empty mean: does not apply, or not known. */
struct portero_event {
  enum portero_event_kind kind;
  uint64_t time; /* nanoseconds since 1970, UTC */
  uint64_t
      connection; /* unlike any other of this host for a long time; the same for all its events */
  struct portero_event_end source, destination; /* who came, where to */
  uint8_t protseq;                              /* enum portero_protseq */

  const struct portero_syntax *interface;
  const char *interface_name; /* "samr" */
  bool has_opnum;
  uint16_t opnum;
  const char *operation; /* "SamrConnect5" */
  const struct portero_uuid *object;
  uint32_t call_id;
  uint32_t fragments;           /* of the request */
  uint32_t fragments_out;       /* of the answer */
  uint64_t bytes_in, bytes_out; /* stub bytes of a call; all bytes of a connection */
  uint64_t duration;            /* nanoseconds */

  uint8_t auth_type, auth_level; /* enum portero_auth_type, portero_auth_level */
  const char *account, *domain;
  const char *sid;

  enum portero_outcome outcome;
  uint32_t status;         /* of the fault, or why a bind was refused */
  const char *verdict;     /* "allow", "deny", "drop", "observe"; NULL: policy was not asked */
  const char *rule;        /* that decided; NULL: the default */
  const char *const *tags; /* ATT&CK techniques and others, n_tags of them */
  size_t n_tags;
  const char *reason; /* for a person; of LIMIT and ALERT: the name */
  uint64_t count;     /* LOST, LIMIT, ALERT: how many since the last such record */

  /* REGISTERED, UNREGISTERED, SERVICE_*, POLICY: the process on this host */
  bool has_process;
  int32_t pid;
  uint32_t uid, gid;
  const char *program, *unit; /* what it runs, its systemd unit */
  const char *binding, *annotation;
};

PORTERO_API const char *portero_event_name(enum portero_event_kind kind);
PORTERO_API const char *portero_outcome_name(enum portero_outcome outcome);
/* "C" and 17 characters, the same for all events of one connection: the uid of Zeek's logs. */
#define PORTERO_EVENT_UID_SIZE 20u
PORTERO_API const char *portero_event_uid(const struct portero_event *e, char *text);

/* ---- forms: each appends one record to w, whole and with its end of line where it has one ---- */

/* A JSON object a line; keys are listed in docs/events.md. */
PORTERO_API void portero_event_write_json(struct portero_writer *w, const struct portero_event *e);
/* The same facts under the names of the Elastic Common Schema. */
PORTERO_API void portero_event_write_ecs(struct portero_writer *w, const struct portero_event *e);
/* Suricata's EVE record "dcerpc"; our own facts are under "portero" beside it. CALL and BIND from the
 * network only. */
PORTERO_API void portero_event_write_eve(struct portero_writer *w, const struct portero_event *e);
/* A line of Zeek's dce_rpc.log, CALL only; the header is written once for each file. */
PORTERO_API void portero_event_write_zeek_header(struct portero_writer *w, uint64_t time);
PORTERO_API void portero_event_write_zeek(struct portero_writer *w, const struct portero_event *e);
PORTERO_API void portero_event_write_zeek_footer(struct portero_writer *w, uint64_t time);
/* The record of RPC Firewall as JSON: EventID 3 and its fields, for the public Sigma rules. REQUEST only. */
PORTERO_API void portero_event_write_rpcfw(struct portero_writer *w, const struct portero_event *e);
/* A syslog message of [RFC5424], without framing and without end of line. facility: [0, 23]. */
struct portero_syslog_origin {
  const char *host, *app; /* printable ASCII; NULL: "-" */
  uint32_t pid;
  uint8_t facility;
  uint32_t enterprise; /* of the structured data's name; 0: 32473, the number for documentation */
};
PORTERO_API void portero_event_write_syslog(struct portero_writer *w, const struct portero_event *e,
                                            const struct portero_syslog_origin *origin);
/* "FIELD=value" for the journal, each told to field; values may hold any byte. */
PORTERO_API void portero_event_journal(const struct portero_event *e,
                                       void (*field)(void *user, const char *name,
                                                     struct portero_bytes value),
                                       void *user);
/* One line for a person, in colour when wanted: who did what where, and how it ended. */
PORTERO_API void portero_event_write_text(struct portero_writer *w, const struct portero_event *e,
                                          bool colour);
/* Syslog's severity: 2 critical alert to 7 debug. */
PORTERO_API unsigned portero_event_severity(const struct portero_event *e);

PORTERO_END_DECLS

#endif
