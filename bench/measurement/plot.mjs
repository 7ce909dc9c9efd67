import { View, parse } from 'vega';
import { compile } from 'vega-lite';

/**
 * A curve as a picture that can be read on white and on black. Vega draws it, without a browser.
 */
export async function plot({ title, x, y, series }) {
  const values = series.flatMap(({ subject, points }) =>
    points.map(([at, value]) => ({ subject, at, value })),
  );
  const legend = { labelLimit: 400 };
  const names = series.map(({ subject }) => subject);
  const { spec } = compile({
    title: { text: title, anchor: 'start', fontSize: 14 },
    width: 560,
    height: 300,
    padding: 12,
    background: 'white',
    data: { values },
    mark: { type: 'line', point: { size: 40 }, strokeWidth: 2 },
    encoding: {
      x: axis(
        'at',
        x,
        values.map(({ at }) => at),
      ),
      y: axis(
        'value',
        y,
        values.map(({ value }) => value),
      ),
      color: { field: 'subject', type: 'nominal', title: null, sort: names, legend },
      shape: { field: 'subject', type: 'nominal', title: null, sort: names, legend },
    },
    config: { font: 'sans-serif', axis: { labelFontSize: 11, titleFontSize: 12 } },
  });
  const view = new View(parse(spec), { renderer: 'none' });
  return view.toSVG();
}

/**
 * A logarithmic axis with a line for each power of ten, unless all of it is within one.
 *
 * @param {string} field of the values
 * @param {string} title
 * @param {number[]} values all of them, of every subject
 */
function axis(field, title, values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const wide = least > 0 && most / least > 10;
  const labelExpr = "datum.value < 1 ? format(datum.value, '~g') : format(datum.value, '~s')";
  return {
    field,
    title,
    type: 'quantitative',
    scale: wide ? { type: 'log', nice: false } : { zero: true },
    axis: { labelExpr, ...(wide && { values: powersOfTen(least, most) }) },
  };
}

/** The powers of ten around these numbers. */
function powersOfTen(least, most) {
  const powers = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most * 10; power++) {
    powers.push(10 ** power);
  }
  return powers;
}
