package dev.larder.server.process;

/** The version of this build. */
public final class Version {
  private Version() {}

  /** The version, or "development" outside of a packaged server. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
