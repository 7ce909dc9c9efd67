package dev.larder.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The names by which entries may carry a tag. Next.js joins the tags of a page by commas and may
 * encode what a header cannot hold, so the same tag has another name there than where it is
 * invalidated; and a tag too long for the protocol is named by its hash. The protocol has it all
 * ({@code docs/protocol.md}, "The names of a tag"); the adapter does the same.
 */
public final class TagNames {
  private static final String DERIVED = "_N_T_/";
  private static final String HASHED = "larder:long:";
  private static final Pattern NOT_IN_HEADERS = Pattern.compile("[^\t\\x20-\\x7e]+");
  private static final Pattern ENCODED = Pattern.compile("(?:%[89A-F][0-9A-F])+");
  private static final Pattern HALF =
      Pattern.compile(
          "[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]");
  private static final HexFormat LOWER = HexFormat.of();
  private static final HexFormat UPPER = HexFormat.of().withUpperCase().withPrefix("%");

  private TagNames() {}

  /** All names by which entries may carry one of these tags, each once. */
  public static List<String> of(Collection<String> tags) {
    Set<String> names = new LinkedHashSet<>();
    tags.forEach(tag -> add(tag, names));
    return List.copyOf(names);
  }

  private static void add(String tag, Set<String> names) {
    String whole = HALF.matcher(tag).replaceAll("\ufffd");
    Stream.of(whole, encoded(whole), decoded(whole))
        .distinct()
        .flatMap(spelling -> Stream.concat(Stream.of(spelling), part(spelling)))
        .map(TagNames::name)
        .forEach(names::add);
  }

  private static String name(String tag) {
    byte[] bytes = tag.getBytes(UTF_8);
    return bytes.length <= TagSet.MAX_TAG_BYTES ? tag : HASHED + LOWER.formatHex(sha256(bytes));
  }

  private static String encoded(String tag) {
    return NOT_IN_HEADERS
        .matcher(tag)
        .replaceAll(run -> UPPER.formatHex(run.group().getBytes(UTF_8)));
  }

  private static String decoded(String tag) {
    return ENCODED.matcher(tag).replaceAll(TagNames::decodedRun);
  }

  private static String decodedRun(MatchResult run) {
    byte[] bytes = HexFormat.of().parseHex(run.group().replace("%", ""));
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return run.group();
    }
  }

  /**
   * What every page carries that carries a tag of several parts: the longest pair of them. Of a
   * single part that is the tag itself.
   */
  private static Stream<String> part(String tag) {
    String[] parts = tag.split(",", -1);
    List<String> pairs = pairs(parts);
    if (pairs.isEmpty()) {
      return Stream.of(parts[parts.length - 1]);
    }
    return pairs.stream()
        .reduce((one, other) -> other.length() > one.length() ? other : one)
        .stream();
  }

  private static List<String> pairs(String[] parts) {
    List<String> pairs = new ArrayList<>();
    for (int i = 1; i < parts.length; i++) {
      if (!parts[i].startsWith(DERIVED)) {
        pairs.add(parts[i - 1] + "," + parts[i]);
      }
    }
    return pairs;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
