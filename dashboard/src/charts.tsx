import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { rough } from './format';
import { theme } from './theme';

export interface Series {
  words: string;
  /** A custom property of the style sheet. */
  color: string;
  values: readonly number[];
}

interface Props {
  title: string;
  /** What is to be seen, in a sentence. */
  summary: string;
  /** Times in ms, one for each value. */
  times: readonly number[];
  series: readonly Series[];
  /** Whether the series add up. */
  stacked?: boolean;
  marks?: readonly { at: number; color: string }[];
}

const HEIGHT = 190;

/** A chart over time, what it shows in words, and its numbers as a table. */
export function Chart({ title, summary, times, series, stacked = false, marks = [] }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const drawn = useRef(marks);
  drawn.current = marks;
  const data = layers(times, series, stacked);
  const latest = useRef(data);
  latest.current = data;
  const looks = theme.value;

  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(
      options(element.clientWidth, series, stacked, () => drawn.current),
      latest.current,
      element,
    );
    plot.current = made;
    const size = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    size.observe(element);
    return () => {
      size.disconnect();
      made.destroy();
    };
  }, [looks]);

  useEffect(() => plot.current?.setData(data), [times]);

  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {series.map((each) => (
            <li key={each.words}>
              <span class={`key ${each.color.slice(2)}`} aria-hidden="true" />
              {each.words}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label={`${title}. ${summary}`} />
      <p class="summary">{summary}</p>
      <details>
        <summary>{title}, as a table</summary>
        <div class="table" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
          <Numbers times={times} series={series} />
        </div>
      </details>
    </figure>
  );
}

/** The latest values, for whoever reads numbers. */
function Numbers({ times, series }: Pick<Props, 'times' | 'series'>) {
  const rows = times
    .map((at, i) => ({ at, i }))
    .slice(-12)
    .reverse();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">time</th>
          {series.map((each) => (
            <th key={each.words} scope="col" class="numeric">
              {each.words}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ at, i }) => (
          <tr key={at}>
            <th scope="row">{new Date(at).toLocaleTimeString('en-GB')}</th>
            {series.map((each) => (
              <td key={each.words} class="numeric">
                {rough(each.values[i] ?? 0)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The lines to draw, the highest first, so that each covers the lower part of the one before. */
function layers(
  times: readonly number[],
  series: readonly Series[],
  stacked: boolean,
): uPlot.AlignedData {
  const sums = times.map(() => 0);
  const lines = series.map(({ values }) =>
    values.map((value, i) => (stacked ? (sums[i] = (sums[i] ?? 0) + value) : value)),
  );
  return [times.map((at) => at / 1000), ...lines.reverse()];
}

function options(
  width: number,
  series: readonly Series[],
  stacked: boolean,
  marks: () => readonly { at: number; color: string }[],
): uPlot.Options {
  const line = color('--line');
  const ink = color('--soft');
  const axis = {
    stroke: ink,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
    axes: [
      {
        ...axis,
        space: 80,
        size: 28,
        values: (_, at) => at.map((s) => new Date(s * 1000).toLocaleTimeString('en-GB')),
      },
      { ...axis, size: 48, values: (_, values) => values.map(rough) },
    ],
    series: [
      {},
      ...[...series].reverse().map((each) => ({
        stroke: color(each.color),
        width: stacked ? 1 : 2,
        points: { show: false },
        ...(stacked && { fill: color(each.color) }),
      })),
    ],
    hooks: { draw: [(plot: uPlot) => marks().forEach((mark) => draw(plot, mark))] },
  };
}

function draw(plot: uPlot, mark: { at: number; color: string }): void {
  const x = Math.round(plot.valToPos(mark.at / 1000, 'x', true));
  if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) return;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = color(mark.color);
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, plot.bbox.top);
  ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** What a custom property is in the theme that is shown. */
function color(property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** A line without axes, beside the number it ends with, which says what it is. */
export function Spark({ values }: { values: readonly number[] }) {
  const known = values.map((value) => (Number.isFinite(value) ? value : 0)).slice(-60);
  if (known.length < 2) return <svg class="spark" viewBox="0 0 100 28" aria-hidden="true" />;
  const most = Math.max(...known, 1e-9);
  const points = known.map(
    (value, i) =>
      `${((i / (known.length - 1)) * 100).toFixed(1)},${(26 - (value / most) * 24).toFixed(1)}`,
  );
  return (
    <svg class="spark" viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`0,28 ${points.join(' ')} 100,28`} />
      <polyline points={points.join(' ')} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
