package dev.larder.redis.engine.command;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What is searched: a circle, or a rectangle.
 *
 * @param centre of it
 * @param width half of it, in m; the radius of a circle
 * @param height half of it, in m; the radius of a circle
 * @param circle whether it is one
 */
record GeoShape(GeoPosition centre, double width, double height, boolean circle) {
  /** Half the length of the equator on Mercator's map, in m. */
  private static final double MERCATOR = 20037726.37;

  /** How far a place is from the centre, in m, if it is within the shape. */
  OptionalDouble distanceTo(GeoPosition place) {
    if (!circle) {
      double along = place.distanceTo(new GeoPosition(centre.longitude(), place.latitude()));
      double across = place.distanceTo(new GeoPosition(place.longitude(), centre.latitude()));
      if (along > width || across > height) {
        return OptionalDouble.empty();
      }
    }
    double distance = centre.distanceTo(place);
    return circle && distance > width ? OptionalDouble.empty() : OptionalDouble.of(distance);
  }

  /**
   * The cells that cover it, in the order in which they are searched.
   *
   * <p>It is the cell of the centre and those of its eight neighbours that the bounding box
   * reaches. Where the nine do not cover the box, near a pole, cells of twice the size are taken.
   * The order is that of Redis, since ANY shows it.
   */
  List<GeoCell> cells() {
    double delta = degrees(height / GeoPosition.RADIUS);
    double south = centre.latitude() - delta;
    double north = centre.latitude() + delta;
    // The side nearer to a pole spans more degrees.
    double far = centre.latitude() < 0 ? south : north;
    double across = degrees(width / GeoPosition.RADIUS / Math.cos(GeoPosition.radians(far)));
    double west = centre.longitude() - across;
    double east = centre.longitude() + across;
    int step = step(circle ? width : Math.sqrt(width * width + height * height));
    GeoCell cell = GeoCell.of(centre, step);
    boolean tooSmall =
        cell.neighbour(0, 1).north() < north
            || cell.neighbour(0, -1).south() > south
            || cell.neighbour(1, 0).east() < east
            || cell.neighbour(-1, 0).west() > west;
    if (step > 1 && tooSmall) {
      step--;
      cell = GeoCell.of(centre, step);
    }
    boolean noSouth = step >= 2 && cell.south() < south;
    boolean noNorth = step >= 2 && cell.north() > north;
    boolean noWest = step >= 2 && cell.west() < west;
    boolean noEast = step >= 2 && cell.east() > east;
    int[][] around = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    var cells = new ArrayList<GeoCell>();
    cells.add(cell);
    for (int[] by : around) {
      boolean useless =
          (noSouth && by[1] < 0)
              || (noNorth && by[1] > 0)
              || (noWest && by[0] < 0)
              || (noEast && by[0] > 0);
      GeoCell next = cell.neighbour(by[0], by[1]);
      // Where cells are huge, neighbours are the same. The first is compared with none, as in
      // Redis.
      if (!useless && (cells.size() < 2 || !cells.getLast().equals(next))) {
        cells.add(next);
      }
    }
    return cells;
  }

  /** Radians as degrees. */
  private static double degrees(double radians) {
    return radians / (Math.PI / 180);
  }

  /**
   * How small cells may be so that nine of them cover the shape, in most cases.
   *
   * <p>Cells get narrower to the poles: beyond 66 and 80 degrees they are made larger for it.
   */
  private int step(double radius) {
    if (radius == 0) {
      return GeoCell.SCORE;
    }
    int step = 1;
    for (double reach = radius; reach < MERCATOR; reach *= 2) {
      step++;
    }
    step -= 2;
    double latitude = Math.abs(centre.latitude());
    step -= latitude > 80 ? 2 : latitude > 66 ? 1 : 0;
    return Math.max(1, Math.min(GeoCell.SCORE, step));
  }
}
