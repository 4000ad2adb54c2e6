/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One accepted connection: moves bytes between a socket and a server's machine, and hands the
 * machine's events to its owner. It knows nothing of interfaces or calls.
 *
 * Reads go to the loop's buffer and are used in place; what the socket does not take at once is
 * copied and waits. Idle, a connection holds no buffer. An owner embeds struct net_conn as the
 * first member of its own.
 */
#ifndef PORTERO_NET_CONN_H
#define PORTERO_NET_CONN_H

#include <portero/assoc.h>

#include "src/net/address.h"
#include "src/net/loop.h"

struct net_conn;

struct net_conn_ops {
  size_t size; /* of the owner's structure */
  /* One event of the machine, not CLOSE. */
  void (*event)(struct net_conn *c, const struct portero_server_event *event);
  /* No more events: calls in flight can no longer be answered. Once, before gone. */
  void (*lost)(struct net_conn *c, portero_status why, const char *what);
  /* The socket is closed; the memory is given back when this returns. */
  void (*gone)(struct net_conn *c);
};

enum net_conn_state {
  NET_CONN_OPEN,
  NET_CONN_FLUSHING, /* nothing more is read or asked; what is queued is being sent */
  NET_CONN_LINGERING, /* our side is shut; waiting for the peer's end, so that it can read our last words */
  NET_CONN_CLOSING,
};

struct net_conn {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } uv;
  struct net_loop *loop;
  const struct net_conn_ops *ops;
  const struct portero_mem *mem; /* the loop's pool; the owner may put something before it, before
                                    net_conn_open() */
  const struct portero_assoc_config *config;
  struct portero_server_assoc *assoc; /* NULL: refused at the door */
  struct net_conn *prev, *next;       /* in the loop's list */
  struct net_line *line;              /* where it waits for its turn; NULL: it does not */
  struct net_conn *before, *behind;
  struct portero_writer *early; /* a copy of all input so far, while it is asked for */
  struct net_deadline deadline;
  uint64_t write_deadline;    /* while writing: the peer has to read something until then */
  uint32_t pdus_in, pdus_out; /* counted already */
  uint64_t bytes_in, bytes_out;
  portero_status end_status;
  uint32_t lingered; /* bytes thrown away */
  int fd;            /* the handle's */
  enum net_conn_state state;
  bool reading;
  bool had_turn; /* the last read was a full one: the next is for the loop's next turn */
  bool writing;  /* a write waits for the socket */
  bool ended;    /* the peer has closed its side, or the socket failed: */
  bool heard;    /* what follows from it, has */
  bool busy;     /* events are being pulled */
  bool paused;   /* net_conn_pause() */
  bool blocked;  /* the machine takes no input */
  struct net_ends ends;
};

/* Zeroed memory of ops->size, with a socket handle on l. NULL when memory is out. */
struct net_conn *net_conn_new(struct net_loop *l, const struct net_conn_ops *ops, bool is_local);
/*
 * Takes a connection from a listening stream, or takes over a connected descriptor (also on
 * failure).
 */
portero_status net_conn_accept(struct net_conn *c, uv_stream_t *listener);
portero_status net_conn_adopt(struct net_conn *c, int fd);
/*
 * Makes the machine and starts reading. config outlives the connection. keep_early: see
 * net_conn_detach().
 */
portero_status net_conn_open(struct net_conn *c, const struct portero_assoc_config *config,
                             bool keep_early);
/* The same with bytes that have been read already. */
void net_conn_feed(struct net_conn *c, struct portero_bytes bytes);

/* After an answer that was not given inside event(): goes on with events, sends. */
void net_conn_kick(struct net_conn *c);
/* Takes no more input; answers are still sent. */
void net_conn_pause(struct net_conn *c);
/* Sends what is queued, then closes. lost is called now. */
void net_conn_finish(struct net_conn *c);
/* Closes at once. lost and gone follow as due. */
void net_conn_abort(struct net_conn *c);

/* The input is no longer needed for a move. */
void net_conn_forget_early(struct net_conn *c);
/*
 * For moving a connection to another loop: a descriptor of its own for the socket, and all bytes
 * that came so far (malloc'ed). The connection itself then ends without a word.
 */
portero_status net_conn_detach(struct net_conn *c, int *out_fd, uint8_t **out_bytes,
                               size_t *out_size);

#endif
