/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenarios: the machines' behaviour as readable text. README.md in this folder has the language.
 *
 *   words.c      a line into words; text that grows
 *   names.c      interfaces, transfer syntaxes, flags, statuses by name, both ways
 *   build.c      a line into the bytes of a PDU
 *   describe.c   the bytes of a PDU into a line
 *   peer.c       the mechanisms of the scripted side
 *   ends.c       a server's or a client's machine behind one face; its events as lines
 *   play.c       runs a scenario, cut one way or another, and gives back its transcript
 *   witness.c    the tap beside it
 *   run_scenarios.c  the program
 *
 * Test code: what cannot be understood in a scenario ends the program with the line's number.
 */
#ifndef PORTERO_TESTS_SCENARIOS_SCENARIO_H
#define PORTERO_TESTS_SCENARIOS_SCENARIO_H

#include <portero/assoc.h>

/* ---- words.c ---- */

struct text {
  char *data;
  size_t size, capacity;
};
void text_add(struct text *t, const char *format, ...) PORTERO_PRINTF(2, 3);
void text_free(struct text *t);

#define MAX_WORDS 40u
struct words {
  const char *file;
  unsigned line;
  char copy[4096];
  char *word[MAX_WORDS];
  unsigned n;
};
void words_split(struct words *w, const char *file, unsigned line, const char *text, size_t size);
/* The text behind "key=", or NULL. */
const char *words_value(const struct words *w, const char *key);
bool words_has(const struct words *w, const char *word);
uint32_t words_number(const struct words *w, const char *key, uint32_t otherwise);
/* The n-th word (0: the first) as a number; ends the program when it is none. */
uint32_t words_at(const struct words *w, unsigned n);
uint32_t words_parse(const struct words *w, const char *text);
_Noreturn void words_wrong(const struct words *w, const char *what);

/* ---- names.c ---- */

struct portero_syntax name_syntax(const struct words *w, const char *name);
void name_syntax_add(struct text *t, const struct portero_syntax *s);
uint8_t name_level(const struct words *w, const char *name);
const char *name_of_level(uint8_t level);
uint8_t name_type(const struct words *w, const char *name);
const char *name_of_type(uint8_t type);
/* "MPX,SIGN,-LAST" on top of first and last. */
uint8_t name_flags(const struct words *w, const char *names);
void name_flags_add(struct text *t, uint8_t ptype, uint8_t flags);
void name_status_add(struct text *t, portero_status status);
portero_status name_status(const struct words *w, const char *name);
/* The stub of a call: hex, or pattern:SIZE[@OFFSET]. The bytes are the caller's to free(). */
struct portero_bytes name_stub(const struct words *w, const char *value);
void name_stub_add(struct text *t, struct portero_bytes stub);
void name_contexts(const struct words *w, const char *value, struct portero_context *contexts,
                   struct portero_syntax *transfers, unsigned *out_n);

/* ---- peer.c: mechanisms of the scripted side, by auth_context_id ---- */

#define MAX_PEERS 8u
struct peer {
  struct portero_security *security;
  struct portero_writer token; /* to be sent next */
  bool header_signing;         /* agreed: learned from the answers */
};
struct peers {
  struct peer peer[MAX_PEERS];
  bool initiator;
  bool header_signing;
  bool lenient; /* the machine may have given up: write what cannot be protected as it is */
};
void peers_init(struct peers *p, bool initiator);
void peers_free(struct peers *p);
struct peer *peers_of(struct peers *p, const struct words *w, uint32_t id);
/* The token to send; makes the mechanism at its first. */
struct portero_bytes peers_token(struct peers *p, const struct words *w, uint32_t id, uint8_t type);
/* A token has come: NULL, or why it does not fit. */
const char *peers_take(struct peers *p, const struct portero_sec_trailer *trailer);

/* ---- build.c, describe.c ---- */

/* Appends the PDU of a line (its first word names it) to w. */
void build_pdu(struct portero_writer *out, const struct words *w, struct peers *peers);
/* One line for one PDU, without newline. With peers, tokens are taken and protected stubs opened. */
void describe_pdu(struct text *t, struct portero_bytes whole, struct peers *peers);

/* ---- witness.c ---- */

struct witness {
  struct portero_tap *tap;
  struct text seen[2]; /* all its events: of the client's direction, of the server's */
  struct text calls;   /* "call ...", "response ...", "fault ..." by the tap */
  struct text did;     /* the same by the machines and their drivers */
  bool stubs;          /* nothing is protected: stubs are compared too */
  bool every_fault;    /* the machines tell faults too: none may be missing */
  bool sees_more;      /* the scenario said why */
};
void witness_init(struct witness *v, const struct portero_assoc_config *config);
void witness_free(struct witness *v);
void witness_bytes(struct witness *v, bool from_server, struct portero_bytes bytes, uint64_t now);
void witness_did_call(struct witness *v, uint32_t call_id, uint16_t opnum, uint16_t context_id);
void witness_did_response(struct witness *v, uint32_t call_id);
void witness_did_stub(struct witness *v, const char *of, uint32_t call_id,
                      struct portero_bytes stub);
void witness_did_fault(struct witness *v, uint32_t call_id, uint32_t status);
/* What the tap told differently; false: text was added to out_why. */
bool witness_agrees(const struct witness *v, struct text *out_why);

/* ---- play.c ---- */

struct scenario {
  const char *file;
  char name[80];
  unsigned first_line;
  const char *text; /* from the line behind "scenario" */
  size_t size;
};

/* ---- ends.c ---- */

#define MAX_END_CALLS 1200u
struct end {
  bool is_server, closed;
  bool keeps;       /* every call's stub */
  bool has_token;   /* asked, or got, is a token that waits for its step */
  uint8_t *token;   /* that one */
  size_t token_size;
  bool has_bind;    /* asked is a bind that waits for its answer */
  const char *mark; /* "!", "c!" or "s!" */
  struct portero_server_assoc *server;
  struct portero_client_assoc *client;
  struct portero_server_event asked; /* the last question */
  struct portero_client_event got;   /* the last token */
  struct portero_security *own;      /* the client's mechanism of the dialogue that goes on */
  struct portero_assoc_call *calls[MAX_END_CALLS];
  unsigned n_calls;
  struct witness *witness;
};
/* false: out of memory. */
bool end_new(struct end *e, bool is_server, const struct portero_assoc_config *config, uint64_t now,
             struct witness *witness, const char *mark);
void end_free(struct end *e);
void end_input(struct end *e, struct portero_bytes bytes, uint64_t now);
bool end_wants_input(const struct end *e);
/* One event as a line; false: none. */
bool end_next(struct end *e, struct text *t);
struct portero_bytes end_output(struct end *e);
void end_sent(struct end *e, size_t n);
void end_eof(struct end *e, portero_status why);
void end_tick(struct end *e, uint64_t now);
uint64_t end_deadline(const struct end *e);
/* The words behind "=" and ":". */
void end_answer(struct end *e, const struct words *w, struct text *t);
void end_command(struct end *e, const struct words *w, struct text *t);

/* ---- the run ---- */

#define PLAY_WHOLE_IN_PLACE 2u

struct play_options {
  /* 0: whole, 1: single bytes, 2: whole, else the seed of pseudo-random cuts; from 2 on in place */
  unsigned cut;
  const struct portero_mem *mem;     /* of the machines */
  const struct portero_mem *tap_mem; /* of the witness */
  bool scarce;                       /* memory fails in this run */
  struct portero_writer *bytes; /* collects what the machine was given, or the whole wire; NULL */
  bool wire;
};

struct play_result {
  struct text transcript;
  struct text witnessed;  /* first one direction, then the other: cuts may change how they mix */
  struct text complaints; /* empty: the witness agrees */
  const char *mode;       /* "server", "client" or "both" */
};
void play_scenario(const struct scenario *s, const struct play_options *options,
                   struct play_result *out_result);
void play_result_free(struct play_result *r);

#endif
