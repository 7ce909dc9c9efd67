package dev.larder.server.redisrest;

/** What the token of a request lets it do. */
enum Role {
  /** Whatever there is. */
  ALL,
  /** To read keys it knows. */
  READ
}
