package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;

import dev.larder.redis.engine.data.Keyspace;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * INFO: the database in numbers. Clients look for the version, the memory, and the keys.
 *
 * <p>The sections are Server, Memory, Replication and Keyspace; others are left out. Lines end in
 * CR LF, as clients expect them to. The memory is the weight of keys and values, in bytes, and not
 * that of the process.
 */
final class InfoCommands {
  /** The Redis whose commands these are. */
  private static final String VERSION = "7.0.15";

  private static final Set<String> EVERYTHING = Set.of("all", "everything", "default");

  private InfoCommands() {}

  static void addTo(CommandTable table) {
    table.add("info", -1, Set.of(READ), KeyPositions.NONE, InfoCommands::info);
  }

  /** INFO [section …]. No section, and each of all, everything and default, mean all of them. */
  private static Reply info(Call call) {
    var wanted = new HashSet<String>();
    for (int i = 1; i < call.size(); i++) {
      wanted.add(call.arg(i).toString().toLowerCase(Locale.ROOT));
    }
    boolean all = wanted.isEmpty() || wanted.stream().anyMatch(EVERYTHING::contains);
    Keyspace keys = call.keys();
    var text = new StringBuilder();
    if (all || wanted.contains("server")) {
      text.append("# Server\r\nredis_version:").append(VERSION);
      text.append("\r\nredis_mode:standalone\r\n\r\n");
    }
    if (all || wanted.contains("memory")) {
      text.append("# Memory\r\nused_memory:").append(keys.weight()).append("\r\n\r\n");
    }
    if (all || wanted.contains("replication")) {
      text.append("# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n");
    }
    if (all || wanted.contains("keyspace")) {
      text.append("# Keyspace\r\n");
      if (keys.size() > 0) {
        text.append("db0:keys=%d,expires=%d,avg_ttl=0\r\n".formatted(keys.size(), keys.expiring()));
      }
    }
    int end = text.length();
    boolean blank = end > 2 && text.substring(end - 4).equals("\r\n\r\n");
    return Reply.of(Bytes.of(blank ? text.substring(0, end - 2) : text.toString()));
  }
}
