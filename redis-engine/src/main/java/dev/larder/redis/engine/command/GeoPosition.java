package dev.larder.redis.engine.command;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * A place on earth, in degrees.
 *
 * @param longitude from -180 to 180
 * @param latitude from -85.05112878 to 85.05112878: as far as the map of Mercator reaches
 */
record GeoPosition(double longitude, double latitude) {
  /** Of the earth, in m. */
  static final double RADIUS = 6372797.560856;

  static final double MOST_LONGITUDE = 180;
  static final double MOST_LATITUDE = 85.05112878;

  /**
   * The position two parts of a command say.
   *
   * @throws CommandException if one is no number, or out of range
   */
  static GeoPosition read(Call call, int index) {
    var position = new GeoPosition(call.number(index), call.number(index + 1));
    if (!(Math.abs(position.longitude) <= MOST_LONGITUDE)
        || !(Math.abs(position.latitude) <= MOST_LATITUDE)) {
      throw new CommandException(
          "ERR invalid longitude,latitude pair %s,%s"
              .formatted(fixed(position.longitude, 6), fixed(position.latitude, 6)));
    }
    return position;
  }

  /**
   * The distance to another place on a sphere, in m.
   *
   * <p>It is the haversine formula. Along a meridian it is a plain difference, which has less
   * rounding; Redis does so as well.
   */
  double distanceTo(GeoPosition other) {
    double v = Math.sin((radians(other.longitude) - radians(longitude)) / 2);
    if (v == 0) {
      return RADIUS * Math.abs(radians(other.latitude) - radians(latitude));
    }
    double u = Math.sin((radians(other.latitude) - radians(latitude)) / 2);
    double a = u * u + Math.cos(radians(latitude)) * Math.cos(radians(other.latitude)) * v * v;
    return 2 * RADIUS * Math.asin(Math.sqrt(a));
  }

  /** Degrees as radians, multiplied as C does, so that the last digit is that of Redis. */
  static double radians(double degrees) {
    return degrees * (Math.PI / 180);
  }

  /** Both numbers, with all their digits. */
  Reply shown() {
    return Reply.ofStrings(List.of(digits(longitude), digits(latitude)));
  }

  /** Up to 17 decimals, without an exponent and without zeros at the end. */
  private static Bytes digits(double degrees) {
    BigDecimal exact = new BigDecimal(degrees).setScale(17, RoundingMode.HALF_EVEN);
    return Bytes.of(exact.signum() == 0 ? "0" : exact.stripTrailingZeros().toPlainString());
  }

  /** A number with so many digits after the point. */
  static String fixed(double number, int digits) {
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    return new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
  }
}
