import 'uplot/dist/uPlot.min.css';
import './style.css';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { goneSince, locked, login, signIn, signOut, who, words } from './api';
import { clock, span } from './format';
import { KEYS, listenToKeys } from './keys';
import { Dialog } from './parts';
import { EntriesScreen } from './screens/entries';
import { ExplainScreen } from './screens/explain';
import { InstancesScreen } from './screens/instances';
import { InvalidationsScreen } from './screens/invalidations';
import { OverviewScreen } from './screens/overview';
import { TagsScreen } from './screens/tags';
import {
  go,
  link,
  live,
  namespace,
  namespaces,
  overview,
  refresh,
  route,
  SCREENS,
  start,
  type Screen,
} from './state';
import { gaps } from './stream';
import { theme, turn } from './theme';

const PAGES: Record<Screen, () => preact.JSX.Element> = {
  overview: OverviewScreen,
  entries: EntriesScreen,
  tags: TagsScreen,
  invalidations: InvalidationsScreen,
  instances: InstancesScreen,
  explain: ExplainScreen,
};

const help = signal(false);

function App() {
  const { screen } = route.value;
  const Page = PAGES[screen];
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(screen);
  useEffect(() => {
    document.title = `${title(screen)} · Larder`;
    document
      .querySelector('nav [aria-current]')
      ?.scrollIntoView({ block: 'nearest', inline: 'center' });
    // Whoever listens to the page hears that it is another one.
    if (shown.current !== screen) heading.current?.focus({ preventScroll: true });
    shown.current = screen;
  }, [screen]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => (event.preventDefault(), heading.current?.focus())}
      >
        Skip to the content
      </a>
      <Head />
      <main id="main" class={goneSince.value ? 'gone' : ''}>
        <Notices />
        <h1 ref={heading} tabIndex={-1}>
          {title(screen)}
          {namespace.value && screen !== 'overview' && (
            <span class="soft"> of {namespace.value}</span>
          )}
        </h1>
        <Server />
        {locked.value ? <SignIn /> : <Page key={`${screen} ${namespace.value} ${login.value}`} />}
      </main>
      {help.value && (
        <Dialog title="Keys" close={() => (help.value = false)}>
          <dl class="keys">
            {KEYS.map(([keys, words]) => (
              <div key={keys}>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
    </>
  );
}

const title = (screen: Screen) => screen[0]!.toUpperCase() + screen.slice(1);

function Head() {
  const names = [...new Set([...namespaces.value, namespace.value])].filter(Boolean);
  return (
    <header class="head">
      <a class="brand" href={link('overview')}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M9 8h4v12h10v4H9z" />
        </svg>
        Larder
      </a>
      <label class="namespace">
        <span class="hidden">Namespace</span>
        <select
          value={namespace.value}
          disabled={names.length === 0}
          onChange={(event) => go(route.value.screen, { ns: event.currentTarget.value })}
        >
          {names.length === 0 && <option value="">no namespace</option>}
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <nav aria-label="Screens">
        {SCREENS.map((screen) => (
          <a
            key={screen}
            href={link(screen)}
            aria-current={route.value.screen === screen ? 'page' : undefined}
          >
            {title(screen)}
          </a>
        ))}
      </nav>
      <Search />
      <div class="tools">
        <button
          type="button"
          class="live"
          aria-pressed={!live.value}
          onClick={() => (live.value = !live.value)}
        >
          <span aria-hidden="true">{live.value ? '❚❚' : '▶'}</span>{' '}
          <span class="word">{live.value ? 'Pause' : 'Paused'}</span>
        </button>
        <button
          type="button"
          class="quiet"
          aria-label={theme.value === 'dark' ? 'Light theme' : 'Dark theme'}
          onClick={turn}
        >
          <span aria-hidden="true">{theme.value === 'dark' ? '☀' : '☾'}</span>
        </button>
        <button type="button" class="quiet" aria-label="Keys" onClick={() => (help.value = true)}>
          <span aria-hidden="true">?</span>
        </button>
        {who.value?.id && !locked.value && (
          <button type="button" class="quiet" onClick={() => void signOut()}>
            Sign out
          </button>
        )}
      </div>
    </header>
  );
}

function Search() {
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const field = event.currentTarget.querySelector('input')!;
        if (field.value.trim()) go('explain', { q: field.value.trim() });
        field.value = '';
      }}
    >
      <input
        id="search"
        type="search"
        aria-label="Path, key or tag"
        placeholder="Path, key or tag   /"
        autocomplete="off"
      />
    </form>
  );
}

/** What whoever looks has to know of all that is shown. */
function Notices() {
  const now = overview.value;
  return (
    <div class="notices" aria-live="polite">
      {goneSince.value > 0 && (
        <p class="banner bad">
          <span aria-hidden="true">!</span> The server does not answer since{' '}
          {clock(new Date(goneSince.value).toISOString())}.
          {now ? ' What is shown is from before; ' : ' '}
          it is asked again every two seconds.
          <button type="button" onClick={() => void refresh()}>
            Try now
          </button>
        </p>
      )}
      {gaps.value > 0 && (
        <p class="banner">
          Some events came and went while nobody listened; what is stored is shown as it is.
        </p>
      )}
      {!live.value && <p class="banner">Paused: what is shown stands still.</p>}
    </div>
  );
}

function Server() {
  const now = overview.value;
  return now ? (
    <p class="server soft">
      larder {now.server.version} · {now.server.store.kind} store · up{' '}
      {span(now.server.uptimeMillis)}
      {who.value?.id && ` · signed in as ${who.value.id} (${who.value.role})`}
    </p>
  ) : null;
}

function SignIn() {
  const [busy, setBusy] = useState(false);
  return (
    <form
      class="sign-in"
      onSubmit={async (event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const given = String(new FormData(form).get('token')).trim();
        if (!given || busy) return;
        setBusy(true);
        try {
          await signIn(given);
        } catch (error) {
          locked.value = sentence(words(error));
          form.reset();
        } finally {
          setBusy(false);
        }
      }}
    >
      <h2>Sign in</h2>
      <p class="sentence" role="status">
        {locked.value}
      </p>
      <label>
        Token
        <input name="token" type="password" autocomplete="off" spellcheck={false} required />
      </label>
      <p class="soft">
        One with the role read, write or admin. It is exchanged for a session, which ends after
        eight hours without use; the browser does not keep the token.
      </p>
      <button type="submit" class="main" disabled={busy}>
        Sign in
      </button>
    </form>
  );
}

const sentence = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

start();
listenToKeys(
  () => document.getElementById('search'),
  () => (help.value = true),
);
render(<App />, document.getElementById('app')!);
