import { address } from '../api';
import { bytes, count, of, percent, span } from '../format';
import { Chip, Time, Used, useAnswer, Waiting } from '../parts';
import { go, namespace } from '../state';
import { Table } from '../table';
import type { Build, Instance, Lease } from '../types';

const COMES_AND_GOES = ['instance-joined', 'instance-left', 'build-ended', 'invalidation'];

export function InstancesScreen() {
  const ns = namespace.value;
  const answer = useAnswer<{ revision: number; instances: Instance[] }>(
    ns && address(ns, 'instances'),
    COMES_AND_GOES,
  );
  const builds = useAnswer<{ builds: Build[] }>(ns && address(ns, 'builds'), COMES_AND_GOES);
  const leases = useAnswer<{ leases: Lease[]; held: number; waiting: number }>(
    ns && address(ns, 'leases'),
  );
  const rows = answer.value?.instances ?? [];
  return (
    <>
      <Waiting answer={answer} />
      {answer.value && (
        <>
          <Skew rows={rows} />
          <Table<Instance>
            label={`Instances of ${ns}`}
            rows={rows}
            keyOf={(row) => `${row.instance} ${row.host} ${row.pid} ${row.since}`}
            none="No process talks to this namespace."
            columns={[
              {
                title: 'instance',
                cell: (row) => row.instance || row.client || 'unknown',
                by: (row) => row.instance,
              },
              { title: 'host', cell: (row) => row.host || '–', by: (row) => row.host },
              { title: 'build', cell: (row) => row.build || '–', by: (row) => row.build },
              { title: 'state', cell: (row) => <Behind row={row} />, by: (row) => row.behind },
              {
                title: 'lookups, last 10 s',
                cell: (row) => <Lookups row={row} />,
                by: (row) => total(row),
              },
              {
                title: 'near cache',
                cell: (row) => <Near row={row} />,
                by: (row) => row.near?.bytes ?? 0,
              },
              {
                title: 'saved, last 10 s',
                cell: (row) => (row.reports ? span(row.savedMillis ?? 0) : '–'),
                by: (row) => row.savedMillis ?? 0,
                numeric: true,
              },
              {
                title: 'versions',
                cell: (row) =>
                  [row.client, row.framework, row.runtime].filter(Boolean).join(' · ') || '–',
              },
              {
                title: 'consistency',
                cell: (row) => row.consistency || '–',
                by: (row) => row.consistency,
              },
              { title: 'via', cell: (row) => row.via, by: (row) => row.via },
              { title: 'since', cell: (row) => <Time at={row.since} />, by: (row) => row.since },
              {
                title: 'heard',
                cell: (row) => <Time at={row.heardAt} />,
                by: (row) => row.heardAt,
              },
            ]}
          />
        </>
      )}
      <div class="columns">
        <section>
          <h2>Builds</h2>
          <Waiting answer={builds} />
          {builds.value && (
            <Table<Build>
              label="Builds"
              rows={builds.value.builds}
              keyOf={(row) => row.build}
              none="No build is known."
              columns={[
                { title: 'build', cell: (row) => row.build || 'none', by: (row) => row.build },
                {
                  title: 'instances',
                  cell: (row) => count(row.instances),
                  by: (row) => row.instances,
                  numeric: true,
                },
                {
                  title: 'entries',
                  cell: (row) => count(row.entries),
                  by: (row) => row.entries,
                  numeric: true,
                },
                {
                  title: 'size',
                  cell: (row) => bytes(row.bytes),
                  by: (row) => row.bytes,
                  numeric: true,
                },
                {
                  title: 'hits',
                  cell: (row) => (total(row) > 0 ? percent(served(row) / total(row)) : '–'),
                  by: (row) => served(row) / total(row),
                  numeric: true,
                },
                {
                  title: 'first seen',
                  cell: (row) => <Time at={row.firstSeen} />,
                  by: (row) => row.firstSeen,
                },
              ]}
            />
          )}
        </section>
        <section>
          <h2>Leases: what is generated now</h2>
          <Waiting answer={leases} />
          {leases.value && (
            <Table<Lease>
              label="Leases, the longest first"
              rows={leases.value.leases}
              keyOf={(row) => row.key + row.since}
              none="Nothing is generated at the moment, and nobody waits."
              open={(row) => go('explain', { q: row.key })}
              columns={[
                { title: 'of', cell: (row) => row.path || row.key.slice(0, 16) },
                {
                  title: 'holder',
                  cell: (row) => row.holder || (row.here ? 'unknown' : 'another server'),
                },
                {
                  title: 'held for',
                  cell: (row) => span(row.heldMillis),
                  by: (row) => row.heldMillis,
                  numeric: true,
                },
                {
                  title: 'waiting',
                  cell: (row) => count(row.waiting),
                  by: (row) => row.waiting,
                  numeric: true,
                },
              ]}
            />
          )}
        </section>
      </div>
    </>
  );
}

/** Says what a fleet of one deployment has in common, and this one has not. */
function Skew({ rows }: { rows: readonly Instance[] }) {
  const differing = (['build', 'client', 'framework', 'consistency'] as const)
    .map((name) => ({ name, values: [...new Set(rows.map((row) => row[name]).filter(Boolean))] }))
    .filter(({ values }) => values.length > 1);
  const silent = rows.filter((row) => !row.reports).length;
  const words = [
    ...differing.map(
      ({ name, values }) =>
        `${of(values.length, name === 'client' ? 'adapter' : name)}: ${values.slice(0, 4).join(', ')}`,
    ),
    ...(silent > 0 ? [`${of(silent, 'instance')} ${silent === 1 ? 'does' : 'do'} not report`] : []),
  ];
  if (words.length === 0) return null;
  return (
    <p class="banner">
      <span aria-hidden="true">!</span> Not all are alike: {words.join('; ')}.
    </p>
  );
}

function Behind({ row }: { row: Instance }) {
  if (!row.reports) return <Chip tone="soft">does not report</Chip>;
  return row.behind === 0 ? (
    <Chip tone="good">✓ current</Chip>
  ) : (
    <Chip tone="hard">! {count(row.behind)} behind</Chip>
  );
}

/** Whose processes have reported. */
type Reporting = Pick<Instance, 'lookups'>;

const total = ({ lookups = {} }: Reporting) =>
  Object.values(lookups).reduce((sum, each) => sum + each, 0);

const served = ({ lookups: { near = 0, fresh = 0, stale = 0 } = {} }: Reporting) =>
  near + fresh + stale;

function Lookups({ row }: { row: Instance }) {
  if (!row.lookups) return <>–</>;
  const all = total(row);
  return (
    <Used part={served(row)} whole={all}>
      {all === 0 ? 'none' : `${count(all)}, ${percent(served(row) / all)} served`}
      {(row.lookups.bypass ?? 0) > 0 && `, ${count(row.lookups.bypass!)} bypassed`}
    </Used>
  );
}

function Near({ row }: { row: Instance }) {
  if (!row.near) return <>–</>;
  return (
    <Used part={row.near.bytes} whole={row.near.limit}>
      {count(row.near.entries)}: {bytes(row.near.bytes)} of {bytes(row.near.limit)}
    </Used>
  );
}
