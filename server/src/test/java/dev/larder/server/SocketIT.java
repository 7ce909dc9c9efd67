package dev.larder.server;

import static dev.larder.server.TestClient.freshNamespace;
import static dev.larder.server.TestClient.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.HotKey;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real server, spoken to over a WebSocket: a fleet's lookups, and frames that are wrong. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SocketIT {
  /** Static, for JUnit fills instance fields only after {@link #start}. */
  @TempDir private static Path temporary = Path.of("");

  private ServerProcess server;

  @BeforeAll
  void start() throws IOException {
    server = ServerProcess.start(temporary.resolve("data"), "--max-value", "1");
  }

  @AfterAll
  void stop() throws IOException, InterruptedException {
    server.close();
  }

  private TestClient client(String namespace) {
    return TestClient.welcomed(server.address(), namespace);
  }

  @Test
  void aGeneratedEntryIsAHitForSomebodyElse() {
    String namespace = freshNamespace();
    try (TestClient a = client(namespace);
        TestClient b = client(namespace)) {
      var miss = (Response.Miss) a.lookup("key", 0);
      assertThat(miss.lease()).isNotZero();
      assertThat(a.put("key", miss.asOf(), miss.lease(), "value", "t"))
          .isEqualTo(new Response.Stored(PutOutcome.STORED));

      assertThat(text(b.lookup("key", 0))).isEqualTo("value");

      b.invalidate("t");
      assertThat(a.lookup("key", 0)).isInstanceOf(Response.Miss.class);
    }
  }

  @Test
  void aSoftTagOfTheReaderCounts() {
    try (TestClient client = client(freshNamespace())) {
      var miss = (Response.Miss) client.lookup("key", 0);
      client.put("key", miss.asOf(), miss.lease(), "value");
      client.invalidate("_N_T_/page");
      assertThat(client.lookup("key", 0)).isInstanceOf(Response.Fresh.class);
      assertThat(client.lookup("key", 0, "_N_T_/page")).isInstanceOf(Response.Miss.class);
    }
  }

  @Test
  void oneOfManyGeneratesAndTheOthersAreHandedItsEntry() {
    String namespace = freshNamespace();
    try (TestClient a = client(namespace);
        TestClient b = client(namespace)) {
      var leader = (Response.Miss) a.lookup("key", 0);
      List<CompletableFuture<Response>> followers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        followers.add(b.send(TestClient.lookupRequest("key", 10_000)));
      }
      b.ask(new Request.Ping());
      assertThat(followers).noneMatch(CompletableFuture::isDone);

      a.put("key", leader.asOf(), leader.lease(), "value");

      assertThat(followers).allMatch(f -> text(TestClient.await(f)).equals("value"));
    }
  }

  @Test
  void whenTheLeadersConnectionClosesOneFollowerIsPromoted() {
    String namespace = freshNamespace();
    try (TestClient a = client(namespace);
        TestClient b = client(namespace)) {
      a.lookup("key", 0);
      List<CompletableFuture<Response>> followers =
          List.of(
              b.send(TestClient.lookupRequest("key", 60_000)),
              b.send(TestClient.lookupRequest("key", 60_000)));
      b.ask(new Request.Ping());

      a.abort();

      var promoted = (Response.Miss) TestClient.await(any(followers));
      assertThat(promoted.lease()).isNotZero();
      assertThat(followers).filteredOn(CompletableFuture::isDone).hasSize(1);
      b.ask(new Request.Release(Entries.key("key"), promoted.lease()));
      assertThat(followers)
          .allMatch(follower -> ((Response.Miss) TestClient.await(follower)).lease() != 0);
    }
  }

  private static CompletableFuture<Object> any(List<CompletableFuture<Response>> answers) {
    return CompletableFuture.anyOf(answers.toArray(CompletableFuture[]::new));
  }

  @Test
  void aWaitEndsWithItsBudget() {
    try (TestClient client = client(freshNamespace())) {
      client.lookup("key", 0);
      assertThat(((Response.Miss) client.lookup("key", 50)).lease()).isZero();
    }
  }

  @Test
  void aWaitCanBeCancelled() {
    try (TestClient client = client(freshNamespace())) {
      client.lookup("key", 0); // handshake was request 1, this is 2, the wait is 3
      CompletableFuture<Response> waiting = client.send(TestClient.lookupRequest("key", 60_000));
      var _ = client.send(new Request.Cancel(3));
      assertThat(((Response.Miss) TestClient.await(waiting)).lease()).isZero();
    }
  }

  @Test
  void aLookupSeesThePutSentBeforeIt() {
    try (TestClient client = client(freshNamespace())) {
      AsOf asOf = ((Response.Miss) client.lookup("other", 0)).asOf();
      for (int i = 0; i < 200; i++) {
        String value = "value " + i;
        var _ = client.send(TestClient.putRequest("key", asOf, 0, value));
        assertThat(text(client.lookup("key", 0))).isEqualTo(value);
      }
    }
  }

  @Test
  void everyInvalidationIsPushedInOrder() throws Exception {
    String namespace = freshNamespace();
    try (TestClient a = client(namespace);
        TestClient b = client(namespace)) {
      for (int i = 1; i <= 50; i++) {
        a.invalidate("t" + i);
      }
      for (int i = 1; i <= 50; i++) {
        var pushed = (Response.Pushed) b.nextUnasked();
        assertThat(pushed.invalidation().revision().number()).isEqualTo(i);
        assertThat(pushed.invalidation().tags()).isEqualTo(TagSet.of("t" + i));
      }
      var everything = (Response.Refreshed) b.ask(new Request.Refresh(AsOf.NONE));
      assertThat(everything.since()).isEqualTo(Revision.ZERO);
      assertThat(everything.missed()).hasSize(50);
    }
  }

  @Test
  void theHottestKeysAreNamed() {
    String namespace = freshNamespace();
    try (TestClient client = client(namespace)) {
      assertThat(client.ask(new Request.Hottest(10))).isEqualTo(new Response.Keys(List.of()));
      client.put("key", client.invalidate("a"), 0, "value");
      assertThat(client.ask(new Request.Hottest(10)))
          .isEqualTo(new Response.Keys(List.of(new HotKey(Entries.key("key"), 5))));
    }
  }

  @Test
  void aRefreshListsWhatWasMissed() {
    String namespace = freshNamespace();
    try (TestClient client = client(namespace)) {
      AsOf known = client.invalidate("a");
      client.invalidate("b", "c");
      var refreshed = (Response.Refreshed) client.ask(new Request.Refresh(known));
      assertThat(refreshed.since()).isEqualTo(known.revision());
      assertThat(refreshed.missed())
          .extracting(Response.Notification::tags)
          .containsExactly(TagSet.of("b", "c"));
    }
  }

  @Nested
  class BadFrames {
    @Test
    void aRequestBeforeTheHandshakeIsRefused() throws Exception {
      try (TestClient client = TestClient.connect(server.address(), freshNamespace())) {
        client.sendRaw(ByteBuffer.wrap(RawClient.bytes(7, TestClient.lookupRequest("key", 0))));
        assertThat(code(client.nextUnasked())).isEqualTo(ErrorCode.HANDSHAKE_REQUIRED);
        assertThat(client.hello().version()).isEqualTo(Protocol.VERSION);
      }
    }

    @Test
    void anotherVersionIsRefusedAndTheConnectionStays() throws Exception {
      try (TestClient client = TestClient.connect(server.address(), freshNamespace())) {
        client.sendRaw(
            ByteBuffer.wrap(RawClient.bytes(7, new Request.Hello(9, "test", AsOf.NONE))));
        assertThat(code(client.nextUnasked())).isEqualTo(ErrorCode.UNSUPPORTED_VERSION);
        assertThat(client.hello().version()).isEqualTo(Protocol.VERSION);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"00", "00000004", "ffffffff0100000001", "000000ff0100000001", "zz"})
    void bytesThatAreNoFrameGetAnErrorAndTheConnectionStays(String hex) throws Exception {
      try (TestClient client = client(freshNamespace())) {
        if (hex.equals("zz")) {
          client.sendText("hello");
        } else {
          client.sendRaw(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
        }
        assertThat(client.nextUnasked()).isInstanceOf(Response.Failed.class);
        assertThat(client.ask(new Request.Ping())).isEqualTo(new Response.Pong());
      }
    }

    @Test
    void aValueOverTheLimitIsRefused() {
      try (TestClient client = client(freshNamespace())) {
        AsOf asOf = ((Response.Miss) client.lookup("key", 0)).asOf();
        assertThat(code(client.put("key", asOf, 0, "x".repeat((1 << 20) + 1))))
            .isEqualTo(ErrorCode.TOO_LARGE);
      }
    }

    @Test
    void aFrameOverTheLimitIsRefused() throws Exception {
      try (TestClient client = client(freshNamespace())) {
        client.sendRaw(ByteBuffer.allocate(10 << 20).putInt((10 << 20) - 4).rewind());
        assertThat(client.nextUnasked()).isInstanceOf(Response.Failed.class);
        assertThat(client.ask(new Request.Ping())).isEqualTo(new Response.Pong());
      }
    }

    @Test
    void fragmentsThatAreMoreThanOneFrameAreNotReceived() {
      try (TestClient client = client(freshNamespace())) {
        client.sendFragment(ByteBuffer.allocate(8).putInt(12).rewind());
        client.sendRaw(ByteBuffer.allocate(100));
        assertThat(client.closedWith()).isEqualTo(1009);
      }
    }

    @Test
    void aFragmentTooShortForALengthIsNotReceived() {
      try (TestClient client = client(freshNamespace())) {
        client.sendFragment(ByteBuffer.allocate(3));
        assertThat(client.closedWith()).isEqualTo(1009);
      }
    }

    @Test
    void aValueWithAnotherChecksumIsRefused() {
      try (TestClient client = client(freshNamespace())) {
        AsOf asOf = ((Response.Miss) client.lookup("key", 0)).asOf();
        var good = (Request.Put) TestClient.putRequest("key", asOf, 0, "value");
        Put put = good.put();
        var bad =
            new Put(put.key(), asOf, 0, put.tags(), put.life(), 0, put.checksum() + 1, put.value());
        assertThat(code(client.ask(new Request.Put(bad)))).isEqualTo(ErrorCode.INVALID_VALUE);
        assertThat(client.lookup("key", 0)).isInstanceOf(Response.Miss.class);
      }
    }

    @Test
    void aStampOfAnotherHistoryIsNotTaken() {
      try (TestClient client = client(freshNamespace())) {
        client.lookup("key", 0);
        assertThat(client.put("key", AsOf.NONE, 0, "value"))
            .isEqualTo(new Response.Stored(PutOutcome.UNSTAMPED));
      }
    }

    private static ErrorCode code(Response answer) {
      return ((Response.Failed) answer).code();
    }
  }
}
