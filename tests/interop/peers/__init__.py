# SPDX-License-Identifier: Apache-2.0
"""Other people's servers, each brought up from nothing in the state folder of the run."""
