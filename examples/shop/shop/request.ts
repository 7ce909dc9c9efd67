import { cache } from 'react';

/** When the server began to render this request: the moment of the first call. */
export const requestBegan = cache(() => Date.now());
