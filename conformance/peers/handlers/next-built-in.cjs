// The handler Next.js uses where none is configured, with its default size.
module.exports = require('next/dist/server/lib/cache-handlers/default.external.js').default;
