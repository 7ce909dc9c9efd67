'use server';

import { updateTag } from 'next/cache';

/** Says that what is shown of a name has changed. */
export async function edit(form) {
  updateTag(String(form.get('name')));
}
