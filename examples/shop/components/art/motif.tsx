import type { ReactElement } from 'react';
import type { Motif } from '@/shop/types';

/* Every ornament is drawn around 0,0 in a box 64 wide and 30 high, with the colours of its label. */
const drawings: Record<Motif, () => ReactElement> = {
  sprig: () => (
    <>
      <path className="line" d="M-26 8C-8 6 8 0 26-10" />
      {[-18, -6, 6, 18].map((x, i) => (
        <g key={x} transform={`translate(${x} ${6 - i * 4})`}>
          <ellipse className="ink" rx="7" ry="2.8" transform="rotate(-62) translate(7 0)" />
          <ellipse className="ink" rx="7" ry="2.8" transform="rotate(24) translate(7 0)" />
        </g>
      ))}
    </>
  ),
  sun: () => (
    <>
      <path className="ink" d="M-11 13a11 11 0 0 1 22 0z" />
      {[-75, -50, -25, 0, 25, 50, 75].map((turn) => (
        <path
          key={turn}
          className="line"
          d="M0-16V-25"
          transform={`translate(0 13) rotate(${turn})`}
        />
      ))}
    </>
  ),
  arch: () => (
    <>
      {[-20, 0, 20].map((x) => (
        <g key={x} transform={`translate(${x} 0)`}>
          <path className="line" d="M-9 14V-2a9 9 0 0 1 18 0v16" />
          <path className="ink" d="M-4.5 14V0a4.5 4.5 0 0 1 9 0v14z" />
        </g>
      ))}
    </>
  ),
  dots: () => (
    <>
      {[-9, 0, 9].flatMap((y, row) =>
        [-24, -12, 0, 12, 24].map((x) => (
          <circle key={`${x},${y}`} className="ink" cx={x + (row % 2 ? 6 : 0) - 3} cy={y} r="3" />
        )),
      )}
    </>
  ),
  check: () => (
    <>
      {[-14, -5, 4].flatMap((y, row) =>
        [-27, -9, 9].map((x) => (
          <rect
            key={`${x},${y}`}
            className="ink"
            x={x + (row % 2 ? 9 : 0)}
            y={y}
            width="9"
            height="9"
          />
        )),
      )}
    </>
  ),
  wave: () => (
    <>
      {[-9, 0, 9].map((y) => (
        <path key={y} className="line" d={`M-28 ${y}q7-8 14 0t14 0 14 0 14 0`} />
      ))}
    </>
  ),
  diamond: () => (
    <>
      {[-21, 0, 21].map((x) => (
        <g key={x} transform={`translate(${x} 0)`}>
          <path className="line" d="M0-14 9 0 0 14-9 0z" />
          <path className="ink" d="M0-7 4.5 0 0 7-4.5 0z" />
        </g>
      ))}
    </>
  ),
  stripe: () => (
    <>
      {[-26, -17, -8, 1, 10, 19].map((x, i) => (
        <rect key={x} className="ink" x={x} y="-14" width={i % 2 ? 3 : 6} height="28" />
      ))}
    </>
  ),
};

/** The ornament printed on a label. */
export function MotifDrawing({ motif }: { motif: Motif }) {
  return drawings[motif]();
}
