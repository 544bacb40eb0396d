/** Hashes by which contents are told apart: of requests, files, entries and lines. */
@NullMarked
package com.gyroscops.payments.platform.hash;

import org.jspecify.annotations.NullMarked;
