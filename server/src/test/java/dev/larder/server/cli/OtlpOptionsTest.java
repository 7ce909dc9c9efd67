package dev.larder.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.InvalidValueException;
import dev.larder.server.config.ServerConfig;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Where metrics are sent, as it may be given. */
class OtlpOptionsTest {
  private static OtlpOptions given(String... arguments) {
    var options = new OtlpOptions();
    new CommandLine(
            CommandLine.Model.CommandSpec.create()
                .addMixin("otlp", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
        .parseArgs(arguments);
    return options;
  }

  @Test
  void withoutAnAddressNothingIsSent() {
    assertThat(given().config()).isEmpty();
    assertThat(given("--otlp", " ").config()).isEmpty();
  }

  @Test
  void anAddressMayHaveAPath() {
    assertThat(given("--otlp", "https://prometheus:9090/api/v1/otlp").config())
        .hasValue(
            new ServerConfig.Otlp(URI.create("https://prometheus:9090/api/v1/otlp"), Map.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"collector:4317", "grpc://x:1", "http://", "http://me:secret@x", "a b"})
  void whatIsNoAddressIsRefusedWithoutBeingShown(String wrong) {
    assertThatThrownBy(() -> given("--otlp", wrong).config())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("--otlp")
        .hasMessageContaining("expected http://HOST:PORT")
        .hasMessageNotContaining("secret");
  }

  @Test
  void headersAreNamesWithValues() {
    assertThat(OtlpOptions.headers("")).isEmpty();
    assertThat(OtlpOptions.headers("Authorization=Bearer a=b, x-tenant = shop,"))
        .isEqualTo(Map.of("Authorization", "Bearer a=b", "x-tenant", "shop"));
    assertThatThrownBy(() -> OtlpOptions.headers("a=b,secret"))
        .hasMessageContaining("header 2")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> OtlpOptions.headers("a=b\nc"))
        .isInstanceOf(InvalidValueException.class);
  }
}
