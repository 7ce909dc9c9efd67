import { View, parse } from 'vega';
import { compile } from 'vega-lite';

/**
 * A curve as a picture that can be read on white and on black.
 *
 * @param {import('./results.mjs').Curve} curve
 * @returns {Promise<string>} SVG
 */
export async function plot({ title, x, y, series }) {
  const values = series.flatMap(({ subject, points }) =>
    points.map(([at, value]) => ({ subject, at, value })),
  );
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
      x: axis('at', x, values.map(({ at }) => at)),
      y: axis('value', y, values.map(({ value }) => value)),
      color: { field: 'subject', type: 'nominal', title: null, sort: names },
      shape: { field: 'subject', type: 'nominal', title: null, sort: names },
    },
    config: { font: 'sans-serif', axis: { labelFontSize: 11, titleFontSize: 12 } },
  });
  const view = new View(parse(spec), { renderer: 'none' });
  return view.toSVG();
}

/** A logarithmic axis, unless all of it is within one power of ten. */
function axis(field, title, values) {
  const wide = Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > 10;
  const scale = wide ? { type: 'log', nice: false } : { zero: true };
  return { field, title, type: 'quantitative', scale, axis: { format: '~s', ...(wide && { tickCount: 8 }) } };
}
