/** Which release of the app this is: the one thing that another build of it changes. */
export const RELEASE = 'first';
