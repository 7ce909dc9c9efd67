import { useSignal } from '@preact/signals';
import { address } from '../api';
import { bytes, count, rough, span, until, what, who } from '../format';
import { Dialog, First, Search, Time, useAnswer, Waiting } from '../parts';
import { Purge } from '../purge';
import { go, namespace } from '../state';
import { Table } from '../table';
import type { Invalidation, TagRow } from '../types';

interface Page {
  tags: TagRow[];
  examined: number;
  partial: boolean;
}

interface TagDetails {
  sentence: string;
  tag: string;
  entries: number;
  fresh: number;
  stale: number;
  expired: number;
  bytes: number;
  generationMillis: number;
  readsPerMinute: number | 'unknown';
  invalidations: Invalidation[];
}

const SORTS = {
  entries: 'most entries',
  bytes: 'largest',
  invalidated: 'invalidated last',
  cost: 'most expensive lately',
  regenerations: 'most regenerations',
  name: 'name',
};

export function TagsScreen() {
  const prefix = useSignal('');
  const sort = useSignal('entries');
  const opened = useSignal('');
  const path =
    namespace.value &&
    address(namespace.value, 'tags', { prefix: prefix.value, sort: sort.value, limit: 500 });
  const answer = useAnswer<Page>(path, ['invalidation']);
  return (
    <>
      <div class="filters">
        <Search
          label="Tag begins with"
          value={prefix.value}
          placeholder="product:"
          choose={(it) => (prefix.value = it)}
        />
        <First value={sort.value} orders={SORTS} choose={(it) => (sort.value = it)} />
      </div>
      <Waiting answer={answer} />
      {answer.value && (
        <>
          <p class="soft">
            {count(answer.value.examined)} entries looked at
            {answer.value.partial && '; not all could be counted'}.
          </p>
          <Table<TagRow>
            label={`Tags of ${namespace.value}`}
            rows={answer.value.tags}
            keyOf={(row) => row.tag}
            none={prefix.value ? 'No tag begins so.' : 'No entry carries a tag.'}
            open={(row) => (opened.value = row.tag)}
            columns={[
              { title: 'tag', cell: (row) => row.tag, by: (row) => row.tag },
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
                title: 'regenerations',
                cell: (row) => count(row.regenerations),
                by: (row) => row.regenerations,
                numeric: true,
              },
              {
                title: 'cost',
                cell: (row) => (row.regenerationMillis ? span(row.regenerationMillis) : '–'),
                by: (row) => row.regenerationMillis,
                numeric: true,
              },
              {
                title: 'last invalidation',
                cell: ({ lastInvalidation: last }) =>
                  last ? <Time at={last.at} /> : 'not remembered',
                by: (row) => row.lastInvalidation?.at ?? '',
              },
              { title: 'by', cell: ({ lastInvalidation: last }) => (last ? who(last.source) : '') },
              {
                title: 'how',
                cell: ({ lastInvalidation: last }) => (last ? what(last.source) : ''),
                wide: true,
              },
            ]}
          />
        </>
      )}
      {opened.value && <Details tag={opened.value} close={() => (opened.value = '')} />}
    </>
  );
}

function Details({ tag, close }: { tag: string; close: () => void }) {
  const answer = useAnswer<TagDetails>(
    address(namespace.value, `tags/${encodeURIComponent(tag)}`),
    ['invalidation'],
  );
  const now = answer.value;
  return (
    <Dialog title={tag} close={close} side>
      <Waiting answer={answer} />
      {now && (
        <>
          <p class="sentence">{now.sentence}</p>
          <dl class="facts">
            <dt>Entries</dt>
            <dd>
              {count(now.entries)}: {count(now.fresh)} fresh, {count(now.stale)} stale,{' '}
              {count(now.expired)} expired
            </dd>
            <dt>Size</dt>
            <dd>{bytes(now.bytes)}</dd>
            <dt>Reads</dt>
            <dd>
              {typeof now.readsPerMinute === 'number'
                ? `${rough(now.readsPerMinute)} a minute`
                : 'not known'}
            </dd>
            <dt>If purged</dt>
            <dd>generating all anew takes {span(now.generationMillis)}</dd>
          </dl>
          <h3>Invalidations</h3>
          {now.invalidations.length === 0 && <p class="none">None is remembered.</p>}
          <ul class="plain">
            {now.invalidations.map((each) => (
              <li key={each.revision}>
                <Time at={each.at} /> revision {each.revision} by {who(each.source)} (
                {what(each.source)}), {until(each.expires)}
              </li>
            ))}
          </ul>
          <p class="actions">
            <button type="button" onClick={() => go('entries', { tag })}>
              Its entries
            </button>
            <Purge
              what={{ tags: [tag] }}
              name={`everything that has the tag ${tag}`}
              done={close}
            />
          </p>
        </>
      )}
    </Dialog>
  );
}
