package dev.larder.client.protocol;

import dev.larder.core.wire.Request;

/**
 * A request that was asked in a conversation.
 *
 * @param id its request id, unique among the unanswered of its conversation, never 0
 * @param request what was asked
 * @param asked when, in ms of the conversation's clock: what the answer says was true at this
 *     moment or later
 */
public record Call(int id, Request request, long asked) {}
