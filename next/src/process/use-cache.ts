import { processParts } from './handlers.js';

/** The `use cache` handler of this process. */
export default processParts().handler;
