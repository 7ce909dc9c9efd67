// The handler Next.js uses where none is configured: that of the Next.js it is driven by here, with
// which it shares what it knows of tags.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const shop = createRequire(join(__dirname, '../../../examples/shop/package.json'));
module.exports = shop('next/dist/server/lib/incremental-cache/file-system-cache.js').default;
