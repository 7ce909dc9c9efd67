'use server';

import { updateTag } from 'next/cache';
import { tagOf } from '../../lib/items';

/**
 * Invalidates an item; what is read after this answered must not be older. An action, since Next.js
 * answers for a route handler before its cache has acknowledged what that invalidated.
 */
export async function editItem(id) {
  updateTag(tagOf(id));
}
