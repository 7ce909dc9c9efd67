package dev.larder.server.redisrest;

import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Runs those commands that may reach a database, and answers the others.
 *
 * <p>Replies are in the order of the commands, those that {@link Rules} gives among those of the
 * database.
 */
final class Commands {
  private Commands() {}

  /** Runs commands, each for itself; answers one reply for each. */
  static CompletionStage<List<Reply>> run(
      Database database, List<Command> commands, Rules rules, Role role) {
    List<Optional<Reply>> answers = answers(commands, rules, role);
    List<Command> asked = asked(commands, answers);
    return asked.isEmpty()
        ? CompletableFuture.completedFuture(merged(answers, List.of()))
        : database.execute(asked).thenApply(replies -> merged(answers, replies));
  }

  /**
   * Runs commands as one; answers an array of one reply for each, or an error if none was run.
   *
   * <p>If the rules refuse one of them, none is run, and the answer is {@code EXECABORT}, as with
   * {@code MULTI} of Redis.
   */
  static CompletionStage<Reply> transact(
      Database database, List<Command> commands, Rules rules, Role role) {
    List<Optional<Reply>> answers = answers(commands, rules, role);
    if (answers.stream().flatMap(Optional::stream).anyMatch(Reply.SimpleError.class::isInstance)) {
      return CompletableFuture.completedFuture(
          new Reply.SimpleError("EXECABORT Transaction discarded because of previous errors."));
    }
    return database
        .transact(asked(commands, answers))
        .thenApply(reply ->
            reply instanceof Reply.Array(List<Reply> replies)
                ? Reply.of(merged(answers, replies))
                : reply);
  }

  private static List<Optional<Reply>> answers(List<Command> commands, Rules rules, Role role) {
    return commands.stream().map(command -> rules.answer(command, role)).toList();
  }

  /** The commands without an answer yet. */
  private static List<Command> asked(List<Command> commands, List<Optional<Reply>> answers) {
    var asked = new ArrayList<Command>(commands.size());
    for (int i = 0; i < commands.size(); i++) {
      if (answers.get(i).isEmpty()) {
        asked.add(commands.get(i));
      }
    }
    return asked;
  }

  /** Puts the replies of the database where there is no answer yet. */
  private static List<Reply> merged(List<Optional<Reply>> answers, List<Reply> replies) {
    var next = replies.iterator();
    var merged = new ArrayList<Reply>(answers.size());
    answers.forEach(answer -> merged.add(answer.orElseGet(next::next)));
    return merged;
  }
}
