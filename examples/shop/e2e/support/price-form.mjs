import { createRequire } from 'node:module';

const { encodeReply } = createRequire(import.meta.url)(
  'next/dist/compiled/react-server-dom-turbopack/client.edge.js',
);

/** The form on the page of a product, sent as a browser sends it with and without JavaScript. */
export class PriceForm {
  #fields;
  #send;

  /** @param {(init: RequestInit) => Promise<import('./instance.mjs').Answer>} send */
  constructor(html, send) {
    this.#fields = fieldsOf(html);
    this.#send = send;
  }

  /** Sends it as a form: the answer is the page, rendered anew. */
  post(cents) {
    const body = new FormData();
    for (const [name, value] of this.#fields) body.append(name, value);
    body.set('price', euros(cents));
    return this.#send({ body });
  }

  /**
   * Calls the Server Action as Next.js' script does: the answer is what React reads. With the `id`
   * of another product, the page that is rendered anew does not show what was edited.
   */
  async call(cents, id = this.#fields.get('id')) {
    const form = new FormData();
    form.append('id', id);
    form.append('price', euros(cents));
    const action = [...this.#fields].find(([name]) => /^\$ACTION_\d+:0$/.test(name))[1];
    return this.#send({
      headers: { accept: 'text/x-component', 'next-action': JSON.parse(action).id },
      body: await encodeReply([{ outcome: 'none' }, form]),
    });
  }
}

function euros(cents) {
  return (cents / 100).toFixed(2);
}

function fieldsOf(html) {
  const form = /<form class="price-form"[^]*?<\/form>/.exec(html)?.[0];
  if (!form) throw new Error('the page has no price form');
  const inputs = form.match(/<input[^>]*>/g).map((input) => {
    const attribute = (name) => new RegExp(` ${name}="([^"]*)"`).exec(input)?.[1] ?? '';
    return [
      attribute('name'),
      attribute('value').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
    ];
  });
  return new Map(inputs);
}
