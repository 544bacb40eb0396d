/** The API reference, written from the comments of the contracts. Knows nothing of stacks. */
@NullMarked
package com.gyroscops.payments.cli.docs;

import org.jspecify.annotations.NullMarked;
