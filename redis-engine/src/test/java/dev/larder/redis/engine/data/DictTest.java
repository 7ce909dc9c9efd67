package dev.larder.redis.engine.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A search ends, whatever came and went before. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DictTest {
  /** As locks do: each has a name of its own, and is gone before the next. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 4, 100})
  void whatComesAndGoesLeavesNoPlaceBehindThatASearchGoesOnAt(int others) {
    var dict = new Dict<Integer>();
    for (int i = 0; i < others; i++) {
      dict.put(Bytes.of("other " + i), i);
    }
    for (int i = 0; i < 10_000; i++) {
      Bytes key = Bytes.of("lock " + i);
      assertThat(dict.put(key, i)).isNull();
      assertThat(dict.remove(key)).isEqualTo(i);
      assertThat(dict.get(key)).isNull();
    }
    assertThat(dict.size()).isEqualTo(others);
  }

  @Test
  void isAMapThatRemembersItsOrder() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      var dict = new Dict<Integer>();
      Map<Bytes, Integer> model = new LinkedHashMap<>();
      int keys = 1 + random.nextInt(40);
      for (int step = 0; step < 2_000; step++) {
        Bytes key = Bytes.of("k" + random.nextInt(keys));
        if (random.nextInt(100) < 50) {
          assertThat(dict.put(key, step)).isEqualTo(model.put(key, step));
        } else {
          assertThat(dict.remove(key)).isEqualTo(model.remove(key));
        }
        assertThat(dict.get(Bytes.of("absent " + step))).isNull();
      }
      List<Bytes> order = new ArrayList<>();
      dict.forEach((key, value) -> order.add(key));
      assertThat(order).as("seed %d", seed).containsExactlyElementsOf(model.keySet());
    }
  }
}
