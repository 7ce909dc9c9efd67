package dev.larder.testkit;

import dev.larder.core.spi.Store.NamespaceStore;

/** A store that a test has open, and can close and open again over what it left behind. */
public interface OpenStore extends AutoCloseable {
  /** The namespace under test, opened; empty at the beginning of a test. */
  NamespaceStore shop();

  /** Closes the store and opens what it left behind. */
  void reopen();

  /** Closes the store for good, and removes what only this test needed. */
  @Override
  void close();
}
