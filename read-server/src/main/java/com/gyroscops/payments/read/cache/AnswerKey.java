package com.gyroscops.payments.read.cache;

import com.google.protobuf.MessageLite;

/**
 * What was asked.
 *
 * @param query name of the RPC
 * @param request without its read options
 */
record AnswerKey(String query, MessageLite request) {}
