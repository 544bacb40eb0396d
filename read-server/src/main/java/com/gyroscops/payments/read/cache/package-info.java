/**
 * Answers that are kept and given again, in this process (L1) and for all replicas (L2), as long as
 * the change tracker can prove that nothing changed.
 */
@NullMarked
package com.gyroscops.payments.read.cache;

import org.jspecify.annotations.NullMarked;
