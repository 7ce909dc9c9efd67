package dev.larder.server.metrics;

import dev.larder.server.forward.Forwarder;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** How CDNs stand that are told what was invalidated: nothing if there are none. */
final class ForwardMetrics implements MeterBinder {
  private final Supplier<List<Forwarder.State>> forwards;

  ForwardMetrics(Supplier<List<Forwarder.State>> forwards) {
    this.forwards = forwards;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    List<Forwarder.State> targets = forwards.get();
    for (int i = 0; i < targets.size(); i++) {
      int index = i;
      Tags tags = Tags.of("target", targets.get(i).target());
      Gauge.builder("larder.forward.queue", () -> forwards.get().get(index).queue())
          .description("Invalidations that a CDN is being told.")
          .tags(tags)
          .register(registry);
      Gauge.builder("larder.forward.age", () -> forwards.get().get(index).ageMillis() / 1000.0)
          .description("How long ago the oldest of them was made.")
          .baseUnit("seconds")
          .tags(tags)
          .register(registry);
      counter(registry, tags.and("outcome", "forwarded"), index, Forwarder.State::forwarded);
      counter(registry, tags.and("outcome", "failed"), index, Forwarder.State::failed);
      counter(registry, tags.and("outcome", "dropped"), index, Forwarder.State::dropped);
    }
  }

  private void counter(
      MeterRegistry registry, Tags tags, int index, ToDoubleFunction<Forwarder.State> count) {
    FunctionCounter.builder(
            "larder.forwards", forwards, each -> count.applyAsDouble(each.get().get(index)))
        .description("Requests to a CDN, by what became of them.")
        .tags(tags)
        .register(registry);
  }
}
