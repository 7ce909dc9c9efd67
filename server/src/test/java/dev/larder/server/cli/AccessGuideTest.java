package dev.larder.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.access.Role;
import dev.larder.server.http.Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guide says of each address who may ask it. */
class AccessGuideTest {
  @Test
  void theTableOfTheGuideIsTheOneThatDecides() throws Exception {
    String guide = Files.readString(Path.of("..", "docs", "guide", "access.md"));
    String expected =
        Stream.of(Address.values()).map(AccessGuideTest::row).collect(Collectors.joining("\n"));
    assertThat(guide).contains("\n" + expected + "\n\n");
    for (Role role : Role.values()) {
      assertThat(guide).contains("\n| `%s` | ".formatted(role.label()));
    }
  }

  private static String row(Address address) {
    return "| %s | `%s` | %s |"
        .formatted(
            address.method(),
            address.path(),
            Stream.of("read", "write", "invalidate", "metrics", "redis", "redis-read", "admin")
                .map(label -> Role.of(label).may(address.permission()) ? "✓" : "")
                .collect(Collectors.joining(" | ")));
  }
}
