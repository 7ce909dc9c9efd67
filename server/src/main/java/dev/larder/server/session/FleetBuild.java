package dev.larder.server.session;

import dev.larder.core.Namespace;

/**
 * A build of an app, as its processes call it.
 *
 * @param namespace where they are
 * @param name at most {@value dev.larder.core.Origin#MAX_NAME} bytes of any text, never empty
 */
record FleetBuild(Namespace namespace, String name) {}
