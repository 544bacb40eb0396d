/** What tests of all modules wait and are random with; no part of what runs. */
@NullMarked
package com.gyroscops.payments.testing;

import org.jspecify.annotations.NullMarked;
