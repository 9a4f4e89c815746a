/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dcom - object resolver and activation answers (MS-DCOM 2.2, 3.1.2.5): string bindings
 * `host[port]` of object exporters.
 */
#ifndef SPAN_LEARN_DCOM_H
#define SPAN_LEARN_DCOM_H

#include "learn/granted.h"
#include "learn/stub.h"

/* True when (interface, opnum) is one of ResolveOxid, ResolveOxid2, RemoteActivation,
 * RemoteGetClassObject, RemoteCreateInstance, or ServerAlive2. */
bool dcom_answers(const uint8_t uuid[16], uint16_t opnum);
/* True when that is one of RemoteActivation, RemoteGetClassObject, RemoteCreateInstance. */
bool dcom_activates(const uint8_t uuid[16], uint16_t opnum);
/* Calls the sink for each TCP string binding with a port. ServerAlive2 has none (MS-DCOM
 * 3.1.2.5.1.6): its addresses come as GRANTED_NONE with an alias or a name. False when the stub is
 * no such answer. */
bool dcom_read(const struct stub *s, granted_fn sink, void *user);

/* Where the bind was not captured: does any of those operations have this opnum? */
bool dcom_opnum(uint16_t opnum);
/* dcom_read() as the first of those operations that s, as an assumed stub, is an answer of. Of
 * interface and opnum in s nothing is used: uuid NULL and opnum negative are any. */
bool dcom_guess(const struct stub *s, const uint8_t *uuid, int opnum, granted_fn sink, void *user);

#endif
