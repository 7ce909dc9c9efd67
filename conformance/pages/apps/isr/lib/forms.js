/** What a function of `unstable_cache` may return, by its name. */
export const computed = {
  undefined: undefined,
  null: null,
  'an-empty-text': '',
  'a-text-like-base64': 'YQ==',
  'half-a-character': '\ud800',
};

const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** What an origin may answer to `fetch`, by its name. Next.js keeps what has the status 200. */
export const answered = {
  'every-byte': { status: 200, body: bytes },
  'an-empty-body': { status: 200, body: '' },
  'no-body': { status: 200, body: null },
  204: { status: 204, body: null },
  205: { status: 205, body: null },
  404: { status: 404, body: 'nothing there' },
};
