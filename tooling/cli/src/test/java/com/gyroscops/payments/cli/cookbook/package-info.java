/** Commands in the documentation, and whether they still do what is printed there. */
@NullMarked
package com.gyroscops.payments.cli.cookbook;

import org.jspecify.annotations.NullMarked;
