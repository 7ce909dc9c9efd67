package dev.larder.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TagNamesTest {
  /** A golden vector: a tag, and its names. */
  record Vector(String name, String tag, List<String> names) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Vector> vectors() throws IOException {
    try (InputStream json =
        Objects.requireNonNull(
            TagNamesTest.class.getResourceAsStream("/dev/larder/testkit/golden/tag-names.json"))) {
      return JsonMapper.shared()
          .readTree(json)
          .valueStream()
          .map(TagNamesTest::vector)
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void areThoseOfTheProtocol(Vector vector) {
    assertThat(TagNames.of(List.of(vector.tag()))).isEqualTo(vector.names());
  }

  @Test
  void areNamedOnce() {
    assertThat(TagNames.of(List.of("a,b,c", "a,b", "x", "x"))).containsExactly("a,b,c", "a,b", "x");
  }

  @Test
  void areAlsoThatOfTheLongestPair() {
    assertThat(TagNames.of(List.of("a,b,cc"))).containsExactly("a,b,cc", "b,cc");
    assertThat(TagNames.of(List.of("aa,b,c"))).containsExactly("aa,b,c", "aa,b");
    assertThat(TagNames.of(List.of("a,b,c"))).containsExactly("a,b,c", "a,b");
  }

  @Test
  void areHashedOnlyIfTheyAreTooLong() {
    String longest = "a".repeat(TagSet.MAX_TAG_BYTES);
    assertThat(TagNames.of(List.of(longest))).containsExactly(longest);
    assertThat(TagNames.of(List.of(longest + "a")).getFirst()).startsWith("larder:long:");
  }

  private static Vector vector(JsonNode json) {
    String before = json.has("before") ? json.get("before").asString() : "";
    int times = json.has("times") ? json.get("times").asInt() : 1;
    String tag = before + json.get("text").asString().repeat(times);
    var names = new ArrayList<String>();
    if (json.has("itself")) {
      names.add(tag);
    } else {
      json.get("names").valueStream().map(JsonNode::asString).forEach(names::add);
    }
    return new Vector(json.get("name").asString(), tag, names);
  }
}
