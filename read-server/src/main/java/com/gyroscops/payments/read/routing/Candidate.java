package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.read.source.Capability;

/**
 * A source that could answer.
 *
 * @param capability what would be asked of it: the first of those acceptable that it has
 * @param preference place of the capability among those acceptable
 */
record Candidate(RoutedSource source, Capability capability, int preference) {}
