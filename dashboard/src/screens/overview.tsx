import { useSignal } from '@preact/signals';
import { Chart, Spark } from '../charts';
import { checks, verdict } from '../checks';
import { bytes, count, of, percent, rough, span, what, who } from '../format';
import { Chip, Time } from '../parts';
import { mean, OUTCOMES, rates, type Rates } from '../rates';
import { current, go, history, namespace, overview, type Sample } from '../state';
import { events } from '../stream';
import { Table } from '../table';
import type { NamespaceState, ServerEvent } from '../types';

const RANGES = [
  { words: '5 min', ms: 300_000 },
  { words: '15 min', ms: 900_000 },
  { words: '1 h', ms: 3_600_000 },
];

/** How many points a chart has at most: more cannot be told apart. */
const POINTS = 300;

export function OverviewScreen() {
  const range = useSignal(RANGES[0]!.ms);
  const now = overview.value;
  if (!now) return <p class="none">Asking the server …</p>;
  const state = current.value;
  const all = checks(now, state, stillFor(history.value));
  const seen = history.value.filter((sample) => sample.at >= Date.parse(now.at) - range.value);
  const step = Math.max(1, Math.ceil(seen.length / POINTS));
  const points = rates(seen.filter((_, i) => (seen.length - 1 - i) % step === 0));
  const lately = mean(history.value.slice(-6));
  return (
    <>
      <section
        class={`verdict ${all.every((check) => check.ok) ? 'good' : 'bad'}`}
        aria-label="Verdict"
      >
        <p class="sentence">
          <span aria-hidden="true">{all.every((check) => check.ok) ? '✓' : '!'}</span>{' '}
          {verdict(all)}
        </p>
        <ul>
          {all.map((check) => (
            <li key={check.name} class={check.ok ? 'good' : 'bad'}>
              <strong>
                <span aria-hidden="true">{check.ok ? '✓' : '!'}</span> {check.name}
                {!check.ok && <span class="hidden"> needs a look</span>}
              </strong>
              {check.words}
            </li>
          ))}
        </ul>
      </section>
      {state ? (
        <>
          <Numbers state={state} lately={lately} points={points} />
          <div class="ranges" role="group" aria-label="Time that is drawn">
            {RANGES.map((each) => (
              <button
                key={each.ms}
                type="button"
                aria-pressed={range.value === each.ms}
                onClick={() => (range.value = each.ms)}
              >
                {each.words}
              </button>
            ))}
            <span class="soft">as far as this page was open</span>
          </div>
          <div class="charts">
            <Lookups points={points} lately={lately} />
            <Generations points={points} lately={lately} />
          </div>
        </>
      ) : (
        <p class="none">
          {namespace.value
            ? `Nobody has used ${namespace.value} since the server started.`
            : 'There is no namespace yet: the first process that connects makes one.'}
        </p>
      )}
      {state && <Lately state={state} />}
      <div class="columns">
        <section>
          <h2>What happened last</h2>
          <Events />
        </section>
        <section>
          <h2>Namespaces in use</h2>
          <Namespaces rows={now.namespaces} more={now.more} />
        </section>
      </div>
    </>
  );
}

/** For how long the revision has been what it is now, in ms, as far as the page has seen. */
function stillFor(samples: readonly Sample[]): number {
  const last = samples.at(-1);
  const changed = samples.findLast(({ state }) => state.revision !== last?.state.revision);
  return last ? last.at - (changed ?? samples[0]!).at : 0;
}

function Numbers({
  state,
  lately,
  points,
}: {
  state: NamespaceState;
  lately: Rates | undefined;
  points: Rates[];
}) {
  const hits = lately && Number.isFinite(lately.hits) ? percent(lately.hits) : '–';
  const numbers = [
    {
      name: 'Hit ratio',
      value: hits,
      more: lately ? `${rough(lately.total)} lookups/s` : 'no lookups yet',
      of: (r: Rates) => r.hits,
    },
    {
      name: 'Origin time saved',
      value: lately ? `${rough(lately.saved)} s/s` : '–',
      more: `${span(state.savedMillis)} since the start`,
      of: (r: Rates) => r.saved,
    },
    {
      name: 'Generations',
      value: lately ? `${rough(lately.generations)}/s` : '–',
      more: generationTime(state),
      of: (r: Rates) => r.generations,
    },
    {
      name: 'Waiting now',
      value: count(state.waiting),
      more: of(state.leases, 'lease') + ' held',
      of: (r: Rates) => r.waiting,
    },
    {
      name: 'Instances behind',
      value: count(state.instances.behind),
      more: `of ${count(state.instances.total)}, ${count(state.instances.silent)} do not report`,
      of: (r: Rates) => r.behind,
    },
    {
      name: 'Lookups at the server, p99',
      value: duration(lately?.p99),
      more: `half take ${duration(lately?.p50)} at most`,
      of: (r: Rates) => r.p99,
    },
  ];
  return (
    <dl class="numbers">
      {numbers.map((each) => (
        <div key={each.name}>
          <dt>{each.name}</dt>
          <dd>
            <strong>{each.value}</strong>
            <span class="soft">{each.more}</span>
            <Spark values={points.map(each.of)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What was hot and what was expensive in the last ten to twenty minutes. */
function Lately({ state: { hottest = [], costliestTags = [] } }: { state: NamespaceState }) {
  return (
    <div class="columns">
      <section>
        <h2>Hottest lately</h2>
        <Table
          label="Keys that are read most"
          rows={hottest}
          keyOf={(row) => row.key}
          none="Nothing was read lately."
          open={(row) => go('explain', { q: row.key })}
          columns={[
            {
              title: 'label',
              cell: (row) => row.label || row.path || <code>{row.key.slice(0, 16)}…</code>,
              wide: true,
            },
            { title: 'reads/min', cell: (row) => rough(row.readsPerMinute), numeric: true },
          ]}
        />
      </section>
      <section>
        <h2>Most expensive tags lately</h2>
        <Table
          label="Tags whose invalidations cost most"
          rows={costliestTags}
          keyOf={(row) => row.tag}
          none="No invalidation made anybody generate."
          open={(row) => go('explain', { q: row.tag })}
          columns={[
            { title: 'tag', cell: (row) => row.tag, wide: true },
            { title: 'regenerations', cell: (row) => count(row.regenerations), numeric: true },
            { title: 'took', cell: (row) => span(row.regenerationMillis), numeric: true },
          ]}
        />
      </section>
    </div>
  );
}

/** Milliseconds, of which there may be few; a dash if there are none. */
function duration(ms = NaN): string {
  return Number.isNaN(ms) ? '–' : ms < 1000 ? `${rough(ms)} ms` : span(ms);
}

function generationTime({ generations }: NamespaceState): string {
  return generations && generations.count > 0
    ? `${span(generations.millis / generations.count)} each in the mean`
    : 'none was told yet';
}

function Lookups({ points, lately }: { points: Rates[]; lately: Rates | undefined }) {
  const parts = OUTCOMES.filter(({ name }) => (lately?.lookups[name] ?? 0) > 0);
  const summary =
    lately && lately.total > 0
      ? `Now ${rough(lately.total)} a second: ${parts.map(({ name, words }) => `${words} ${percent(lately.lookups[name] / lately.total)}`).join(', ')}.`
      : 'No lookups in the last seconds.';
  return (
    <Chart
      title="Lookups a second, by outcome"
      summary={summary}
      times={points.map((point) => point.at)}
      series={OUTCOMES.map(({ name, words }) => ({
        words,
        color: `--${name}`,
        values: points.map((point) => point.lookups[name]),
      }))}
      stacked
      marks={marks()}
    />
  );
}

function Generations({ points, lately }: { points: Rates[]; lately: Rates | undefined }) {
  return (
    <Chart
      title="Generations and invalidations a second"
      summary={
        lately
          ? `Now ${rough(lately.generations)} generations and ${rough(lately.invalidations)} invalidations a second.`
          : 'Nothing was counted yet.'
      }
      times={points.map((point) => point.at)}
      series={[
        {
          words: 'generations',
          color: '--generation',
          values: points.map((point) => point.generations),
        },
        {
          words: 'invalidations',
          color: '--invalidation',
          values: points.map((point) => point.invalidations),
        },
      ]}
      marks={marks()}
    />
  );
}

/** When a build was first seen, and when the store went away. */
function marks() {
  const builds = new Set<unknown>();
  return [...events.value]
    .reverse()
    .filter(({ kind, details, namespace: where }) => {
      if (kind === 'store-away') return true;
      const fresh =
        kind === 'instance-joined' && where === namespace.value && !builds.has(details.build);
      if (fresh) builds.add(details.build);
      return fresh && builds.size > 1;
    })
    .map(({ kind, at }) => ({
      at: Date.parse(at),
      color: kind === 'store-away' ? '--bad' : '--accent',
    }));
}

function Events() {
  const rows = events.value
    .filter((event) => !event.namespace || event.namespace === namespace.value)
    .slice(0, 12);
  return (
    <Table<ServerEvent>
      label="What happened last"
      rows={rows}
      keyOf={(event) => String(event.number)}
      none="Nothing that is remembered."
      columns={[
        { title: 'time', cell: ({ at }) => <Time at={at} /> },
        { title: 'kind', cell: ({ kind }) => <Chip tone={kind}>{kind.replaceAll('-', ' ')}</Chip> },
        {
          title: 'what',
          cell: ({ sentence }) => <span title={sentence}>{sentence}</span>,
          wide: true,
        },
      ]}
    />
  );
}

function Namespaces({ rows, more }: { rows: readonly NamespaceState[]; more: number }) {
  return (
    <>
      <Table
        label="Namespaces in use"
        rows={rows}
        keyOf={(row) => row.namespace}
        none="None is in use."
        open={(row) => go('overview', { ns: row.namespace })}
        columns={[
          { title: 'namespace', cell: (row) => row.namespace, by: (row) => row.namespace },
          {
            title: 'entries',
            cell: (row) => count(row.entries),
            by: (row) => row.entries,
            numeric: true,
          },
          { title: 'size', cell: (row) => bytes(row.bytes), by: (row) => row.bytes, numeric: true },
          {
            title: 'instances',
            cell: (row) => count(row.instances.total),
            by: (row) => row.instances.total,
            numeric: true,
          },
          {
            title: 'last invalidation',
            cell: ({ lastInvalidation: last }) =>
              last ? (
                <span title={what(last.source)}>
                  <Time at={last.at} /> by {who(last.source)}
                </span>
              ) : (
                'none'
              ),
          },
        ]}
      />
      {more > 0 && <p class="soft">and {count(more)} more</p>}
    </>
  );
}
