package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.CommandGrammar.Step;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine answers what a real Redis answers, to any commands in any order. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DifferentialTest {
  /** How many histories of each family are tried, each of {@link #STEPS} commands. */
  private static final int HISTORIES = Integer.getInteger("larder.redis.histories", 150);

  private static final long FIRST = Long.getLong("larder.redis.first", 1);
  private static final int STEPS = 500;

  private final RealRedis redis = new RealRedis();

  @BeforeAll
  void start() {
    assertThat(redis.ask(Command.of("PING"))).isEqualTo(Reply.simple("PONG"));
  }

  @AfterAll
  void stop() {
    redis.close();
  }

  @ParameterizedTest
  @MethodSource("dev.larder.redis.engine.CommandGrammar#families")
  void aFamilyAnswersAsRedisDoes(String family) throws IOException {
    var grammar = new CommandGrammar(family + ".commands");
    for (long seed = FIRST; seed < FIRST + HISTORIES; seed++) {
      run(grammar, seed, family);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "command getkeys set a b",
        "command getkeys mget a b c",
        "command getkeys xread streams a b 0 0",
        "command getkeys sort a store b",
        "command getkeys zunionstore a 2 b c",
        "command getkeys get",
        "command getkeys nosuch a b",
        "command getkeys ping a",
        "command docs nosuch",
        "command nosuch",
        "command info nosuch"
      })
  void whatIsKnownOfCommandsIsAnsweredAsInRedis(String text) throws IOException {
    Command command = Command.of(Arrays.stream(text.split(" ")).map(Bytes::of).toList());
    try (Engine engine = Engine.builder().open()) {
      assertThat(text(engine.execute(command))).isEqualTo(text(redis.ask(command)));
    }
  }

  private void run(CommandGrammar grammar, long seed, String family) throws IOException {
    redis.ask(Command.of("FLUSHALL"));
    var random = new Random(seed);
    var journal = new ListJournal();
    try (Engine engine = Engine.builder().random(random).journal(journal).open()) {
      var steps = new ArrayList<Step>();
      while (steps.size() < STEPS) {
        Step step = grammar.next(random);
        steps.add(step);
        if (step.command().name().equals("spop") && step.command().parts().length > 1) {
          // What chance took out differs: nothing of it is left.
          Command drop = Command.of(List.of(Bytes.of("DEL"), step.command().parts()[1]));
          steps.add(new Step(drop, Comparison.SAME_TYPE));
        }
      }
      List<Reply> theirs = redis.ask(steps.stream().map(Step::command).toList());
      for (int i = 0; i < steps.size(); i++) {
        Reply ours = engine.execute(steps.get(i).command());
        if (!steps.get(i).comparison().same(ours, theirs.get(i))) {
          throw new AssertionError(
              "%s, seed %d, step %d: %s%nanswers  %s%nexpected %s%nbefore:%n%s"
                  .formatted(
                      family,
                      seed,
                      i,
                      steps.get(i).command(),
                      text(ours),
                      text(theirs.get(i)),
                      about(steps.subList(0, i), steps.get(i).command())));
        }
      }
      try (Engine again = Engine.builder().journal(journal).open()) {
        assertThat(Contents.of(again))
            .as("%s, seed %d, opened again", family, seed)
            .isEqualTo(Contents.of(engine));
      }
    }
  }

  /** The last steps that named a key of the command. */
  private static String about(List<Step> steps, Command command) {
    List<Bytes> named =
        Arrays.stream(command.parts())
            .skip(1)
            .filter(part -> part.toString().matches("[a-z]+\\d"))
            .toList();
    var lines = new ArrayList<String>();
    for (Step step : steps) {
      if (Arrays.stream(step.command().parts()).anyMatch(named::contains)) {
        lines.add("  " + step.command() + "\n");
      }
    }
    return String.join("", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
  }

  private static String text(Reply reply) {
    var text = new StringBuilder();
    for (byte b : RespWriter.bytesOf(reply)) {
      text.append(b >= ' ' && b < 127 ? "" + (char) b : "\\x%02x".formatted(b));
    }
    return text.toString().replace("\\x0d\\x0a", "|");
  }
}
