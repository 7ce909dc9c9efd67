import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { address, get, words } from '../api';
import { clock, count, of, until, what, who } from '../format';
import { Chip, Search, Tags, Time, useAnswer, Waiting } from '../parts';
import { go, namespace } from '../state';
import { Table } from '../table';
import type { Invalidation } from '../types';

interface Page {
  invalidations: Invalidation[];
  before?: number;
}

const PAGE = 1000;

/** Within which several of one source are one row, in ms. */
const BURST = 2000;

interface Burst {
  first: Invalidation;
  rows: Invalidation[];
}

export function InvalidationsScreen() {
  const tag = useSignal('');
  const source = useSignal('');
  const folded = useSignal(true);
  const older = useSignal<readonly Invalidation[]>([]);
  const failure = useSignal('');
  const path =
    namespace.value && address(namespace.value, 'invalidations', { limit: PAGE, tag: tag.value });
  const answer = useAnswer<Page>(path, ['invalidation']);
  useEffect(() => void (older.value = []), [path]);

  const latest = answer.value?.invalidations ?? [];
  const oldest = older.value.at(-1) ?? latest.at(-1);
  const all = [
    ...latest,
    ...older.value.filter((each) => each.revision < (latest.at(-1)?.revision ?? Infinity)),
  ];
  const matching = all.filter((each) => !source.value || who(each.source).includes(source.value));
  const bursts = fold(matching, folded.value);

  const more = async () => {
    try {
      const page = await get<Page>(
        address(namespace.value, 'invalidations', {
          limit: PAGE,
          tag: tag.value,
          before: oldest!.revision,
        }),
      );
      older.value = [...older.value, ...page.invalidations];
      failure.value =
        page.invalidations.length > 0
          ? ''
          : 'There are no older ones: the latest 10,000 are remembered.';
    } catch (error) {
      failure.value = words(error);
    }
  };

  return (
    <>
      <div class="filters">
        <Search label="Tag" value={tag.value} choose={(it) => (tag.value = it)} />
        <label>
          Source
          <input
            type="search"
            value={source.value}
            placeholder="all"
            onInput={(event) => (source.value = event.currentTarget.value.trim())}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={folded.value}
            onChange={(event) => (folded.value = event.currentTarget.checked)}
          />
          Fold bursts
        </label>
      </div>
      <Waiting answer={answer} />
      {answer.value && (
        <>
          <Lanes rows={matching.slice(0, 400)} />
          <Table<Burst>
            label="Invalidations, the latest first"
            rows={bursts}
            keyOf={({ first }) => String(first.revision)}
            none={
              tag.value || source.value
                ? 'None is remembered that matches.'
                : 'Nothing was invalidated yet.'
            }
            open={({ first }) => go('explain', { q: first.tags[0] ?? '' })}
            columns={[
              {
                title: 'time',
                cell: ({ first }) => <Time at={first.at} />,
                by: ({ first }) => first.at,
              },
              {
                title: 'revision',
                cell: ({ first }) => count(first.revision),
                by: ({ first }) => first.revision,
                numeric: true,
              },
              { title: 'tags', cell: (burst) => <BurstTags burst={burst} /> },
              {
                title: 'expires',
                cell: ({ first }) => (
                  <Chip tone={first.expires === 'now' ? 'hard' : 'soft'}>
                    {until(first.expires)}
                  </Chip>
                ),
                by: ({ first }) => first.expires,
              },
              {
                title: 'by',
                cell: ({ first }) => who(first.source),
                by: ({ first }) => who(first.source),
              },
              { title: 'how', cell: ({ first }) => what(first.source), wide: true },
              {
                title: 'via',
                cell: ({ first }) => first.source.via,
                by: ({ first }) => first.source.via,
              },
            ]}
          />
          {oldest && latest.length + older.value.length >= PAGE && (
            <p>
              <button type="button" onClick={() => void more()}>
                Older ones
              </button>{' '}
              <span class="soft">{of(all.length, 'invalidation')} so far</span>
            </p>
          )}
          {failure.value && <p class="soft">{failure.value}</p>}
        </>
      )}
    </>
  );
}

function BurstTags({ burst: { first, rows } }: { burst: Burst }) {
  if (rows.length === 1) return <Tags tags={first.tags} />;
  const tags = new Set(rows.flatMap((row) => row.tags));
  return (
    <span class="tags">
      <Tags tags={[...tags]} /> <strong>× {rows.length}</strong>
    </span>
  );
}

/** One after the other by the same source in a moment is one. */
function fold(all: readonly Invalidation[], wanted: boolean): Burst[] {
  const bursts: Burst[] = [];
  const same = (a: Invalidation, b: Invalidation) =>
    who(a.source) === who(b.source) &&
    what(a.source) === what(b.source) &&
    a.source.via === b.source.via &&
    (a.expires === 'now') === (b.expires === 'now') &&
    Math.abs(Date.parse(a.at) - Date.parse(b.at)) < BURST;
  for (const each of all) {
    const last = bursts.at(-1);
    if (wanted && last && same(last.rows.at(-1)!, each)) last.rows.push(each);
    else bursts.push({ first: each, rows: [each] });
  }
  return bursts;
}

/** The latest as dots on a lane for each source; the table below says the same. */
function Lanes({ rows }: { rows: readonly Invalidation[] }) {
  const [newest, oldest] = [rows[0], rows.at(-1)];
  if (!newest || !oldest || newest === oldest) return null;
  const begin = Date.parse(oldest.at);
  const length = Math.max(1, Date.parse(newest.at) - begin);
  const counts = new Map<string, Invalidation[]>();
  for (const row of rows)
    counts.set(who(row.source), [...(counts.get(who(row.source)) ?? []), row]);
  const lanes = [...counts].sort((a, b) => b[1].length - a[1].length).slice(0, 6);
  return (
    <figure class="lanes">
      <figcaption>
        {of(rows.length, 'invalidation')} from {clock(oldest.at)} to {clock(newest.at)}, by{' '}
        {lanes.map(([name, its]) => `${name} (${its.length})`).join(', ')}
        {counts.size > lanes.length && `, and ${counts.size - lanes.length} more`}.
      </figcaption>
      <div aria-hidden="true">
        {lanes.map(([name, its]) => (
          <div key={name} class="lane">
            <span class="name">{name}</span>
            <span class="dots">
              {its.map((row) => (
                <i
                  key={row.revision}
                  style={{ left: `${((Date.parse(row.at) - begin) / length) * 100}%` }}
                />
              ))}
            </span>
          </div>
        ))}
      </div>
    </figure>
  );
}
