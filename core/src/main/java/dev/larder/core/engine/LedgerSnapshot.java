package dev.larder.core.engine;

import dev.larder.core.Invalidation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A ledger as it is kept in place of the invalidations that led to it.
 *
 * @param floor the last revision of the tags that were forgotten
 * @param keyFloor the last revision of the marks of keys that were forgotten
 * @param revision the last revision it covers
 * @param marks of tags and keys, in the order of their last invalidation
 */
record LedgerSnapshot(long floor, long keyFloor, long revision, SequencedMap<String, Marks> marks) {
  private static final int VERSION = 1;

  /** The tag under which it has the floor of the keys; to earlier versions one as any. */
  private static final String KEY_FLOOR = "larder:keys";

  /** What has to be kept of these tables. */
  static byte[] write(MarkTable tags, MarkTable keys, long revision) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      var all = new ArrayList<Map.Entry<String, Marks>>(tags.size() + keys.size() + 1);
      for (MarkTable table : List.of(tags, keys)) {
        table.order().forEach(tag -> all.add(Map.entry(tag, table.of(tag))));
      }
      if (keys.floor() > 0) {
        var floor = new Marks(new long[] {keys.floor()}, new long[] {Invalidation.NOW});
        all.add(Map.entry(KEY_FLOOR, floor));
      }
      all.sort(Comparator.comparingLong(marked -> marked.getValue().last()));
      out.writeByte(VERSION);
      out.writeLong(tags.floor());
      out.writeLong(revision);
      out.writeInt(all.size());
      for (Map.Entry<String, Marks> marked : all) {
        Marks ofTag = marked.getValue();
        out.writeUTF(marked.getKey());
        out.writeByte(ofTag.size());
        for (int i = 0; i < ofTag.size(); i++) {
          out.writeLong(ofTag.revision(i));
          out.writeLong(ofTag.deadline(i));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * What {@link #write} wrote.
   *
   * @throws IllegalArgumentException if these bytes are something else
   */
  static LedgerSnapshot read(byte[] snapshot) {
    try (var in = new DataInputStream(new ByteArrayInputStream(snapshot))) {
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "ledger snapshot of version %d; expected %d".formatted(version, VERSION));
      }
      long floor = in.readLong();
      long revision = in.readLong();
      if (floor < 0 || revision < floor) {
        throw damaged();
      }
      int count = in.readInt();
      long last = 0;
      var all = new LinkedHashMap<String, Marks>();
      for (int n = 0; n < count; n++) {
        String tag = in.readUTF();
        Marks ofTag = marks(in, revision);
        if (ofTag.last() < last || all.put(tag, ofTag) != null) {
          throw damaged();
        }
        last = ofTag.last();
      }
      if (in.read() >= 0) {
        throw damaged();
      }
      Marks keyFloor = all.remove(KEY_FLOOR);
      return new LedgerSnapshot(floor, keyFloor == null ? 0 : keyFloor.last(), revision, all);
    } catch (IOException e) {
      throw new IllegalArgumentException("a ledger snapshot that ends early", e);
    }
  }

  private static Marks marks(DataInputStream in, long revision) throws IOException {
    long[] revisions = new long[in.readUnsignedByte()];
    long[] deadlines = new long[revisions.length];
    for (int i = 0; i < revisions.length; i++) {
      revisions[i] = in.readLong();
      deadlines[i] = in.readLong();
      if (i > 0 && (revisions[i] <= revisions[i - 1] || deadlines[i] <= deadlines[i - 1])) {
        throw damaged();
      }
    }
    if (revisions.length == 0 || revisions[0] < 1 || revisions[revisions.length - 1] > revision) {
      throw damaged();
    }
    return new Marks(revisions, deadlines);
  }

  private static IllegalArgumentException damaged() {
    return new IllegalArgumentException("a damaged ledger snapshot");
  }
}
