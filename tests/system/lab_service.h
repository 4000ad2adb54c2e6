/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service whose operations show how a server runs calls; one instance may serve several servers.
 */
#ifndef PORTERO_TESTS_SYSTEM_LAB_SERVICE_H
#define PORTERO_TESTS_SYSTEM_LAB_SERVICE_H

#include <pthread.h>

#include <portero/server.h>

enum lab_opnum {
  LAB_NULL,     /* nothing in, nothing out */
  LAB_NEGATE,   /* u32 -> u32 */
  LAB_BLOB,     /* n -> n bytes */
  LAB_DEFER,    /* answered by lab_release() with its argument + 1 */
  LAB_BLOCK,    /* on the pool: waits for lab_release(), answers its argument + 1 */
  LAB_OPEN,     /* -> a context handle */
  LAB_USE,      /* handle -> how often it was used */
  LAB_CLOSE,    /* handle -> null handle */
  LAB_UNUSED,   /* no operation */
  LAB_FAIL,     /* fails with a local error */
  LAB_CARELESS, /* overlooks broken arguments */
  LAB_LENGTH,   /* the stub's length */
  LAB_OPERATIONS,
};

#define LAB_WAITING 64u

struct lab {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct portero_call *waiting[LAB_WAITING]; /* deferred calls */
  uint32_t arguments[LAB_WAITING];
  unsigned n_waiting;
  unsigned n_blocked;  /* handlers that wait in LAB_BLOCK */
  unsigned n_released; /* how many of them may go */
  unsigned n_rundowns;
  unsigned n_open;
};

extern const struct portero_interface lab_interface;
extern const struct portero_interface
    lab_other_interface; /* the same operations under another uuid */
extern const struct portero_interface lab_local_interface; /* the same, local callers only */

void lab_init(struct lab *lab);
void lab_deinit(struct lab *lab);
/* Waits until n deferred calls (LAB_DEFER) have come. */
void lab_wait_deferred(struct lab *lab, unsigned n);
void lab_wait_blocked(struct lab *lab, unsigned n);
void lab_wait_rundowns(struct lab *lab, unsigned n);
/* One of its counters. */
unsigned lab_count(struct lab *lab, const unsigned *counter);
/* Takes the i-th deferred call; finish it with lab_finish(). */
struct portero_call *lab_take(struct lab *lab, unsigned i, uint32_t *out_argument);
/* Waits for deferred calls and takes all; 0 when *stop was set with lab_wake() and none is left. */
unsigned lab_take_all(struct lab *lab, struct portero_call **out_calls, uint32_t *out_arguments,
                      const bool *stop);
void lab_wake(struct lab *lab, bool *stop);
void lab_finish(struct portero_call *call, uint32_t argument);
/* Lets n blocked handlers go. */
void lab_release(struct lab *lab, unsigned n);

#endif
