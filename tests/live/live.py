#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`spanaudit live` on interfaces that carry real packets.

    live.py [NAME...]   SPANAUDIT names the tool; 77 when this machine has no namespaces, no root, or
                        lacks a program, which it then names

tcpdump listens beside it, and what it wrote is audited as a file: both results must be the same but for
the names of inputs. The cases are in cases_*.py, what they share in runs.py.
"""

import os
import sys

import cases_asked as asked
import cases_packets as packets
import cases_rights as rights
import cases_store as store
import cases_threads as threads
import cases_told as told
import runs

runs.TESTS[:] = [packets.as_file, packets.two_interfaces, packets.loss, packets.document, packets.doctor,
                 packets.term_under_load, packets.down_and_up, rights.rights_gone, told.events, told.written,
                 told.evidence, packets.resized, packets.clock, told.logged, told.command, asked.reload, told.gone,
                 store.store, store.killed, store.window, packets.limits, asked.control, asked.refusals,
                 rights.service, rights.as_a_service, threads.several, threads.rights_of_each,
                 threads.busy_with_threads, threads.with_store]

if __name__ == '__main__':
    sys.exit(runs.main(os.path.abspath(__file__)))
