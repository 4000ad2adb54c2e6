/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two messages of SPNEGO, read and written. [RFC4178] 4.2, [MS-SPNG] 2.2.1
 * Views live as long as the message's bytes.
 */
#ifndef PORTERO_AUTH_SPNEGO_MESSAGE_H
#define PORTERO_AUTH_SPNEGO_MESSAGE_H

#include <portero/bytes.h>

/* Octets of one token, in or out: what Windows takes at most. */
#define SPNEGO_TOKEN_LIMIT 65535u
/* Mechanisms in one list; Windows offers four. */
#define SPNEGO_MECHS_LIMIT 16u

enum spnego_mech {
  SPNEGO_MECH_OTHER,
  SPNEGO_MECH_KERBEROS,
  SPNEGO_MECH_MS_KERBEROS, /* the same by the object identifier of Windows 2000, [MS-SPNG] 3.1.5.2 */
  SPNEGO_MECH_NTLM,
};

enum spnego_answer {
  SPNEGO_ACCEPT_COMPLETED,
  SPNEGO_ACCEPT_INCOMPLETE,
  SPNEGO_REJECT,
  SPNEGO_REQUEST_MIC,
  SPNEGO_NO_ANSWER, /* left out, as all but the first reply may */
};

/* An empty token or MIC is one that is not there. */
struct spnego_init {
  uint8_t mechs[SPNEGO_MECHS_LIMIT]; /* enum spnego_mech, the best liked first */
  size_t n_mechs;
  struct portero_bytes list; /* read: the list as it came, which a mechListMIC covers */
  struct portero_bytes token;
  bool hints; /* write: a server speaks first, [MS-SPNG] 3.2.5.2 */
};

struct spnego_resp {
  uint8_t answer; /* enum spnego_answer */
  bool has_mech;
  uint8_t mech; /* enum spnego_mech */
  struct portero_bytes token;
  struct portero_bytes mic;
};

/*
 * NegTokenInit and NegTokenInit2, with and without the frame of a GSS-API initial token
 * ([RFC2743] 3.1). LOCAL_SHORT: it is none; LOCAL_LIMIT: too long, or too many mechanisms.
 */
PORTERO_MUST_USE portero_status spnego_init_read(struct portero_bytes message,
                                                 struct spnego_init *out_init);
/* In the frame. */
void spnego_init_write(struct portero_writer *w, const struct spnego_init *init);
/* MechTypeList alone, as a mechListMIC covers it. */
void spnego_list_write(struct portero_writer *w, const uint8_t *mechs, size_t n_mechs);

/* NegTokenResp. */
PORTERO_MUST_USE portero_status spnego_resp_read(struct portero_bytes message,
                                                 struct spnego_resp *out_resp);
void spnego_resp_write(struct portero_writer *w, const struct spnego_resp *resp);

/*
 * The mechanism of a token that came without SPNEGO around it, as Windows' peers may send it:
 * "NTLMSSP", or Kerberos with and without its frame. SPNEGO_MECH_OTHER: it is none of these.
 */
enum spnego_mech spnego_bare_mech(struct portero_bytes token);

/*
 * Kerberos' AP-REQ without the frame of an initial token ([RFC2743] 3.1, [RFC4121] 4.1), where it has
 * one: Windows and impacket frame it inside SPNEGO in DCE style, too, MIT's library takes none then.
 * Any other token as it is.
 */
struct portero_bytes spnego_without_frame(struct portero_bytes token);

#endif
