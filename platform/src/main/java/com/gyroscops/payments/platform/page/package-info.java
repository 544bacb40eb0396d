/**
 * Pages of lists, newest first: which page a request asks for, its token, and the page cut out of
 * what was found. The same for every list of jobs, whoever keeps them.
 */
@NullMarked
package com.gyroscops.payments.platform.page;

import org.jspecify.annotations.NullMarked;
