/** What to do about something that does not answer: wait longer each time, and say so once. */
@NullMarked
package com.gyroscops.payments.platform.retry;

import org.jspecify.annotations.NullMarked;
