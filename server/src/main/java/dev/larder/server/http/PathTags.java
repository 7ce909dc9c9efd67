package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The tags that Next.js gives a page for its path: what {@code revalidatePath} invalidates. */
final class PathTags {
  private static final String DERIVED = "_N_T_";

  /** The most characters of a path; Next.js ignores longer ones. */
  private static final int MAX_PATH = 1024;

  /** A segment that stands for others, such as {@code [slug]}. */
  private static final Pattern DYNAMIC = Pattern.compile("/[^/]*\\[[^/]+][^/]*(?=/|$)");

  private PathTags() {}

  /**
   * The tags of a path as visitors ask for it, or with a type of the pattern of a route.
   *
   * @param type {@code page}, {@code layout}, or empty
   * @throws InvalidValueException if {@code revalidatePath} would do nothing for it
   */
  static List<String> of(String path, String type) {
    if (!path.startsWith("/") || path.length() > MAX_PATH) {
      throw new InvalidValueException(
          "path '%s'; expected one that begins with '/', of at most %d characters"
              .formatted(InvalidValueException.shortened(path), MAX_PATH));
    }
    if (type.isEmpty() && DYNAMIC.matcher(path).find()) {
      throw new InvalidValueException(
          "path '%s' is the pattern of a route; expected a 'type', page or layout, beside it"
              .formatted(InvalidValueException.shortened(path)));
    }
    String trimmed = path.length() > 1 && path.endsWith("/") ? cut(path) : path;
    String tag =
        type.isEmpty()
            ? DERIVED + trimmed
            : DERIVED + trimmed + (trimmed.endsWith("/") ? "" : "/") + type;
    var tags = new ArrayList<String>(List.of(tag));
    if (tag.equals(DERIVED + "/")) {
      tags.add(DERIVED + "/index");
    } else if (tag.equals(DERIVED + "/index")) {
      tags.add(DERIVED + "/");
    }
    return List.copyOf(tags);
  }

  private static String cut(String path) {
    return path.substring(0, path.length() - 1);
  }
}
