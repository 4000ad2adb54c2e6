/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol towers and string bindings: the two spellings of "where and how".
 * [C706] appendix I, L and 3.1 (string bindings), [MS-RPCE] 2.1, 2.2.1.2.
 *
 * A tower is a list of floors in bytes, used by the endpoint mapper: interface, transfer syntax,
 * RPC protocol, then the transport's floors. A binding is the same for people:
 *     object-uuid@ncacn_ip_tcp:host[endpoint,option=value]
 * Values are self-contained (no borrowed memory) and bounded.
 */
#ifndef PORTERO_TOWER_H
#define PORTERO_TOWER_H

#include <portero/bytes.h>

PORTERO_BEGIN_DECLS

enum portero_protseq {
  PORTERO_PROTSEQ_UNKNOWN = 0,
  PORTERO_NCACN_IP_TCP,
  PORTERO_NCACN_NP,
  PORTERO_NCALRPC,
  PORTERO_NCACN_HTTP,
  PORTERO_NCADG_IP_UDP,
  PORTERO_NCACN_UNIX_STREAM, /* FreeDCE's and Samba's local sequence */
};

#define PORTERO_HOST_SIZE     256u /* longest host name or address, with terminator */
#define PORTERO_ENDPOINT_SIZE 108u /* port, pipe name or socket path, with terminator */

struct portero_tower {
  struct portero_syntax interface;
  struct portero_syntax transfer;
  enum portero_protseq protseq;
  uint16_t port;                        /* TCP, UDP, HTTP */
  uint8_t ipv4[4];                      /* there is no IPv6 floor: 0.0.0.0 then */
  char endpoint[PORTERO_ENDPOINT_SIZE]; /* named pipes, local sequences: name or path */
  char host[PORTERO_HOST_SIZE];         /* named pipes: \\HOST as sent; else empty */
};

/*
 * OK; LOCAL_SHORT / LOCAL_MALFORMED: not a tower; LOCAL_UNSUPPORTED: a well-formed tower of another
 * transport; LOCAL_LIMIT: a host or endpoint longer than struct portero_tower holds.
 * The floor of the RPC protocol may have an empty right-hand side: Wine writes it so.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_tower_read(struct portero_bytes octets,
                                                               struct portero_tower *out_tower);
/* Appends the octets of the tower. protseq must be known. */
PORTERO_API void portero_tower_write(struct portero_writer *w, const struct portero_tower *tower);

#define PORTERO_BINDING_OPTIONS 8u
#define PORTERO_OPTION_SIZE     64u

struct portero_binding {
  bool has_object;
  struct portero_uuid object;
  enum portero_protseq protseq;
  char host[PORTERO_HOST_SIZE];         /* empty: this machine; an IPv6 address without brackets */
  char endpoint[PORTERO_ENDPOINT_SIZE]; /* empty: ask the endpoint mapper (client), take a dynamic
                                           one (server) */
  unsigned n_options;
  char options[PORTERO_BINDING_OPTIONS][PORTERO_OPTION_SIZE]; /* "name=value" or "name" */
};

/*
 * Parses [object@]protseq:[host][\[endpoint[,option]...\]]. An IPv6 host may be bare or in its own
 * brackets before the endpoint's. The endpoint may be written endpoint=x, in any place. A backslash
 * takes away the meaning of one of \ [ ] , = behind it; before any other character it means itself,
 * so that both [\pipe\x] and [\\pipe\\x] name \pipe\x. Whether the endpoint suits its protocol
 * sequence is not checked.
 * LOCAL_MALFORMED with *out_at (may be NULL) the offset of the first character that does not fit,
 * or of the element that does not (no name, an option or the endpoint given twice);
 * LOCAL_UNSUPPORTED: unknown protocol sequence; LOCAL_LIMIT: a part is too long, too many options.
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_binding_parse(const char *text, struct portero_binding *out_binding, size_t *out_at);
/* Writes the string binding into text (terminated, cut when too long); returns the length it needs.
 */
PORTERO_API size_t portero_binding_text(const struct portero_binding *b, char *text, size_t size);
/* The value of an option (its name in any case), "" for one without a value, NULL when absent. */
PORTERO_API const char *portero_binding_option(const struct portero_binding *b, const char *name);

/* "ncacn_ip_tcp"; NULL for PORTERO_PROTSEQ_UNKNOWN. */
PORTERO_API const char *portero_protseq_name(enum portero_protseq protseq);
PORTERO_API enum portero_protseq portero_protseq_find(const char *name, size_t length);

/*
 * The binding a client uses for this tower when it asked host: host with the tower's port or pipe;
 * no host for local sequences. false when the tower names no endpoint, or host is too long.
 */
PORTERO_API bool portero_binding_from_tower(const struct portero_tower *t, const char *host,
                                            struct portero_binding *out_binding);

PORTERO_END_DECLS

#endif
