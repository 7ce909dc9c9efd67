package dev.larder.redis.engine.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.CommandGrammar;
import dev.larder.redis.engine.Contents;
import dev.larder.redis.engine.Engine;
import dev.larder.redis.engine.ListJournal;
import dev.larder.redis.engine.resp.Bytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a snapshot writes makes the same database again, whatever was done to it before. */
class SnapshotTest {
  private static final int STEPS = 400;

  @ParameterizedTest
  @MethodSource("dev.larder.redis.engine.CommandGrammar#families")
  void isTheSameDatabase(String family) throws IOException {
    var grammar = new CommandGrammar(family + ".commands");
    for (long seed = 1; seed <= 20; seed++) {
      var random = new Random(seed);
      var effects = new ListJournal();
      try (Engine engine = Engine.builder().random(random).journal(effects).open()) {
        for (int i = 0; i < STEPS; i++) {
          engine.execute(grammar.next(random).command());
        }
        var snapshot = new Snapshot();
        effects.commands().forEach(snapshot::run);
        var written = new ArrayList<Bytes[]>();
        snapshot.write(written::addAll);
        try (Engine again = Engine.builder().journal(new ListJournal(written)).open()) {
          assertThat(Contents.of(again))
              .as("%s, seed %d", family, seed)
              .isEqualTo(Contents.of(engine));
        }
      }
    }
  }
}
