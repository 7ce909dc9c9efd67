package dev.larder.server.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Outbox;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoundTest {
  private static final Namespace SHOP = new Namespace("shop");
  private static final StoreIdentity HISTORY = new StoreIdentity(1);
  private static final Map<String, String> SECRETS = Map.of("LARDER_CLOUDFLARE_TOKEN", "t");
  private static final Target CLOUDFLARE = Targets.of("cloudflare:z", SECRETS);
  private static final Target WEBHOOK = Targets.of("webhook:http://x/", Map.of());
  private static final Target VARNISH = Targets.of("varnish:http://x/", Map.of());

  @Test
  void eachTagIsToldOnce() {
    var round = new Round(CLOUDFLARE);
    round.add(
        SHOP, waiting(at(5, Invalidation.NOW, "a", "b"), at(6, Invalidation.NOW, "b", "c d")));
    assertThat(round.purges())
        .containsExactly(
            new Purge(SHOP, 6, List.of("a", "b", CdnTag.of("c d")), OptionalLong.of(0)));
    assertThat(round.upTo()).containsOnly(Map.entry(SHOP, new AsOf(HISTORY, new Revision(6))));
    assertThat(round.invalidations()).isEqualTo(2);
    assertThat(round.oldest()).isEqualTo(5_000);
  }

  @Test
  void aRequestIsWithinTheBoundsOfTheTarget() {
    String[] many = IntStream.range(0, 250).mapToObj("tag:%d"::formatted).toArray(String[]::new);
    var round = new Round(CLOUDFLARE);
    round.add(SHOP, waiting(at(1, Invalidation.NOW, many)));
    assertThat(round.purges()).extracting(each -> each.tags().size()).containsExactly(100, 100, 50);
    String[] wide =
        IntStream.range(0, 100).mapToObj(n -> "x".repeat(100) + n).toArray(String[]::new);
    var inHeaders = new Round(VARNISH);
    inHeaders.add(SHOP, waiting(at(1, Invalidation.NOW, wide)));
    assertThat(inHeaders.purges())
        .allMatch(each -> String.join(" ", each.tags()).length() <= VARNISH.bounds().bytes());
    assertThat(inHeaders.purges().stream().flatMap(each -> each.tags().stream()))
        .containsExactlyElementsOf(TagSet.of(wide));
  }

  @Test
  void whenItExpiresIsToldToWhoAsks() {
    AuditedInvalidation soft = at(1, 1_000 + 60_001, "a");
    AuditedInvalidation stale = at(2, Invalidation.NEVER, "b");
    AuditedInvalidation hard = at(3, Invalidation.NOW, "c");
    var hook = new Round(WEBHOOK);
    hook.add(SHOP, waiting(soft, stale, hard));
    assertThat(hook.purges())
        .extracting(Purge::expire)
        .containsExactly(OptionalLong.of(60), OptionalLong.empty(), OptionalLong.of(0));
    var varnish = new Round(VARNISH);
    varnish.add(SHOP, waiting(soft, stale, hard));
    assertThat(varnish.purges()).extracting(Purge::soft).containsExactly(true, false);
  }

  @Test
  void ofVeryManyTagsEverythingIsForgottenWhereThatCanBeAsked() {
    for (Target target : List.of(CLOUDFLARE, VARNISH)) {
      var round = new Round(target);
      for (int n = 1; n <= 12; n++) {
        int from = n * 1000;
        String[] tags =
            IntStream.range(from, from + 1000).mapToObj("t:%d"::formatted).toArray(String[]::new);
        round.add(SHOP, waiting(at(n, Invalidation.NOW, tags)));
      }
      if (target.forgetsAll()) {
        assertThat(round.full()).isFalse();
        assertThat(round.purges())
            .containsExactly(new Purge(SHOP, 12, List.of(), OptionalLong.of(0)));
      } else {
        assertThat(round.full()).as("it is told before more is added").isTrue();
        assertThat(round.purges().stream().mapToInt(each -> each.tags().size()).sum())
            .isEqualTo(12_000);
      }
    }
  }

  private static Outbox.Waiting waiting(AuditedInvalidation... invalidations) {
    return new Outbox.Waiting(HISTORY, List.of(invalidations));
  }

  /** Made at second {@code revision}. */
  private static AuditedInvalidation at(long revision, long expiresAt, String... tags) {
    return new AuditedInvalidation(
        new Invalidation(new Revision(revision), TagSet.of(tags), expiresAt),
        0,
        revision * 1_000,
        InvalidationSource.NONE);
  }
}
