/**
 * What a backup is: a stream in which the databases of a server are, and a directory made of one.
 *
 * <p>Caches are not in it. What a cache loses is generated again; and what was invalidated after
 * the backup was taken is not known to it, so that nothing of it could be served.
 */
@NullMarked
package dev.larder.server.backup;

import org.jspecify.annotations.NullMarked;
