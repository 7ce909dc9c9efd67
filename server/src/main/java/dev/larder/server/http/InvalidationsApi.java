package dev.larder.server.http;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagNames;
import dev.larder.server.session.Namespaces;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Who invalidated what, and when. */
final class InvalidationsApi {
  /** The most rows of an answer, and how many there are unless asked otherwise. */
  private static final int MOST_ROWS = 1_000;

  private static final int ROWS = 100;

  private final Vertx vertx;
  private final Namespaces namespaces;

  InvalidationsApi(Vertx vertx, Namespaces namespaces) {
    this.vertx = vertx;
    this.namespaces = namespaces;
  }

  /**
   * {@code GET /v1/{namespace}/invalidations?before=&limit=&tag=}: who made which, latest first.
   *
   * <p>Answers {@code {"invalidations": [...], "before"}}. A row is {@code {"revision", "at",
   * "tags", "moreTags", "expires", "source"}}, the source {@code {"action", "path", "instance",
   * "token", "via"}}. Of very many tags only the first are remembered, and {@code moreTags}, how
   * many there were beside. {@code expires} is {@code "now"}, {@code "never"}, or until when what
   * has the tag is served stale.
   *
   * <p>{@code limit} is from 1 to 1000, 100 if it is not given. {@code before} is the cursor: only
   * invalidations of a smaller revision are listed. The answer has a {@code before} for the next
   * page if it is full, and none if it is the last. With {@code tag} only those are listed that
   * name it.
   */
  CompletionStage<?> list(Router.Call call) {
    var parameters = new Parameters(call.request());
    int limit = (int) parameters.number("limit", ROWS, MOST_ROWS);
    long before = parameters.number("before", Long.MAX_VALUE, Long.MAX_VALUE);
    String tag = parameters.text("tag");
    Set<String> names = Set.copyOf(TagNames.of(tag.isEmpty() ? List.of() : List.of(tag)));
    // Of those that are remembered all are looked through for a tag, and no more.
    int most = tag.isEmpty() ? limit : AuditedInvalidation.KEPT;
    return Exchange.answer(
        vertx,
        call.request(),
        JsonApi.existing(namespaces, call.namespace())
            .thenCompose(cache -> cache.audited(new Revision(before), most))
            .thenApply(audited -> {
              List<AuditedInvalidation> rows =
                  audited.stream()
                      .filter(each -> names.isEmpty() || TagsApi.names(each, names))
                      .limit(limit)
                      .toList();
              var json =
                  new JsonObject()
                      .put(
                          "invalidations",
                          new JsonArray(rows.stream().map(AdminJson::audited).toList()));
              if (rows.size() == limit) {
                json.put("before", rows.getLast().invalidation().revision().number());
              }
              return json;
            }));
  }
}
