/**
 * What changed lately, as this replica heard it from the feed: by it cached answers are judged, and
 * watchers are told.
 */
@NullMarked
package com.gyroscops.payments.read.tracking;

import org.jspecify.annotations.NullMarked;
