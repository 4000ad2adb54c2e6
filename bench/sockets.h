/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the benchmark share: sockets, time, numbers, ends with a message. */
#ifndef PORTERO_BENCH_SOCKETS_H
#define PORTERO_BENCH_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Blocking, with TCP_NODELAY. -1 and errno. address: IPv4 in digits. */
int bench_connect(const char *address, uint16_t port);
/* The same, and neither connecting nor sending takes longer than that. 0: as long as it takes. */
int bench_connect_patiently(const char *address, uint16_t port, unsigned seconds);
/* *out_port is where it really listens, when port is 0. Ends the program on failure. */
int bench_listen(const char *address, uint16_t port, uint16_t *out_port);

/* False and errno: not all of it went. */
bool bench_try_send(int fd, const void *data, size_t size);
/* Ends the program when it does not go. */
void bench_send(int fd, const void *data, size_t size);
/* Says what went wrong (with errno's text, when it is set) and ends the program. */
_Noreturn void bench_fail(const char *what);
/* A number from low to high, or the program ends with a word about name. */
uint64_t bench_number(const char *name, const char *text, uint64_t low, uint64_t high);
/* Raises the number of descriptors to what the system lets us have. */
void bench_take_descriptors(void);
uint64_t bench_now(void); /* ns */

#endif
