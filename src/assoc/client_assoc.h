/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's machine from the inside; one concern per file:
 *   client.c        life, input, events, time
 *   client_bind.c   bind, alter_context, their answers, tokens
 *   client_auth.c   the dialogue of tokens, further security contexts
 *   client_call.c   requests and their answers, cancel, orphan
 *   client_verify.c verification trailers
 */
#ifndef PORTERO_ASSOC_CLIENT_ASSOC_H
#define PORTERO_ASSOC_CLIENT_ASSOC_H

#include "src/assoc/frame.h"
#include "src/assoc/output.h"
#include "src/assoc/secure.h"
#include "src/assoc/stub_buffer.h"

enum client_state {
  CLIENT_UNBOUND,
  CLIENT_BINDING,    /* a bind or alter_context waits for the server's answer */
  CLIENT_ASKED_AUTH, /* a token waits for the driver's answer */
  CLIENT_READY,
  CLIENT_CLOSING,
  CLIENT_CLOSED,
};

struct client_call {
  struct client_call *next;
  uint32_t call_id;
  struct secure_context *secure;
  struct stub_buffer buffer; /* fragments so far */
  bool started;              /* its first fragment has arrived */
};

/* A presentation context, asked for or accepted: what verification trailers speak of. */
struct client_pcontext {
  struct client_pcontext *next;
  const struct secure_context *told; /* under whose protection the server was told of it */
  struct portero_syntax abstract, transfer;
  uint16_t id;
};

struct portero_client_assoc {
  const struct portero_assoc_config *config;
  enum client_state state;
  bool bound;          /* the first bind was accepted */
  bool alter;          /* what is being waited for is an alter_context_resp */
  bool proposed_alter; /* what the driver asked for was one */
  bool bound_untold;   /* agreed, and the driver does not know it yet */
  bool header_signing;
  bool eof;
  bool features_asked; /* in the proposal that waits */
  bool results_known;  /* the proposal's first answer has been read */
  uint8_t n_proposed;  /* contexts of the proposal, features included */
  uint16_t max_xmit;
  uint32_t group_id;
  uint32_t features;
  uint32_t next_call_id, bind_call_id;
  uint32_t calls;
  struct frame frame;
  struct output output;
  struct secure_table secure;
  struct secure_context *authenticating;  /* whose dialogue is going on */
  struct secure_context *current;         /* that protects new calls */
  struct client_pcontext *asked, *agreed; /* presentation contexts */
  struct portero_context leg_context;     /* an agreed context, repeated by further legs */
  struct portero_syntax leg_transfer;
  struct client_call *first_call;
  struct client_call *answered; /* its buffer is in the driver's hands until the next next() */
  struct portero_context_result *results;
  size_t n_results, results_size;
  uint8_t *token; /* of the server, until answered */
  size_t token_size;
  portero_status close_status;
  const char *close_what;
  uint64_t now, asked_since, partial_since;
  bool dated; /* now was told after the driver's last command */
};

static inline const struct portero_mem *client_mem(const struct portero_client_assoc *a)
{
  return a->config->mem;
}

/* client.c */
void client_close(struct portero_client_assoc *a, portero_status status, const char *what);
struct portero_pdu_header client_header(uint8_t ptype, uint8_t flags, uint32_t call_id);
/* Ends one append to the output; LOCAL_NO_MEMORY closes the connection. */
portero_status client_commit(struct portero_client_assoc *a, size_t start);

/* client_bind.c */
bool client_on_ack(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                   struct portero_client_event *out_event);
bool client_tell_bound(struct portero_client_assoc *a, struct portero_bytes address,
                       struct portero_client_event *out_event);
bool client_on_nak(struct portero_client_assoc *a, const struct portero_pdu *pdu);
void client_bind_free(struct portero_client_assoc *a);

portero_status client_send_leg(struct portero_client_assoc *a, struct portero_bytes token);
uint8_t client_bind_flags(const struct portero_client_assoc *a, const struct secure_context *c);
void client_add_token(struct portero_writer *w, size_t start, const struct secure_context *c,
                      struct portero_bytes token);

/* client_auth.c */
/* The context that a proposal authenticates, if it does. */
portero_status client_take_security(struct portero_client_assoc *a,
                                    struct portero_security *security, uint8_t level);
/* The answer to a leg goes to the driver; false: the connection is closing. */
bool client_ask_step(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                     struct portero_client_event *out_event);

/* client_verify.c */
/* Puts one in front of a list; false: memory is out. */
bool client_pcontext_put(struct portero_client_assoc *a, struct client_pcontext **list, uint16_t id,
                         const struct portero_syntax *abstract);
void client_pcontexts_give(struct portero_client_assoc *a, struct client_pcontext **list);
/* What was asked for and accepted, by the results, is agreed. */
void client_pcontexts_agree(struct portero_client_assoc *a);
/*
 * The verification trailer for the last fragment of this call, empty when none is due. Written to
 * out_bytes as it follows a stub of stub_size bytes, with its alignment.
 */
#define CLIENT_VERIFICATION_SIZE 96u
struct portero_bytes client_verification(struct portero_client_assoc *a,
                                         const struct portero_client_request *request,
                                         uint32_t call_id, size_t stub_size,
                                         uint8_t out_bytes[CLIENT_VERIFICATION_SIZE]);

/* client_call.c */
bool client_on_response(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                        struct portero_client_event *out_event);
bool client_on_fault(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                     struct portero_client_event *out_event);
void client_call_free(struct portero_client_assoc *a, struct client_call *call);

#endif
