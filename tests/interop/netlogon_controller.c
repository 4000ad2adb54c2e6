/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain controller of the system tests for other people's members: an endpoint mapper on port
 * 135 and the logon service. Ends on SIGTERM. usage: netlogon_controller ADDRESS
 */
#include <signal.h>
#include <stdio.h>

#include "tests/system/mini_controller.h"

int main(int argc, char **argv)
{
  struct mini_controller controller;
  sigset_t signals;
  int number;

  if (argc != 2) {
    (void)fprintf(stderr, "usage: netlogon_controller ADDRESS\n");
    return 2;
  }
  (void)sigemptyset(&signals);
  (void)sigaddset(&signals, SIGTERM);
  (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there are threads */
  controller_start(&controller, argv[1], 135);
  (void)sigwait(&signals, &number);
  (void)printf("agreements %u logons %u level %u\n", controller.n_agreements, controller.n_logons,
               controller.logon_level);
  controller_stop(&controller);
  return 0;
}
