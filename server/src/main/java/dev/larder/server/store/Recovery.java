package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.Records.Commit;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a database holds when it is opened, and whether that is all that was acknowledged.
 *
 * @param namespaces the namespaces, by name
 * @param histories where their histories end
 * @param last the last commit
 * @param lost why not everything acknowledged can be there; empty if it provably is
 */
record Recovery(
    Map<Namespace, StoreIdentity> namespaces,
    Histories histories,
    Commit last,
    Optional<String> lost) {
  /*
   * RocksDB replays its log up to the first record that is not whole, because that is what the end
   * of the machine leaves behind, and a damaged bit looks like it. So what it opens is some state it
   * had once, and this tells whether that is the last one. Every commit writes its number and the
   * digest of all histories into the database, in the batch of what it changes, and then the same
   * beside it (CommitFile).
   *
   * - The end of the log is gone, or a whole file of it: the number in the database is less.
   * - Something in the middle is gone, or one table of the database is older than another: the
   *   histories do not add up to the digest.
   * - A row is changed, or in another's place: its checksum does not match.
   *
   * Every row of the histories is read for that. Entries need no such proof: each carries the
   * revision it was generated as of, and is judged by the histories.
   */

  /**
   * Reads and checks what is there.
   *
   * @param bootId the start of the machine it is opened on
   * @throws Records.Damaged if a row of the histories is not what was written
   */
  static Recovery of(Database database, CommitFile commits, String bootId) {
    var namespaces = new TreeMap<Namespace, StoreIdentity>(Comparator.comparing(Namespace::name));
    byte[] prefix = "n".getBytes(UTF_8);
    database.scan(
        Table.META,
        prefix,
        prefix,
        Integer.MAX_VALUE,
        (key, row) -> namespaces.put(Records.namespaceOf(key), Records.identityIn(key, row)));
    var histories = new Histories();
    for (StoreIdentity identity : namespaces.values()) {
      histories.put(identity, EmbeddedLog.read(database, identity).last());
    }
    Optional<Commit> inside = database.get(Table.META, Records.commitKey()).map(Records::commit);
    boolean mayHaveLost =
        database
            .get(Table.META, Records.useKey())
            .map(Records::use)
            .filter(use -> use.mayHaveLost(bootId))
            .isPresent();
    return new Recovery(
        namespaces,
        histories,
        inside.orElse(new Commit(0, 0, 0)),
        mayHaveLost
            ? Optional.of("the machine stopped while invalidations were not synced")
            : lost(inside, commits, histories.digest()));
  }

  /** True if nothing was ever stored. */
  boolean isNew() {
    return last.database() == 0;
  }

  private static Optional<String> lost(Optional<Commit> inside, CommitFile commits, long digest) {
    Optional<Commit> beside = commits.last();
    if (inside.isEmpty()) {
      return commits.isEmpty() || beside.filter(began -> began.number() == 0).isPresent()
          ? Optional.empty()
          : Optional.of("the database is gone, or what it began with");
    }
    if (beside.isEmpty()) {
      return Optional.of(
          "the file '%s' beside the database is gone or damaged, which tells what it must have"
              .formatted(CommitFile.NAME));
    }
    Commit has = inside.orElseThrow();
    Commit must = beside.orElseThrow();
    if (has.database() != must.database()) {
      return Optional.of("the database is not the one that was used here");
    }
    if (has.number() < must.number()) {
      return Optional.of(
          "the database ends with commit %d, and there were %d"
              .formatted(has.number(), must.number()));
    }
    if (has.digest() != digest || (has.number() == must.number() && !has.equals(must))) {
      return Optional.of("a part of the database is older than the rest");
    }
    return Optional.empty();
  }
}
