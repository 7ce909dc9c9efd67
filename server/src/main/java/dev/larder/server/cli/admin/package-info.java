/**
 * The commands of whoever is on call: each asks a running server one question of its admin API, and
 * prints a sentence, then a table, or with {@code --json} one object a line.
 *
 * <p>Starting points: {@link dev.larder.server.cli.admin.AdminCommands}.
 */
@NullMarked
package dev.larder.server.cli.admin;

import org.jspecify.annotations.NullMarked;
