package dev.larder.redis.engine.command;

/**
 * A cell of a map that was halved as often in either direction: the bits of its column and of its
 * row, one of each after the other. As a score of a sorted set, cells that are near have scores
 * that are near.
 *
 * <p>This is the geohash of Redis, with 52 bits for a score: 26 halvings in each direction, which a
 * double holds exactly. The range of latitude ends at 85.05 degrees, where that of the public
 * geohash ends at 90.
 *
 * <p>The bits lie interleaved in Morton's order; they are spread and gathered by the JVM's {@code
 * expand} and {@code compress}.
 *
 * @param bits of latitude at even places, of longitude at odd ones
 * @param step how often the map was halved in each direction, 26 for scores
 */
record GeoCell(long bits, int step) {
  /** The step of scores. */
  static final int SCORE = 26;

  private static final long ROWS = 0x5555555555555555L;
  private static final long COLUMNS = 0xaaaaaaaaaaaaaaaaL;

  /** The cell of a position. */
  static GeoCell of(GeoPosition position, int step) {
    return of(position, step, GeoPosition.MOST_LATITUDE);
  }

  /**
   * The cell of a position on a map that reaches up to a latitude.
   *
   * @param step how often the map is halved in each direction, at most 26
   * @param mostLatitude 85.05112878 for scores, 90 for the public geohash
   */
  static GeoCell of(GeoPosition position, int step, double mostLatitude) {
    double row = (position.latitude() + mostLatitude) / (2 * mostLatitude);
    double column =
        (position.longitude() + GeoPosition.MOST_LONGITUDE) / (2 * GeoPosition.MOST_LONGITUDE);
    long cells = 1L << step;
    return new GeoCell(spread((long) (row * cells)) | spread((long) (column * cells)) << 1, step);
  }

  /**
   * The middle of the cell of a score.
   *
   * <p>A position that was added comes back as the middle of its cell, which is 0.3 m away at most
   * in either direction.
   */
  static GeoPosition position(double score) {
    var cell = new GeoCell((long) score, SCORE);
    return new GeoPosition(
        within((cell.west() + cell.east()) / 2, GeoPosition.MOST_LONGITUDE),
        within((cell.south() + cell.north()) / 2, GeoPosition.MOST_LATITUDE));
  }

  private static double within(double value, double most) {
    return Math.max(-most, Math.min(most, value));
  }

  /** The least score of a place in the cell. */
  long from() {
    return bits << (2 * (SCORE - step));
  }

  /** The least score beyond the cell. */
  long to() {
    return (bits + 1) << (2 * (SCORE - step));
  }

  /** Its edge to the west, in degrees of longitude. */
  double west() {
    return edge(gathered(bits >>> 1), GeoPosition.MOST_LONGITUDE);
  }

  /** Its edge to the east, in degrees of longitude. */
  double east() {
    return edge(gathered(bits >>> 1) + 1, GeoPosition.MOST_LONGITUDE);
  }

  /** Its edge to the south, in degrees of latitude. */
  double south() {
    return edge(gathered(bits), GeoPosition.MOST_LATITUDE);
  }

  /** Its edge to the north, in degrees of latitude. */
  double north() {
    return edge(gathered(bits) + 1, GeoPosition.MOST_LATITUDE);
  }

  private double edge(long number, double most) {
    return -most + number * 1.0 / (1L << step) * (2 * most);
  }

  /**
   * The cell so many columns to the east and rows to the north, around the world.
   *
   * @param east columns to go, from -1 to 1
   * @param north rows to go, from -1 to 1
   */
  GeoCell neighbour(int east, int north) {
    return new GeoCell(
        moved(bits & COLUMNS, COLUMNS, ROWS, east) | moved(bits & ROWS, ROWS, COLUMNS, north),
        step);
  }

  /**
   * Adds one to a number whose bits lie between others, or takes it away.
   *
   * <p>The bits between are filled with ones for a sum, so that a carry passes through them. Only a
   * number that is moved is brought back onto the map: in Redis a cell beyond the last row, that of
   * a place on the very edge, has neighbours to the east and west that are beyond it, too.
   *
   * @param own the places of its bits
   * @param others the places of those between
   */
  private long moved(long number, long own, long others, int by) {
    if (by == 0) {
      return number;
    }
    int unused = 64 - 2 * step;
    long between = others >>> unused;
    long sum = by > 0 ? number + (between + 1) : (number | between) - (between + 1);
    return sum & (own >>> unused);
  }

  /** The bits of a number of 32 bits, with a zero before each. */
  private static long spread(long number) {
    return Long.expand(number, ROWS);
  }

  /** The number whose bits lie at the even places. */
  private static long gathered(long bits) {
    return Long.compress(bits, ROWS);
  }
}
