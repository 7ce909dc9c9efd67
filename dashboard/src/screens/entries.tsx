import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { address, get, words } from '../api';
import { bytes, count, of, percent, rough, span } from '../format';
import { Chip, Dialog, First, LifeBar, Search, State, Tags, useAnswer, Waiting } from '../parts';
import { Purge } from '../purge';
import { go, namespace, route } from '../state';
import { Table } from '../table';
import type { Entry } from '../types';

interface Page {
  entries: Entry[];
  examined: number;
  partial: boolean;
  cursor?: string;
}

const PAGE = 500;
const KINDS = ['use-cache', 'remote', 'page', 'route', 'fetch', 'image', 'java'];
const SORTS = {
  bytes: 'largest',
  age: 'oldest',
  reads: 'most read',
  regenerations: 'most regenerated',
  key: 'key',
};

export function EntriesScreen() {
  const label = useSignal('');
  const kind = useSignal('');
  const state = useSignal('');
  const build = useSignal('');
  const sort = useSignal('bytes');
  const tag = route.value.parameters.get('tag') ?? '';
  const older = useSignal<Page | undefined>(undefined);
  const rest = useSignal<readonly Entry[]>([]);
  const failure = useSignal('');
  const opened = useSignal<Entry | undefined>(undefined);
  const asked = {
    label: label.value,
    kind: kind.value,
    state: state.value,
    build: build.value,
    tag,
    sort: sort.value,
    limit: PAGE,
  };
  const path = namespace.value && address(namespace.value, 'entries', asked);
  const answer = useAnswer<Page>(path, ['invalidation']);
  useEffect(() => {
    older.value = undefined;
    rest.value = [];
    failure.value = '';
  }, [path]);

  const first = answer.value?.entries ?? [];
  const known = new Set(first.map((entry) => entry.key));
  const rows = [...first, ...rest.value.filter((entry) => !known.has(entry.key))];
  const cursor = older.value ? older.value.cursor : answer.value?.cursor;
  const more = async () => {
    try {
      const page = await get<Page>(address(namespace.value, 'entries', { ...asked, cursor }));
      older.value = page;
      rest.value = [...rest.value, ...page.entries];
      failure.value = '';
    } catch (error) {
      failure.value = words(error);
    }
  };

  return (
    <>
      <div class="filters">
        <Search
          label="Label begins with"
          value={label.value}
          placeholder="/product"
          choose={(it) => (label.value = it)}
        />
        <Search key={tag} label="Tag" value={tag} choose={filterBy} />
        <Choice
          label="Kind"
          value={kind.value}
          options={KINDS}
          choose={(it) => (kind.value = it)}
        />
        <Choice
          label="State"
          value={state.value}
          options={['fresh', 'stale', 'expired']}
          choose={(it) => (state.value = it)}
        />
        <Search label="Build" value={build.value} choose={(it) => (build.value = it)} />
        <First value={sort.value} orders={SORTS} choose={(it) => (sort.value = it)} />
      </div>
      <Waiting answer={answer} />
      {answer.value && (
        <>
          <p class="soft">
            {of(rows.length, 'entry', 'entries')} shown, {count(answer.value.examined)} looked at
            {answer.value.partial && '; time was up before everything was seen'}.
          </p>
          <Table<Entry>
            label={`Entries of ${namespace.value}`}
            rows={rows}
            keyOf={(row) => row.key}
            none={
              Object.values({ ...asked, sort: '', limit: '' }).some(Boolean)
                ? 'No entry matches.'
                : 'Nothing is stored yet.'
            }
            open={(row) => (opened.value = row)}
            columns={[
              {
                title: 'label',
                cell: (row) => row.label || <code>{row.key.slice(0, 16)}…</code>,
                by: (row) => row.label ?? '',
              },
              { title: 'kind', cell: (row) => row.kind, by: (row) => row.kind ?? '' },
              { title: 'state', cell: (row) => <State of={row.state} />, by: (row) => row.state },
              {
                title: 'age and life',
                cell: (row) => row.life && <LifeBar age={row.ageMillis ?? 0} life={row.life} />,
                by: (row) => row.ageMillis ?? 0,
              },
              {
                title: 'size',
                cell: (row) => bytes(row.bytes ?? 0),
                by: (row) => row.bytes ?? 0,
                numeric: true,
              },
              {
                title: 'reads/min',
                cell: (row) =>
                  typeof row.readsPerMinute === 'number' ? rough(row.readsPerMinute) : 'not known',
                by: (row) => Number(row.readsPerMinute) || 0,
                numeric: true,
              },
              {
                title: 'regenerations',
                cell: (row) => count(row.regenerations ?? 0),
                by: (row) => row.regenerations ?? 0,
                numeric: true,
              },
              {
                title: 'useless',
                cell: (row) => (row.regenerations ? percent(useless(row)) : '–'),
                by: useless,
                numeric: true,
              },
              {
                title: 'generated in',
                cell: (row) => (row.generationMillis ? span(row.generationMillis) : '–'),
                by: (row) => row.generationMillis ?? 0,
                numeric: true,
              },
              { title: 'build', cell: (row) => row.build || '–', by: (row) => row.build ?? '' },
              { title: 'tags', cell: (row) => <Tags tags={row.tags ?? []} total={row.tagCount} /> },
            ]}
          />
          {cursor && (
            <p>
              <button type="button" onClick={() => void more()}>
                More
              </button>
            </p>
          )}
          {failure.value && <p class="soft">{failure.value}</p>}
        </>
      )}
      {opened.value && <Details entry={opened.value} close={() => (opened.value = undefined)} />}
    </>
  );
}

/** The share of regenerations that came to what was stored before. */
const useless = ({ regenerations = 0, unchanged = 0 }: Entry) =>
  regenerations > 0 ? unchanged / regenerations : 0;

const filterBy = (tag: string) => go('entries', tag ? { tag } : {});

function Choice(props: {
  label: string;
  value: string;
  options: readonly string[];
  choose: (value: string) => void;
}) {
  return (
    <label>
      {props.label}
      <select value={props.value} onChange={(event) => props.choose(event.currentTarget.value)}>
        <option value="">all</option>
        {props.options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

/** Everything that is known of an entry but its value, which never leaves the server by this page. */
function Details({ entry, close }: { entry: Entry; close: () => void }) {
  const answer = useAnswer<Entry>(address(namespace.value, `entries/${entry.key}`), [
    'invalidation',
  ]);
  const now = answer.value ?? entry;
  return (
    <Dialog title={now.label || 'Entry'} close={close} side>
      <p class="sentence">
        <State of={now.state} /> {now.sentence}
      </p>
      {answer.failure && <p class="soft">{answer.failure}</p>}
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{now.kind}</dd>
        <dt>Size</dt>
        <dd>{bytes(now.bytes ?? 0)}</dd>
        <dt>Life</dt>
        <dd>{now.life && <LifeBar age={now.ageMillis ?? 0} life={now.life} />}</dd>
        <dt>Generated</dt>
        <dd>
          {now.generatedAt} by {now.instance || 'an instance that is not known'}
          {now.generationMillis ? ` in ${span(now.generationMillis)}` : ''}
        </dd>
        <dt>Build</dt>
        <dd>{now.build || 'none'}</dd>
        <dt>Revision</dt>
        <dd>{now.revision}</dd>
        <dt>Key</dt>
        <dd>
          <code class="key-text">{now.key}</code>
        </dd>
        <dt>Tags</dt>
        <dd class="wrap">
          {(now.tags ?? []).map((tag) => (
            <Chip key={tag}>{tag}</Chip>
          ))}
        </dd>
      </dl>
      <p class="actions">
        <button type="button" onClick={() => go('explain', { q: now.key })}>
          Explain
        </button>
        <Purge
          what={{ key: now.key }}
          name={`the entry ${now.label || now.key.slice(0, 16)}`}
          done={close}
        />
      </p>
    </Dialog>
  );
}
