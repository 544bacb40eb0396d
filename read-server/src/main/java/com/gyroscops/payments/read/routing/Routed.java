package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.ReadMetadata;

/**
 * An answer as fresh as asked for, and where it came from.
 *
 * @param capability which of those acceptable gave it
 */
public record Routed<T>(T value, ReadMetadata read, Capability capability) {}
