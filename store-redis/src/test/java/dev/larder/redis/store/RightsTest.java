package dev.larder.redis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.EntryStoreContract;
import dev.larder.testkit.RedisProcess;
import dev.larder.testkit.StoreLogContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the user of the store may do, and has to be allowed to: as the guide says, and no more. */
class RightsTest {
  static final String PASSWORD = "s3cret";
  private static RedisProcess redis;

  @BeforeAll
  static void start() {
    redis = RedisProcess.start("--databases", "4");
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  /** The line of the guide, as words. */
  static List<String> line() {
    try {
      String all = Files.readString(Path.of("../docs/guide/scaling-out.md"));
      int start = all.indexOf("ACL SETUSER larder");
      String line = all.substring(start, all.indexOf("```", start)).replaceAll("[\\\\']", " ");
      assertThat(line).contains(">PASSWORD");
      return Arrays.asList(line.strip().replace(">PASSWORD", ">" + PASSWORD).split("\\s+", -1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the user that the guide says, with some words more or less. */
  private static void let(List<String> words, String... more) {
    redis.ask("ACL", "DELUSER", "larder");
    var all = new ArrayList<>(words);
    all.addAll(List.of(more));
    assertThat(redis.ask(all.toArray(String[]::new))).isEqualTo("OK");
  }

  private static String address(String password, String rest) {
    return "redis://larder:%s@%s%s".formatted(password, redis.host(), rest);
  }

  private static RedisStore open() {
    redis.ask("FLUSHALL");
    return RedisFixture.open(address(PASSWORD, ""));
  }

  private static void assertRefused(String address, String... expected) {
    assertRefused(address, 0, expected);
  }

  private static void assertRefused(String address, int replicas, String... expected) {
    try (RedisStore store =
        new RedisStore(
            RedisAddress.parse(address), new Options(16 << 20, replicas, 2_000, 10_000))) {
      assertThatThrownBy(() -> RedisFixture.shop(store))
          .hasCauseInstanceOf(StoreException.class)
          .hasMessageContaining("store redis://" + redis.host())
          .hasMessageContainingAll(expected)
          .hasMessageNotContaining(PASSWORD)
          .hasMessageNotContaining("wrong");
      assertThat(store.ready()).isFalse();
    }
  }

  @Nested
  class Entries extends EntryStoreContract {
    private final RedisStore store = opened();
    private final EntryStore entries = RedisFixture.shop(store).entries();

    private static RedisStore opened() {
      let(line());
      return open();
    }

    @Override
    protected void close() {
      store.close();
    }

    @Override
    protected EntryStore entries() {
      return entries;
    }
  }

  @Nested
  class Log extends StoreLogContract<RedisFixture> {
    Log() {
      super(new RedisFixture(Entries::opened, () -> RedisFixture.open(address(PASSWORD, ""))));
    }
  }

  @Nested
  class Missing {
    @Test
    void aCommandThatIsNotAllowedIsNamed() {
      List<String> commands = line().stream().filter(word -> word.startsWith("+")).toList();
      assertThat(commands).hasSizeGreaterThan(20);
      assertThat(commands)
          .allSatisfy(command -> {
            let(line().stream().filter(word -> !word.equals(command)).toList());
            assertRefused(address(PASSWORD, ""), "'larder'", command);
          });
    }

    @Test
    void keysAndChannelsThatAreNotAllowedAreNamed() {
      let(line().stream().map(word -> word.replace("~larder:*", "~other:*")).toList());
      assertRefused(address(PASSWORD, ""), "larder:*", "+eval");
      let(line().stream().map(word -> word.replace("&larder:*", "&other:*")).toList());
      assertRefused(address(PASSWORD, ""), "larder:*", "+publish +subscribe");
    }

    @Test
    void whatOnlySomeNeedIsNamedToThem() {
      let(line());
      assertRefused(address(PASSWORD, ""), 1, "+wait");
      assertRefused(address(PASSWORD, "/2"), "select", "scaling-out.md");
    }

    @Test
    void nobodyElsesKeysCanBeTouched() {
      let(line());
      assertThat(
              redis.ask(
                  "--user", "larder", "--pass", PASSWORD, "--no-auth-warning", "SET", "a", "1"))
          .contains("NOPERM");
    }
  }

  @Nested
  class Addresses {
    @Test
    void aWrongPasswordIsNamed() {
      let(line());
      assertRefused(address("wrong", ""), "the user 'larder' or its password");
      assertRefused("redis://nobody:wrong@" + redis.host(), "the user 'nobody'");
    }

    @Test
    void aPasswordThatIsMissingIsNamed() {
      redis.ask("ACL", "SETUSER", "default", "resetpass", ">" + PASSWORD);
      try {
        assertRefused("redis://" + redis.host(), "user:password@");
      } finally {
        redis.ask("--pass", PASSWORD, "--no-auth-warning", "ACL", "SETUSER", "default", "nopass");
      }
    }

    @Test
    void theDatabaseOfTheAddressIsUsed() {
      let(line(), "+select");
      redis.ask("FLUSHALL");
      try (RedisStore store = RedisFixture.open(address(PASSWORD, "/3"))) {
        RedisFixture.shop(store).log().append(TagSet.of("a"), 0).toCompletableFuture().join();
        assertThat(store.namespaces().toCompletableFuture().join())
            .containsExactly(new Namespace("shop"));
      }
      assertThat(redis.ask("-n", "3", "HGET", "larder:{shop}", "rev")).isEqualTo("1");
      assertThat(redis.ask("DBSIZE")).isEqualTo("0");
    }

    @Test
    void aDatabaseThatDoesNotExistIsNamed() {
      let(line(), "+select");
      assertRefused(address(PASSWORD, "/7"), "database 7", "'databases'");
    }
  }
}
