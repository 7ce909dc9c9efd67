package dev.larder.redis.engine.command;

/**
 * A cell of a map that was halved as often in either direction: the bits of its column and of its
 * row, one of each after the other. As a score of a sorted set, cells that are near have scores
 * that are near.
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

  /** The cell of a position on a map that reaches up to a latitude. */
  static GeoCell of(GeoPosition position, int step, double mostLatitude) {
    double row = (position.latitude() + mostLatitude) / (2 * mostLatitude);
    double column =
        (position.longitude() + GeoPosition.MOST_LONGITUDE) / (2 * GeoPosition.MOST_LONGITUDE);
    long cells = 1L << step;
    return new GeoCell(spread((long) (row * cells)) | spread((long) (column * cells)) << 1, step);
  }

  /** The middle of the cell of a score. */
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

  double west() {
    return edge(gathered(bits >>> 1), GeoPosition.MOST_LONGITUDE);
  }

  double east() {
    return edge(gathered(bits >>> 1) + 1, GeoPosition.MOST_LONGITUDE);
  }

  double south() {
    return edge(gathered(bits), GeoPosition.MOST_LATITUDE);
  }

  double north() {
    return edge(gathered(bits) + 1, GeoPosition.MOST_LATITUDE);
  }

  private double edge(long number, double most) {
    return -most + number * 1.0 / (1L << step) * (2 * most);
  }

  /** The cell so many columns to the east and rows to the north, around the world. */
  GeoCell neighbour(int east, int north) {
    long columns =
        moved(bits & COLUMNS, ROWS >>> (64 - 2 * step), east) & (COLUMNS >>> (64 - 2 * step));
    long rows = moved(bits & ROWS, COLUMNS >>> (64 - 2 * step), north) & (ROWS >>> (64 - 2 * step));
    return new GeoCell(columns | rows, step);
  }

  /** Adds one to a number whose bits lie between others, or takes it away. */
  private static long moved(long number, long between, int by) {
    return switch (by) {
      case 1 -> number + (between + 1);
      case -1 -> (number | between) - (between + 1);
      default -> number;
    };
  }

  /** The bits of a number of 32 bits, with a zero before each. */
  private static long spread(long number) {
    return Long.expand(number, ROWS);
  }

  private static long gathered(long bits) {
    return Long.compress(bits, ROWS);
  }
}
