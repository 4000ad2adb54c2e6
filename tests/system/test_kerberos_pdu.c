/* SPDX-License-Identifier: Apache-2.0 */
/* What Kerberos protects, and what hostile bytes do to its dialogue and to its PDUs. */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/auth/mechanisms.h"
#include "tests/system/kerberos_ends.h"

#define ONE       "host/one.kdc.test"
#define HEAD      24u
#define TRAILER   8u
#define MAX_STUB  5760u
#define MAX_VALUE 128u

/* ---- a PDU ---- */

struct pdu {
  uint8_t plain[HEAD + MAX_STUB + TRAILER];
  uint8_t bytes[HEAD + MAX_STUB + TRAILER + MAX_VALUE];
  struct portero_protected_pdu view;
};

static void fill(struct pdu *p, size_t stub_size, uint8_t level, bool header_signing)
{
  size_t size = HEAD + stub_size + TRAILER;

  for (size_t i = 0; i < size; i++)
    p->plain[i] = (uint8_t)(i * 31 + (i >> 8) + level);
  memcpy(p->bytes, p->plain, size);
  p->view = (struct portero_protected_pdu){.pdu = p->bytes,
                                           .size = size,
                                           .data_at = HEAD,
                                           .data_size = stub_size,
                                           .value = p->bytes + size,
                                           .level = level,
                                           .header_signing = header_signing};
}

static void protect(struct portero_security *s, struct pdu *p)
{
  p->view.value_size = s->ops->value_size(s, p->view.level, p->view.data_size);
  assert_in_range(p->view.value_size, 1, MAX_VALUE);
  assert_true(portero_is_ok(s->ops->protect(s, &p->view)));
}

/* In a heap block of exactly its size, so that a read too far is seen. */
static bool opens(struct portero_security *s, const struct pdu *p, struct portero_bytes *out_plain)
{
  struct portero_bytes copy =
      support_copy(portero_bytes_make(p->bytes, p->view.size + p->view.value_size));
  struct portero_protected_pdu view = p->view;
  bool fine;

  view.pdu = (uint8_t *)(uintptr_t)copy.data;
  view.value = view.pdu + view.size;
  fine = portero_is_ok(s->ops->unprotect(s, &view));
  if (fine && out_plain)
    *out_plain = copy;
  else
    support_free(copy);
  return fine;
}

static void assert_opens(struct portero_security *s, const struct pdu *p)
{
  struct portero_bytes plain = portero_bytes_make(NULL, 0);

  assert_true(opens(s, p, &plain));
  assert_memory_equal(plain.data, p->plain, p->view.size);
  support_free(plain);
}

static bool refused(struct portero_security *s, const struct pdu *p)
{
  return !opens(s, p, NULL) && s->ops->why(s) != NULL;
}

/* ---- every level, cipher and size ---- */

static void there_and_back(struct ends *e, size_t stub_size, uint8_t level, bool header_signing)
{
  struct pdu p;

  for (size_t i = 0; i < 4; i++) {
    struct portero_security *from = i % 2 ? e->server : e->client;
    struct portero_security *into = i % 2 ? e->client : e->server;

    fill(&p, stub_size, level, header_signing);
    protect(from, &p);
    assert_memory_equal(p.bytes, p.plain, HEAD);
    assert_memory_equal(p.bytes + HEAD + stub_size, p.plain + HEAD + stub_size, TRAILER);
    assert_int_equal(memcmp(p.bytes + HEAD, p.plain + HEAD, stub_size) != 0,
                     level == PORTERO_LEVEL_PRIVACY && stub_size > 0);
    assert_opens(into, &p);
  }
}

static size_t size_of(const struct ends *e, uint8_t level)
{
  return e->client->ops->value_size(e->client, level, 16);
}

/* sealed, signed: sizes of the auth value; [RFC4121] 4.2.4 with [MS-KILE] 3.4.5.4.1 */
static void through_all(const char *cipher, size_t sealed, size_t signed_size, size_t key)
{
  static const size_t sizes[] = {0, 16, 32, 1024, MAX_STUB};
  char path[KDC_PATH], keytab[64], target[64];
  struct portero_acceptor *acceptor;
  struct ends e;

  (void)snprintf(keytab, sizeof keytab, "%s.keytab", cipher);
  (void)snprintf(target, sizeof target, "host/%s.kdc.test", cipher);
  acceptor = ends_acceptor(keytab, NULL);
  kdc_only_cipher(&ends_kdc, cipher);
  assert_true(kdc_kinit(&ends_kdc, "alice", kdc_path(&ends_kdc, "default.ccache", path), NULL));
  ends_meet(&e, acceptor, target, PORTERO_LEVEL_PRIVACY);
  assert_int_equal(e.server->ops->identity(e.server)->session_key.size, key);
  assert_int_equal(size_of(&e, PORTERO_LEVEL_PRIVACY), sealed);
  assert_int_equal(size_of(&e, PORTERO_LEVEL_INTEGRITY), signed_size);
  assert_int_equal(size_of(&e, PORTERO_LEVEL_PACKET), signed_size);
  for (uint8_t level = PORTERO_LEVEL_PACKET; level <= PORTERO_LEVEL_PRIVACY; level++)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      there_and_back(&e, sizes[i], level, true);
      there_and_back(&e, sizes[i], level, false);
    }
  ends_free(&e);
  portero_acceptor_free(acceptor);
  kdc_only_cipher(&ends_kdc, NULL);
  assert_true(kdc_kinit(&ends_kdc, "alice", path, NULL));
}

static void test_aes256(void **state)
{
  (void)state;
  through_all("aes256-cts-hmac-sha1-96", 76, 28, 32);
}

static void test_aes128(void **state)
{
  (void)state;
  through_all("aes128-cts-hmac-sha1-96", 76, 28, 16);
}

static void test_aes256_sha384(void **state)
{
  (void)state;
  through_all("aes256-cts-hmac-sha384-192", 88, 40, 32);
}

static void test_aes128_sha256(void **state)
{
  (void)state;
  through_all("aes128-cts-hmac-sha256-128", 80, 32, 16);
}

static void test_rc4(void **state)
{
  (void)state;
  through_all("arcfour-hmac", 45, 37, 16);
}

/* At connect level nothing is protected; the value is NTLM's. */
static void test_connect(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  struct pdu p;

  (void)state;
  ends_meet(&e, one, ONE, PORTERO_LEVEL_CONNECT);
  fill(&p, 32, PORTERO_LEVEL_CONNECT, true);
  protect(e.client, &p);
  assert_int_equal(p.view.value_size, 16);
  assert_memory_equal(p.bytes, p.plain, p.view.size);
  assert_opens(e.server, &p);
  ends_free(&e);
  portero_acceptor_free(one);
}

/* ---- each bit of a PDU ---- */

static size_t flips_that_open(struct ends *e, struct pdu *p, size_t from, size_t size)
{
  size_t n = 0;

  for (size_t bit = from * 8; bit < (from + size) * 8; bit++) {
    p->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    n += !refused(e->server, p);
    p->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  return n;
}

/* Nothing that is signed may be changed; what is refused does not count, so the PDU still opens. */
static void no_bit_of(uint8_t level, bool header_signing)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  struct pdu p;

  ends_meet(&e, one, ONE, level);
  for (size_t stub = 0; stub <= 48; stub += 48) {
    fill(&p, stub, level, header_signing);
    protect(e.client, &p);
    if (header_signing) {
      assert_int_equal(flips_that_open(&e, &p, 0, HEAD), 0);
      assert_int_equal(flips_that_open(&e, &p, HEAD + stub, TRAILER), 0);
    }
    assert_int_equal(flips_that_open(&e, &p, HEAD, stub), 0);
    assert_int_equal(flips_that_open(&e, &p, p.view.size, p.view.value_size), 0);
    if (!header_signing) { /* the twin: the header is not what is signed */
      p.bytes[0] ^= 1;
      p.plain[0] ^= 1;
      p.bytes[p.view.size - 1] ^= 1;
      p.plain[p.view.size - 1] ^= 1;
    }
    assert_opens(e.server, &p);
  }
  ends_free(&e);
  portero_acceptor_free(one);
}

static void test_no_bit_of_a_signed_pdu(void **state)
{
  (void)state;
  no_bit_of(PORTERO_LEVEL_PACKET, true);
  no_bit_of(PORTERO_LEVEL_INTEGRITY, true);
  no_bit_of(PORTERO_LEVEL_INTEGRITY, false);
}

static void test_no_bit_of_a_sealed_pdu(void **state)
{
  (void)state;
  no_bit_of(PORTERO_LEVEL_PRIVACY, true);
  no_bit_of(PORTERO_LEVEL_PRIVACY, false);
}

/* ---- what does not belong ---- */

static void test_order(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);

  (void)state;
  for (uint8_t level = PORTERO_LEVEL_INTEGRITY; level <= PORTERO_LEVEL_PRIVACY; level++) {
    struct ends e;
    struct pdu p[3];

    ends_meet(&e, one, ONE, level);
    for (size_t i = 0; i < 3; i++) {
      fill(&p[i], 16, level, true);
      protect(e.client, &p[i]);
    }
    assert_opens(e.server, &p[0]);
    assert_true(refused(e.server, &p[0])); /* again */
    ends_assert_why(e.server, "twice or out of order");
    assert_true(refused(e.server, &p[2])); /* one is missing */
    assert_true(refused(e.client, &p[1])); /* back to where it came from */
    ends_free(&e);
  }
  portero_acceptor_free(one);
}

static void test_other_keys(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e, other;
  struct pdu p;

  (void)state;
  ends_meet(&e, one, ONE, PORTERO_LEVEL_PRIVACY);
  ends_meet(&other, one, ONE, PORTERO_LEVEL_PRIVACY);
  fill(&p, 64, PORTERO_LEVEL_PRIVACY, true);
  protect(e.client, &p);
  assert_true(refused(other.server, &p));
  assert_opens(e.server, &p);
  ends_free(&e);
  ends_free(&other);
  portero_acceptor_free(one);
}

/* A signed PDU where a sealed one is due, header signing of one side only. */
static void test_other_forms(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  struct pdu p;

  (void)state;
  ends_meet(&e, one, ONE, PORTERO_LEVEL_PRIVACY);
  fill(&p, 64, PORTERO_LEVEL_INTEGRITY, true);
  protect(e.client, &p);
  p.view.header_signing = false;
  assert_true(refused(e.server, &p));
  p.view.header_signing = true;
  p.view.level = PORTERO_LEVEL_PRIVACY;
  assert_true(refused(e.server, &p));
  p.view.level = PORTERO_LEVEL_INTEGRITY;
  assert_opens(e.server, &p);
  ends_free(&e);
  portero_acceptor_free(one);
}

static void no_value_of_another_size(struct portero_security *s, const struct pdu *p)
{
  struct pdu other;

  for (size_t size = 0; size <= MAX_VALUE; size++) {
    if (size == p->view.value_size)
      continue;
    other = *p;
    if (size > p->view.value_size)
      memset(other.bytes + p->view.size + p->view.value_size, 0, size - p->view.value_size);
    other.view.value_size = size;
    assert_true(refused(s, &other));
  }
}

static void test_values_of_other_sizes(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  struct pdu p;

  (void)state;
  ends_meet(&e, one, ONE, PORTERO_LEVEL_PRIVACY);
  for (uint8_t level = PORTERO_LEVEL_PACKET; level <= PORTERO_LEVEL_PRIVACY; level++) {
    fill(&p, 64, level, true);
    protect(e.client, &p);
    no_value_of_another_size(e.server, &p);
    assert_opens(e.server, &p);
  }
  ends_free(&e);
  portero_acceptor_free(one);
}

/*
 * A seal as impacket makes it: no filling, so that the header is 16 octets shorter. [RFC4121] 4.2.4,
 * 4.2.5: encrypted are confounder, data and token header; its end is turned round to the front.
 */
static void seal_without_filling(const struct portero_security *s, struct pdu *p, uint64_t sequence)
{
  const struct portero_identity *id = s->ops->identity(s);
  const krb5_keyblock key = {KV5M_KEYBLOCK, ENCTYPE_AES256_CTS_HMAC_SHA1_96,
                             (unsigned)id->session_key.size,
                             (krb5_octet *)(uintptr_t)id->session_key.data};
  uint8_t head[16] = {5, 4, 6, 0xff}, plain[64 + sizeof head], cipher[16 + sizeof plain + 12];
  krb5_data in = {KV5M_DATA, sizeof plain, (char *)plain};
  krb5_enc_data out = {.ciphertext = {KV5M_DATA, sizeof cipher, (char *)cipher}};
  uint8_t *value = p->view.value;

  assert_int_equal(p->view.data_size, 64);
  portero_store_u64(head + 8, true, sequence);
  memcpy(plain, p->plain + HEAD, 64);
  memcpy(plain + 64, head, sizeof head);
  assert_int_equal(krb5_c_encrypt(NULL, &key, 24, NULL, &in, &out), 0);
  head[7] = 28;
  memcpy(value, head, 16);
  memcpy(value + 16, cipher + 80, 28);
  memcpy(value + 44, cipher, 16);
  memcpy(p->bytes + HEAD, cipher + 16, 64);
  p->view.value_size = 60;
}

/* The sequence number of the PDU that the client makes next; the PDU is dropped. */
static uint64_t next_number(struct portero_security *s)
{
  struct pdu p;

  fill(&p, 16, PORTERO_LEVEL_INTEGRITY, false);
  protect(s, &p);
  return portero_load_u64(p.view.value + 8, true);
}

static void test_seal_without_filling(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  struct pdu p;

  (void)state;
  ends_meet(&e, one, ONE, PORTERO_LEVEL_PRIVACY);
  fill(&p, 64, PORTERO_LEVEL_PRIVACY, false);
  seal_without_filling(e.client, &p, next_number(e.client));
  p.bytes[HEAD + 5] ^= 1;
  assert_true(refused(e.server, &p));
  p.bytes[HEAD + 5] ^= 1;
  assert_opens(e.server, &p);
  ends_free(&e);
  portero_acceptor_free(one);
}

static void test_before_it_stands(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  struct pdu p;

  (void)state;
  for (size_t steps = 0; steps < ENDS_STEPS; steps++) {
    ends_begin(&e, ends_initiator(NULL, ONE, PORTERO_LEVEL_PRIVACY), one, PORTERO_LEVEL_PRIVACY);
    assert_true(portero_is_ok(ends_run(&e, steps)));
    fill(&p, 16, PORTERO_LEVEL_INTEGRITY, true);
    p.view.value_size = 28;
    assert_false(portero_is_ok(e.server->ops->protect(e.server, &p.view)));
    assert_true(refused(e.server, &p));
    p.view.level = PORTERO_LEVEL_CONNECT;
    assert_true(refused(e.server, &p));
    ends_free(&e);
  }
  portero_acceptor_free(one);
}

/* ---- other people's clients: GSSAPI itself ---- */

struct foreign {
  gss_ctx_id_t context;
  struct portero_security *server;
  portero_status status; /* of the server's last step */
};

static void foreign_begin(struct foreign *f, struct portero_acceptor *one, OM_uint32 flags)
{
  gss_buffer_desc name = {sizeof ONE - 1, (void *)(uintptr_t)ONE}, in = GSS_C_EMPTY_BUFFER, out;
  struct portero_writer w;
  gss_name_t target;
  OM_uint32 minor;
  bool done = false;

  *f = (struct foreign){.context = GSS_C_NO_CONTEXT};
  assert_int_equal(gss_import_name(&minor, &name, GSS_KRB5_NT_PRINCIPAL_NAME, &target), 0);
  assert_true(portero_is_ok(one->begin(one->ctx, PORTERO_LEVEL_INTEGRITY, &f->server)));
  portero_writer_init(&w, &portero_mem_malloc, (size_t)1 << 16);
  for (size_t i = 0; i < 2 && !done; i++) {
    OM_uint32 major =
        gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &f->context, target, gss_mech_krb5, flags,
                             0, NULL, &in, NULL, &out, NULL, NULL);
    assert_false(GSS_ERROR(major));
    portero_writer_reset(&w);
    f->status =
        f->server->ops->step(f->server, portero_bytes_make(out.value, out.length), &w, &done);
    (void)gss_release_buffer(&minor, &out);
    in = (gss_buffer_desc){w.size, w.base};
    if (!portero_is_ok(f->status))
      break;
  }
  portero_writer_deinit(&w);
  (void)gss_release_name(&minor, &target);
}

static void foreign_end(struct foreign *f)
{
  OM_uint32 minor;

  (void)gss_delete_sec_context(&minor, &f->context, GSS_C_NO_BUFFER);
  f->server->ops->free(f->server);
}

static void foreign_sign(struct foreign *f, struct pdu *p)
{
  gss_iov_buffer_desc iov[2];
  OM_uint32 minor;

  fill(p, 32, PORTERO_LEVEL_INTEGRITY, true);
  p->view.value_size = 28;
  iov[0].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[0].buffer = (gss_buffer_desc){p->view.size, p->view.pdu};
  iov[1].type = GSS_IOV_BUFFER_TYPE_MIC_TOKEN;
  iov[1].buffer = (gss_buffer_desc){p->view.value_size, p->view.value};
  assert_int_equal(gss_get_mic_iov(&minor, f->context, GSS_C_QOP_DEFAULT, iov, 2), GSS_S_COMPLETE);
}

/* Some clients do not ask for the order to be looked at: it is looked at all the same. */
static void test_order_that_nobody_asked_for(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct foreign f;
  struct pdu p[4];

  (void)state;
  foreign_begin(&f, one, GSS_C_MUTUAL_FLAG | GSS_C_DCE_STYLE | GSS_C_INTEG_FLAG);
  assert_true(portero_is_ok(f.status));
  for (size_t i = 0; i < 4; i++)
    foreign_sign(&f, &p[i]);
  assert_opens(f.server, &p[0]);
  assert_opens(f.server, &p[1]);
  assert_true(refused(f.server, &p[1]));
  assert_true(refused(f.server, &p[0]));
  assert_true(refused(f.server, &p[3]));
  ends_assert_why(f.server, "twice or out of order");
  foreign_end(&f);
  portero_acceptor_free(one);
}

static void test_only_dce_style(void **state)
{
  static const OM_uint32 flags[] = {0, GSS_C_MUTUAL_FLAG,
                                    GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG};
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct foreign f;

  (void)state;
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    foreign_begin(&f, one, flags[i]);
    assert_int_equal(f.status.klass, PORTERO_CLASS_NAK);
    ends_assert_why(f.server, "DCE style");
    assert_null(f.server->ops->identity(f.server));
    foreign_end(&f);
  }
  portero_acceptor_free(one);
}

/* ---- for SPNEGO ---- */

static bool mic_fits(struct portero_security *s, const char *text, struct portero_bytes mic)
{
  return portero_is_ok(kerberos_mic_ops.check(s, portero_bytes_make(text, strlen(text)), mic));
}

static void test_mic(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct portero_writer w;
  struct portero_bytes mic;
  struct ends e;
  struct pdu p;

  (void)state;
  portero_writer_init(&w, &portero_mem_malloc, 256);
  ends_begin(&e, ends_initiator(NULL, ONE, PORTERO_LEVEL_PRIVACY), one, PORTERO_LEVEL_PRIVACY);
  assert_false(portero_is_ok(kerberos_mic_ops.make(e.client, portero_bytes_make("a", 1), &w)));
  assert_true(portero_is_ok(ends_run(&e, ENDS_STEPS)));
  assert_true(
      portero_is_ok(kerberos_mic_ops.make(e.client, portero_bytes_make("mechanisms", 10), &w)));
  mic = support_copy(portero_writer_bytes(&w));
  assert_int_equal(mic.size, 28);
  assert_false(mic_fits(e.server, "mechanism", mic));
  for (size_t i = 0; i < mic.size; i++)
    assert_false(mic_fits(e.server, "mechanisms", portero_bytes_make(mic.data, i)));
  support_patch(mic, 20, "00");
  assert_int_equal(mic_fits(e.server, "mechanisms", mic), w.base[20] == 0);
  assert_int_equal(mic_fits(e.server, "mechanisms", portero_writer_bytes(&w)), w.base[20] != 0);
  assert_false(mic_fits(e.server, "mechanisms", portero_writer_bytes(&w))); /* again */
  fill(&p, 16, PORTERO_LEVEL_PRIVACY, true); /* the sequence goes on behind it */
  protect(e.client, &p);
  assert_opens(e.server, &p);
  support_free(mic);
  portero_writer_deinit(&w);
  ends_free(&e);
  portero_acceptor_free(one);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_aes256),
      cmocka_unit_test(test_aes128),
      cmocka_unit_test(test_aes256_sha384),
      cmocka_unit_test(test_aes128_sha256),
      cmocka_unit_test(test_rc4),
      cmocka_unit_test(test_connect),
      cmocka_unit_test(test_no_bit_of_a_signed_pdu),
      cmocka_unit_test(test_no_bit_of_a_sealed_pdu),
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_other_keys),
      cmocka_unit_test(test_other_forms),
      cmocka_unit_test(test_values_of_other_sizes),
      cmocka_unit_test(test_seal_without_filling),
      cmocka_unit_test(test_before_it_stands),
      cmocka_unit_test(test_order_that_nobody_asked_for),
      cmocka_unit_test(test_only_dce_style),
      cmocka_unit_test(test_mic),
  };

  return ends_main(tests, sizeof tests / sizeof *tests);
}
