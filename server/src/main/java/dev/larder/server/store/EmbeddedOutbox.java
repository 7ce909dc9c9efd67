package dev.larder.server.store;

import dev.larder.core.AsOf;
import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.Outbox;
import dev.larder.server.store.Database.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What is to be told outside of an embedded store: rows beside those of the log. */
final class EmbeddedOutbox implements Outbox {
  private final Database database;
  private final LogWriter writer;
  private final Readers readers;
  private final Map<Namespace, StoreIdentity> identities;

  /**
   * The outbox of a store.
   *
   * @param identities every namespace there is; only read
   */
  EmbeddedOutbox(
      Database database,
      LogWriter writer,
      Readers readers,
      Map<Namespace, StoreIdentity> identities) {
    this.database = database;
    this.writer = writer;
    this.readers = readers;
    this.identities = identities;
  }

  @Override
  public CompletionStage<List<Namespace>> namespaces() {
    return CompletableFuture.completedStage(List.copyOf(identities.keySet()));
  }

  @Override
  public CompletionStage<Waiting> after(Namespace namespace, AsOf known, int most) {
    return readers.ask(() -> {
      StoreIdentity identity = identities.get(namespace);
      if (identity == null) {
        return Waiting.NOTHING;
      }
      long from = identity.equals(known.store()) ? known.revision().number() + 1 : 0;
      List<AuditedInvalidation> waiting = new ArrayList<>();
      var _ =
          database.scan(
              Table.OUTBOX,
              Records.identity(identity),
              Records.logKey(identity, from),
              most,
              (key, row) -> waiting.add(Records.auditIn(key, row)));
      return new Waiting(identity, List.copyOf(waiting));
    });
  }

  /** Rows of a history that is over were removed with it. */
  @Override
  public CompletionStage<Void> remove(Namespace namespace, AsOf upTo) {
    return writer.change((batch, histories) ->
        batch.deleteRange(
            Table.OUTBOX,
            Records.identity(upTo.store()),
            Records.logKey(upTo.store(), upTo.revision().number() + 1)));
  }

  /** Nobody else has this store. */
  @Override
  public CompletionStage<Boolean> lead(long millis) {
    return CompletableFuture.completedStage(true);
  }
}
