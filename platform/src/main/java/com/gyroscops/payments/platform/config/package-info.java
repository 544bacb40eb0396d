/**
 * What a server reads from its environment: which variables there are, what each may hold, and what
 * becomes of a server whose environment is wrong or not there yet.
 *
 * <p>All of it happens before anything else is made, so that a mistake is told in one line that
 * names the variable. Knows the JDK alone; of databases, JDBC.
 */
@NullMarked
package com.gyroscops.payments.platform.config;

import org.jspecify.annotations.NullMarked;
