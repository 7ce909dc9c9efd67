@NullMarked
package dev.larder.server.cli.admin;

import org.jspecify.annotations.NullMarked;
