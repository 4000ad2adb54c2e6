/* SPDX-License-Identifier: Apache-2.0 */
/* NL_AUTH_MESSAGE: who wants to use which secure channel, and the answer. [MS-NRPC] 2.2.1.3.1 */
#ifndef PORTERO_AUTH_NETLOGON_MESSAGE_H
#define PORTERO_AUTH_NETLOGON_MESSAGE_H

#include <portero/bytes.h>

#define NETLOGON_NAME_SIZE 256u /* with its NUL */

/* Texts in UTF-8, empty: not there. */
struct netlogon_names {
  char computer[NETLOGON_NAME_SIZE], domain[NETLOGON_NAME_SIZE];         /* NetBIOS */
  char dns_computer[NETLOGON_NAME_SIZE], dns_domain[NETLOGON_NAME_SIZE]; /* "dc1.lab.test" */
};

/* LOCAL_LIMIT: a name or one of its labels is too long. */
PORTERO_MUST_USE portero_status netlogon_negotiate_write(struct portero_writer *w,
                                                         const struct netlogon_names *names);
/*
 * LOCAL_SHORT, LOCAL_MALFORMED. A name of the code page that is not ASCII is left empty: its UTF-8
 * form is the one that can be trusted. Compression pointers are refused: nobody sends them.
 */
PORTERO_MUST_USE portero_status netlogon_negotiate_read(struct portero_bytes token,
                                                        struct netlogon_names *out_names);
void netlogon_response_write(struct portero_writer *w);
PORTERO_MUST_USE portero_status netlogon_response_read(struct portero_bytes token);

#endif
