#pragma once
#include <zmq.h>

// Stable builds of libzmq accept this option too, but their header hides it among the drafts.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif
