package dev.larder.core.wire;

/** What a frame says: a request or an answer. */
public sealed interface Message permits Request, Response {}
