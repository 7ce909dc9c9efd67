import { useSignal } from '@preact/signals';
import { address, post, words } from './api';
import { Dialog } from './parts';
import { namespace } from './state';

type What = { key: string } | { tags: string[] };

/** What a purge would do, if it was tried. */
interface Tried {
  sentence: string;
}

/** A button that purges, after it has said what that would cost and was answered yes. */
export function Purge({ what, name, done }: { what: What; name: string; done: () => void }) {
  const asked = useSignal(false);
  const tried = useSignal<Tried | undefined>(undefined);
  const failure = useSignal('');
  const busy = useSignal(false);
  const at = address(namespace.value, 'purge');

  const begin = async () => {
    asked.value = true;
    tried.value = undefined;
    failure.value = '';
    try {
      tried.value = await post<Tried>(at, { ...what, dryRun: true });
    } catch (error) {
      failure.value = words(error);
    }
  };
  const purge = async () => {
    busy.value = true;
    try {
      await post(at, what);
      asked.value = false;
      done();
    } catch (error) {
      failure.value = words(error);
    }
    busy.value = false;
  };

  return (
    <>
      <button type="button" class="danger" onClick={() => void begin()}>
        Purge …
      </button>
      {asked.value && (
        <Dialog title={`Purge ${name}?`} close={() => (asked.value = false)}>
          {!tried.value && !failure.value && <p>Asking what that would do …</p>}
          {tried.value && <p class="sentence">{tried.value.sentence}</p>}
          {failure.value && <p class="failed">{failure.value}</p>}
          <p class="soft">
            Whoever asks for what is purged waits until it is generated anew. A purge cannot be
            taken back.
          </p>
          <p class="actions">
            <button type="button" onClick={() => (asked.value = false)}>
              Keep
            </button>
            <button
              type="button"
              class="danger"
              disabled={!tried.value || busy.value}
              onClick={() => void purge()}
            >
              Purge
            </button>
          </p>
        </Dialog>
      )}
    </>
  );
}
