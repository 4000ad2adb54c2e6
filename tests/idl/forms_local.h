/* SPDX-License-Identifier: Apache-2.0 */
/* What the program has for types of forms.idl. */
#ifndef FORMS_LOCAL_H
#define FORMS_LOCAL_H

#include <complex.h> /* any header may be included */

typedef double ANGLE; /* degrees */

typedef struct {
  double degrees;
  char name[8];
} HEADING;

#endif
