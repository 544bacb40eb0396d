/**
 * The port to whatever answers queries: what it can do, what it has applied, and how events get in.
 *
 * <p>Adapters are subfolders; they know this package and not each other.
 */
@NullMarked
package com.gyroscops.payments.read.source;

import org.jspecify.annotations.NullMarked;
