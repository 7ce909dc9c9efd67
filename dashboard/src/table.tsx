import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** What the rows are sorted by when the reader asks for it; without, they cannot be. */
  by?: (row: Row) => number | string;
  numeric?: boolean;
  wide?: boolean;
}

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  /** What is said when there is no row. */
  none: string;
  open?: (row: Row) => void;
}

/** The height of a row in px, as the style sheet has it. */
const HEIGHT = 38;

/** More rows than these are only drawn while they can be seen. */
const ALL = 120;
const BEYOND = 20;

/** A table that is one for whoever listens to it, sorts by its heads, and stays quick however long it is. */
export function Table<Row>({ label, rows, columns, keyOf, none, open }: Props<Row>) {
  const order = useSignal<{ column: number; down: boolean } | undefined>(undefined);
  const top = useSignal(0);
  const view = useRef<HTMLDivElement>(null);
  const shown = useSignal(600);
  const sorted = sort(rows, columns, order.value);
  const windowed = sorted.length > ALL;
  const first = windowed ? Math.max(0, Math.floor(top.value / HEIGHT) - BEYOND) : 0;
  const last = windowed
    ? Math.min(sorted.length, Math.ceil((top.value + shown.value) / HEIGHT) + BEYOND)
    : sorted.length;

  useEffect(() => {
    const element = view.current;
    if (!element) return undefined;
    const seen = new ResizeObserver(() => (shown.value = element.clientHeight));
    seen.observe(element);
    return () => seen.disconnect();
  }, []);

  if (rows.length === 0) return <p class="none">{none}</p>;
  return (
    <div
      class="table"
      ref={view}
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={(event) => (top.value = event.currentTarget.scrollTop)}
    >
      <table aria-rowcount={sorted.length + 1}>
        <caption class="hidden">{label}</caption>
        <thead>
          <tr aria-rowindex={1}>{columns.map((column, i) => head(column, i))}</tr>
        </thead>
        <tbody>
          {first > 0 && <Gap rows={first} columns={columns.length} />}
          {sorted.slice(first, last).map((row, i) => (
            <tr key={keyOf(row)} aria-rowindex={first + i + 2} data-row={first + i}>
              {columns.map((column, c) => cell(column, c, row))}
            </tr>
          ))}
          {last < sorted.length && <Gap rows={sorted.length - last} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );

  function head(column: Column<Row>, i: number) {
    const by = order.value?.column === i ? order.value : undefined;
    const classes = column.numeric ? 'numeric' : undefined;
    if (!column.by)
      return (
        <th scope="col" class={classes}>
          {column.title}
        </th>
      );
    return (
      <th
        scope="col"
        class={classes}
        aria-sort={by ? (by.down ? 'descending' : 'ascending') : 'none'}
      >
        <button
          type="button"
          class="sort"
          onClick={() =>
            (order.value = { column: i, down: by ? !by.down : Boolean(column.numeric) })
          }
        >
          {column.title}
          <span aria-hidden="true">{by ? (by.down ? ' ↓' : ' ↑') : ''}</span>
        </button>
      </th>
    );
  }

  function cell(column: Column<Row>, i: number, row: Row) {
    const classes = [column.numeric && 'numeric', column.wide && 'wide'].filter(Boolean).join(' ');
    if (i > 0) return <td class={classes || undefined}>{column.cell(row)}</td>;
    return (
      <th scope="row" class={classes || undefined}>
        {open ? (
          <button type="button" class="row" onClick={() => open(row)}>
            {column.cell(row)}
          </button>
        ) : (
          column.cell(row)
        )}
      </th>
    );
  }
}

/** Rows that are not drawn take the place they would have. */
function Gap({ rows, columns }: { rows: number; columns: number }) {
  return (
    <tr aria-hidden="true" class="gap">
      <td style={{ height: `${rows * HEIGHT}px` }} colSpan={columns} />
    </tr>
  );
}

function sort<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: { column: number; down: boolean } | undefined,
): readonly Row[] {
  const by = order && columns[order.column]?.by;
  if (!by) return rows;
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return sign * (typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y));
  });
}
