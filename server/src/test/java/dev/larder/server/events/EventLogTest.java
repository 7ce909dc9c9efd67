package dev.larder.server.events;

import static java.util.Comparator.comparingLong;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EventLogTest {
  private static final long START = 1_000;

  private final EventLog log = new EventLog(() -> Instant.ofEpochMilli(START));

  @Test
  void whoKnowsAnEventIsGivenThoseAfterItInTheirOrder() {
    long before = log.last();
    happen(5);
    assertThat(numbers(log.after(before, 100))).containsExactlyElementsOf(range(before + 1, 5));
    assertThat(numbers(log.after(before + 3, 100))).containsExactly(before + 4, before + 5);
    assertThat(numbers(log.after(before, 2))).containsExactly(before + 1, before + 2);
    assertThat(log.after(before + 5, 100))
        .matches(page -> !page.missed() && page.events().isEmpty());
  }

  @Test
  void whatIsForgottenIsToldAsMissed() {
    long before = log.last();
    happen(EventLog.KEPT);
    assertThat(log.after(before, 1).missed()).isFalse();
    happen(1);
    EventLog.Page page = log.after(before, EventLog.KEPT * 2);
    assertThat(page.missed()).isTrue();
    assertThat(numbers(page)).containsExactlyElementsOf(range(before + 2, EventLog.KEPT));
    assertThat(log.after(before + 1, 1).missed()).isFalse();
  }

  @Test
  void aBusyNamespaceIsForgottenForItselfAndNobodyElse() {
    long before = log.last();
    var quiet = new Namespace("quiet");
    var busy = new Namespace("busy");
    log.add(Event.Kind.LEASE_EXPIRED, quiet, "quiet", Map.of());
    log.add(Event.Kind.STORE_AWAY, "of the server", Map.of());
    for (int i = 0; i < 3 * EventLog.KEPT; i++) {
      log.add(Event.Kind.INVALIDATION, busy, "busy", Map.of());
    }
    log.add(Event.Kind.LEASE_EXPIRED, quiet, "quiet", Map.of());
    List<Event> all = log.after(before, EventLog.KEPT * 2).events();
    assertThat(all).hasSize(EventLog.KEPT).isSortedAccordingTo(comparingLong(Event::number));
    assertThat(all).filteredOn(event -> event.sentence().equals("quiet")).hasSize(2);
    assertThat(all).filteredOn(event -> event.namespace().isEmpty()).hasSize(1);
    assertThat(log.after(before, 1).missed()).isTrue();
    assertThat(log.after(log.after(before, 1).forgotten(), 1).missed()).isFalse();
  }

  @Test
  void whoBeginsHasMissedNothing() {
    happen(EventLog.KEPT + 10);
    assertThat(log.after(0, 1).missed()).isFalse();
  }

  @Test
  void whoKnowsAnotherServersEventsHasMissedAll() {
    happen(3);
    var later = new EventLog(() -> Instant.ofEpochMilli(START + 1));
    assertThat(later.last()).isGreaterThan(log.last());
    assertThat(log.after(later.last(), 10).missed()).isTrue();
    assertThat(numbers(log.after(later.last(), 10))).hasSize(3);
    later.add(Event.Kind.STORE_AWAY, "away", Map.of());
    assertThat(later.after(log.last(), 10).missed()).isTrue();
  }

  @Test
  void listenersAreWokenUntilTheyGo() {
    var woken = new AtomicInteger();
    Runnable deaf = log.listen(woken::incrementAndGet);
    happen(2);
    deaf.run();
    happen(1);
    assertThat(woken).hasValue(2);
  }

  @Test
  void theStoreIsToldOnceWhenItGoesAndOnceWhenItIsBack() {
    var ready = new AtomicBoolean(true);
    var watch = new StoreWatch(ready::get, log);
    for (boolean now : new boolean[] {true, false, false, true, true}) {
      ready.set(now);
      watch.check();
    }
    assertThat(log.after(0, 10).events())
        .extracting(Event::kind)
        .containsExactly(Event.Kind.STORE_AWAY, Event.Kind.STORE_BACK);
  }

  private void happen(int times) {
    for (int i = 0; i < times; i++) {
      log.add(Event.Kind.SERVER_STARTED, "a sentence", Map.of());
    }
  }

  private static List<Long> numbers(EventLog.Page page) {
    return page.events().stream().map(Event::number).toList();
  }

  private static List<Long> range(long first, int count) {
    return LongStream.range(first, first + count).boxed().toList();
  }
}
