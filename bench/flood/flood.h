/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flood of an endpoint mapper: many connections from many addresses of this host, bounded in
 * count, rate and time. A mode says what each connection does once it is there.
 */
#ifndef PORTERO_BENCH_FLOOD_H
#define PORTERO_BENCH_FLOOD_H

#include <netinet/in.h>

#include <portero/bytes.h>

enum flood_after {
  FLOOD_CLOSE, /* we close */
  FLOOD_HOLD,  /* stays, until there are too many or the flood is over */
};

struct flood_mode {
  const char *name;
  const char *what; /* for --help */
  bool binds;       /* waits for an accepted bind first */
  bool reads;       /* takes what is answered; otherwise not a byte */
  bool answered;    /* waits for an answer (or the end) after its body */
  bool repeats;     /* the body again: after its answer, or for ever */
  enum flood_after after;
  void (*write_body)(struct portero_writer *w); /* NULL: says nothing */
};

/* NULL: there is no such mode. */
const struct flood_mode *flood_mode_find(const char *name);
/* The i-th; NULL past the end. */
const struct flood_mode *flood_mode_at(size_t i);
void flood_write_bind(struct portero_writer *w);

struct flood_options {
  const struct flood_mode *mode;
  struct sockaddr_in to;
  uint32_t sources;   /* addresses: 127.26.0.1 and on */
  uint32_t attempts;  /* connections tried */
  uint32_t rate;      /* of them in a second; 0: any */
  uint32_t open;      /* at most so many at a time, besides those that are held */
  uint32_t hold;      /* at most so many are held: for one more the oldest is closed */
  uint32_t calls;     /* of one connection, when the mode repeats */
  uint32_t call_rate; /* of all, in a second; 0: any */
  uint64_t duration;  /* ns, after which it is over in any case */
  bool stay;          /* what is held is held until then */
  int nice;
};

/* Ends the program on mistakes and after --help. */
void flood_options_parse(struct flood_options *out_options, int argc, char **argv);

/* ---- what came of it ---- */

#define FLOOD_CODES 16u

struct flood_count {
  uint32_t code;
  uint64_t n;
};

struct flood_result {
  uint64_t attempts, failed;              /* failed: the system gave no connection */
  uint64_t connected;                     /* taken by the system on the server's behalf */
  uint64_t bound;                         /* binds that were accepted */
  uint64_t closed_silent;                 /* by the server, which had not said a word */
  uint64_t closed_later;                  /* by the server, after it had */
  uint64_t closed_refused;                /* by the server, after a fault for the last call */
  uint64_t closed_here;                   /* by us */
  uint64_t open;                          /* at the end */
  uint64_t most_open;                     /* at any time */
  uint64_t calls, answers;                /* bodies sent whole; responses */
  uint64_t sent, received;                /* bytes */
  struct flood_count naks[FLOOD_CODES];   /* by reason */
  struct flood_count faults[FLOOD_CODES]; /* by status */
  struct flood_count errors[FLOOD_CODES]; /* errno of those that failed */
  uint64_t busy;                          /* ns from the first to the last attempt */
};

void flood_run(const struct flood_options *o, struct flood_result *out_result);

#endif
